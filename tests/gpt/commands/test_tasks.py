"""Classifying, translating and filling in on the command line, from training to a label."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import gpt
from gpt.__main__ import main
from gpt.text.labelled import LabelledExamples
from gpt.text.pairs import PairExamples
from gpt.training.held_out_scores import part_of
from gpt.training.runs import Run
from tests.close import close

TINY = (
    "n_layer=1 n_head=2 n_embd=8 batch_size=4 eval_interval=2 eval_batches=1 log_interval=1 "
    "warmup_steps=1"
)
SETTINGS = [part for pair in TINY.split() for part in ("--set", pair)]
FAST = ["--steps", "4", *SETTINGS]
FEW = ["--examples", "100"]


@pytest.fixture(autouse=True)
def _own_process_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Training takes over Ctrl-C and the memory allocator, which pytest wants for itself."""
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "reviews"
    assert main(["train", "--preset", "reviews", *FEW, "--out", str(folder), *FAST]) == 0
    return folder


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "numbers"
    more = ["--examples", "150", "--set", "n_encoder_layer=1"]
    assert main(["train", "--preset", "numbers-fr", *more, "--out", str(folder), *FAST]) == 0
    return folder


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == 1
    return capsys.readouterr().err


# -- training -----------------------------------------------------------------------------------


def test_a_classifier_is_trained_on_a_file_for_each_label(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, word in (("good", "fine"), ("bad", "dull")):
        lines = "".join(f"{word} number {n}\n" for n in range(30))
        (tmp_path / f"{name}.txt").write_text(lines)
    files = [str(tmp_path / name) for name in ("good.txt", "bad.txt")]
    folder = tmp_path / "run"
    text = output(
        capsys, "train", "--task", "classify", "--text", *files, "--out", str(folder), *FAST
    )
    assert "48 for training, 6 for validation and 6 for test" in text
    run = Run(folder)
    assert run.config()["labels"] == ["good", "bad"]
    assert run.config()["preset"] == "sentiment"
    assert run.config()["model"]["n_class"] == 2
    assert run.examples(LabelledExamples).describe() == run.config()["data"]
    labels = gpt.classify(gpt.load(folder), "fine number 1000")
    assert set(labels) == {"good", "bad"} and sum(labels.values()) == close(1.0)


def test_columns_of_a_table_are_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{n}\t{'yes' if n % 2 else 'no'}\tsays {n}\n" for n in range(40))
    (tmp_path / "table.tsv").write_text("id\tanswer\twords\n" + rows)
    ask = ["train", "--task", "classify", "--text", str(tmp_path / "table.tsv")]
    output(capsys, *ask, "--columns", "words", "answer", "--out", str(tmp_path / "run"), *FAST)
    assert Run(tmp_path / "run").config()["labels"] == ["no", "yes"]
    message = refusal(capsys, *ask, "--columns", "words", "reply", "--out", str(tmp_path / "x"))
    assert "reply" in message and "answer" in message
    assert not (tmp_path / "x").exists()


def test_a_translator_is_trained_on_two_files_whose_lines_belong_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fr.txt").write_text("".join(f"un mot {n}\n" for n in range(40)))
    (tmp_path / "en.txt").write_text("".join(f"a word {n}\n" for n in range(40)))
    files = ["--pairs", str(tmp_path / "fr.txt"), str(tmp_path / "en.txt")]
    small = ["--tokenizer", "bpe:256", "--set", "n_encoder_layer=1"]
    output(capsys, "train", *files, *small, "--out", str(tmp_path / "run"), *FAST)
    run = Run(tmp_path / "run")
    assert run.config()["preset"] == "translation"
    assert run.config()["data"]["sides"] == ["fr", "en"]
    assert run.examples(PairExamples).sources[3] == "un mot 3"
    assert not (run.path / "source_tokenizer.json").exists()
    other = ["--swap", "--source-tokenizer", "characters", "--tokenizer", "words:64"]
    apart = [*files, *other, "--set", "n_encoder_layer=1", "--out", str(tmp_path / "other")]
    output(capsys, "train", *apart, *FAST)
    checkpoint = gpt.load(tmp_path / "other")
    assert checkpoint.info["data"]["sides"] == ["en", "fr"]
    assert checkpoint.source_tokenizer.to_json()["type"] == "characters"
    assert checkpoint.tokenizer.to_json()["type"] == "huggingface"


def test_generated_examples_bring_their_tokenizers(translator: Path) -> None:
    checkpoint = gpt.load(translator)
    assert checkpoint.source_tokenizer.to_json()["type"] == "characters"
    assert checkpoint.tokenizer.pieces(checkpoint.ids_of("vingt-deux"))[1:] == ["vingt", "##-deux"]
    assert checkpoint.config.source_vocab_size == checkpoint.source_tokenizer.vocab_size


def test_a_tokenizer_that_learns_sees_no_held_out_text(classifier: Path) -> None:
    run = Run(classifier)
    own = run.examples(LabelledExamples)
    learned = {word for i in part_of(own, "training") for word in own.texts[i].split()}
    tokens = gpt.load(classifier).tokenizer
    known = set(tokens.pieces(range(tokens.vocab_size))) - {"[UNK]", "\n"}
    assert known <= learned


def test_hidden_words_are_learned_from_a_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    ask = ["train", "--task", "masked", "--length", "3000", "--out", str(folder)]
    output(capsys, *ask, *FAST, "--set", "block_size=8", "--set", "sample_tokens=8")
    assert "hidden" in Run(folder).samples()[-1]["text"]
    assert re.search(r"hidden words: loss \d\.\d{4} nats", output(capsys, "evaluate", str(folder)))
    assert "fill in hidden tokens" in refusal(capsys, "generate", str(folder))


def test_a_decoder_is_fine_tuned_to_classify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decoder, tuned = tmp_path / "decoder", tmp_path / "tuned"
    shape = ["--set", "block_size=60", "--documents", "stream"]
    texts = ["--builtin", "names", "--length", "3000"]
    output(capsys, "train", "--out", str(decoder), *texts, *shape, *FAST)
    rows = "".join(f"{'a' * (1 + n % 7)}{'n' * (n % 5)}\t{n % 2}\n" for n in range(70))
    (tmp_path / "table.tsv").write_text(f"text\tlabel\n{rows}")
    ask = ["train", "--from", str(decoder), "--text", str(tmp_path / "table.tsv")]
    plan = ["--steps", "4", *SETTINGS[6:]]
    output(capsys, *ask, "--out", str(tuned), *plan)
    run = Run(tuned)
    assert run.config()["begun_from"] == {"run": "decoder", "step": 4}
    assert (run.config()["model"]["pool"], run.config()["model"]["mask"]) == ("last", "causal")
    message = refusal(capsys, *ask, "--out", str(tmp_path / "x"), "--set", "n_embd=9")
    assert "n_embd is that of the run to begin with" in message
    assert "--tokenizer" in refusal(capsys, *ask, "--tokenizer", "bytes")
    counted = ["--out", str(tmp_path / "x"), "--set", "counting_start=1"]
    assert "counting_start has no effect on a run that begins" in refusal(capsys, *ask, *counted)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "classify", "--pairs", "x.tsv"], "--pairs does not go with task = classify"),
        (["--task", "translate", "--text", "x.tsv"], "name the files with --pairs"),
        (["--task", "classify", "--documents", "lines"], "--documents does not go with task"),
        (["--task", "classify", "--set", "sample_tokens=5"], "sample_tokens has no effect with"),
        (["--set", "label_smoothing=0.1"], "label_smoothing has no effect with task = next"),
        (["--task", "masked", "--set", "token_dropout=0.1"], "token_dropout has no effect with"),
        (["--task", "translate", "--set", "counting_start=1"], "counting_start has no effect with"),
        (["--task", "translate", "--set", "n_class=2"], "--set n_class=2"),
        (["--columns", "a", "b"], "--columns does not go with task = next"),
        (["--swap"], "--swap does not go with task = next"),
        (["--task", "classify", "--preset", "tiny"], "'tiny' is for task = next, not for classify"),
        (["--task", "classify", "--builtin", "plays"], "no built-in labelled examples 'plays'"),
        (["--preset", "sentiment"], "examples of your own; name them with --text"),
        (["--preset", "translation"], "examples of your own; name them with --pairs"),
        (["--preset", "tales"], "files of your own; name them with --text"),
        (["--preset", "fine-tune"], "needs a run to begin with; name it with --from"),
        (["--pairs", "x.tsv", "--examples", "100"], "--pairs does not go with --examples"),
    ],
)
def test_what_has_no_effect_on_a_task_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert message in refusal(capsys, "train", *arguments)


def test_a_name_of_two_kinds_of_text_is_read_by_the_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--builtin", "reverse", "--set", "block_size=15", *FAST]
    text = ["--length", "2000", "--documents", "stream"]
    output(capsys, "train", *text, *small, "--out", str(tmp_path / "text"))
    pairs = ["--task", "translate", *FEW, "--set", "source_block_size=12"]
    output(capsys, "train", *pairs, *small, "--out", str(tmp_path / "pairs"))
    kinds = [Run(tmp_path / name).config()["data"].get("kind") for name in ("text", "pairs")]
    assert kinds == [None, "pairs"]


# -- afterwards ---------------------------------------------------------------------------------


def test_evaluate_prints_accuracy_confusion_and_naive_bayes(
    classifier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = output(capsys, "evaluate", str(classifier), "--save")
    checkpoint, own = gpt.load(classifier), Run(classifier).examples(LabelledExamples)
    rows = part_of(own, "test").tolist()
    given = [
        max((p, k) for k, p in gpt.classify(checkpoint, own.texts[i]).items())[1] for i in rows
    ]
    right = sum(label == own.labels[own.classes[i]] for label, i in zip(given, rows, strict=True))
    assert f"test: {len(rows)} texts" in text
    assert f"accuracy {right / len(rows):.1%}".replace("%", " %") in text
    assert "naive Bayes on words:" in text and "naive Bayes on words and pairs" in text
    saved = json.loads((classifier / "evaluation.json").read_text())
    assert saved["accuracy"][0] == close(right / len(rows))
    assert sum(map(sum, saved["confusion"])) == len(rows)
    for k, label in enumerate(own.labels):
        assert sum(saved["confusion"][k]) == sum(own.classes[i] == k for i in rows), label
        assert sum(row[k] for row in saved["confusion"]) == given.count(label)
    assert "validation: 10 texts" in output(
        capsys, "evaluate", str(classifier), "--part", "validation"
    )


def test_what_was_measured_on_files_is_saved_as_theirs(
    classifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "others.tsv"
    file.write_text("text\tlabel\n" + "fine .\tpositive\ndull .\tnegative\n" * 2)
    ask = ("evaluate", str(classifier), "--text", str(file))
    assert "others: 4 texts" in output(capsys, *ask, "--save")
    assert json.loads((classifier / "evaluation.json").read_text())["part"] == "others"
    assert "--text does not go with --part" in refusal(capsys, *ask, "--part", "validation")
    assert not json.loads((classifier / "evaluation.json").read_text())["counting"]


def test_evaluate_scores_translations_with_sacrebleus_signature(
    translator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = output(capsys, "evaluate", str(translator), "--sentences", "4", "--save")
    assert "test: 4 sentences, one for each target (seed 1), greedy" in text
    assert re.search(
        r"BLEU \d+\.\d \(\d.* to \d.*\)  nrefs:1\|.*\|tok:13a\|.*version:2\.6\.0", text
    )
    assert re.search(r"chrF \d+\.\d \(.*\)  nrefs:1\|.*\|nc:6\|", text)
    assert re.search(r"exact match \d+\.\d % \(\d.* to \d.*\)", text)
    saved = json.loads((translator / "evaluation.json").read_text())
    assert saved["examples"] == 4 and len(saved["signatures"]) == 2
    assert saved["bleu"][1] <= saved["bleu"][0] <= saved["bleu"][2]
    assert "2 beams" in output(
        capsys, "evaluate", str(translator), "--sentences", "2", "--beams", "2"
    )
    message = refusal(capsys, "evaluate", str(translator), "--text", "x.txt")
    assert "--text does not go with a run of task = translate" in message


def test_generate_translates_a_source(translator: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint, ask = gpt.load(translator), ("generate", str(translator), "--source", "345")
    assert output(capsys, *ask) == gpt.translate(checkpoint, "345") + "\n"
    assert output(capsys, *ask, "--beams", "3") == gpt.translate(checkpoint, "345", beams=3) + "\n"
    assert "name the first: --source" in refusal(capsys, "generate", str(translator))
    assert "--beams does not go with --seed" in refusal(capsys, *ask, "--beams", "2", "--seed", "1")


@pytest.mark.parametrize(
    ("source", "is_said"), [("I don't speak French.", True), ("Je suis content.", False)]
)
def test_a_source_in_the_targets_language_gets_a_note_beside_its_translation(
    source: str, is_said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(__file__).parents[3] / "checkpoints" / "translation"
    assert main(["generate", str(run), "--source", source]) == 0
    printed = capsys.readouterr()
    assert printed.out == gpt.translate(gpt.load(run), source) + "\n"
    assert ("note: The model finds the source itself nearly" in printed.err) == is_said


def test_generate_and_classify_refuse_each_others_models(
    classifier: Path, translator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refusal(capsys, "generate", str(classifier))
    assert "says which of its labels it has" in message
    assert "python -m gpt classify RUN TEXT" in message
    assert "gives a text no label" in refusal(capsys, "classify", str(translator), "345")


def test_classify_prints_every_label_the_likeliest_first(
    classifier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "the plot was really dull ."
    given = gpt.classify(gpt.load(classifier), text)
    lines = output(capsys, "classify", str(classifier), text).splitlines()
    best = max(given, key=given.__getitem__)
    assert lines[0].split() == [f"{given[best]:.2%}", best] and len(lines) == 2
    two = output(capsys, "classify", str(classifier), text, "good .").splitlines()
    assert two[0] == text and two[3] == "good ." and len(two) == 6


def test_trace_prints_a_site_and_saves_all(
    translator: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ("trace", str(translator), "--source", "345", "--prompt", "trois-cent")
    checkpoint = gpt.load(translator)
    ids, source = checkpoint.ids_of("trois-cent"), checkpoint.source_ids("345")
    traced = gpt.trace(checkpoint.model, ids, source=source)
    text = output(capsys, *ask)
    assert "layer 0, head 0: weights (3, 3)" in text
    assert f"{traced.cross.weights[0, 0, 1, 2]:7.4f}" in text.splitlines()[3]
    keys = output(capsys, *ask, "--site", "encoder", "--stage", "keys")
    assert [line.split()[0] for line in keys.splitlines()[2:]] == ["'3'", "'4'", "'5'"]
    output(capsys, *ask, "--out", str(tmp_path / "all.npz"))
    with np.load(tmp_path / "all.npz") as saved:
        np.testing.assert_allclose(saved["cross_weights"], traced.cross.weights[:], atol=1e-6)
        np.testing.assert_allclose(saved["encoder_residual"], traced.encoder.residual, atol=1e-6)
        np.testing.assert_allclose(saved["logits"], traced.logits, atol=1e-6)


def test_trace_of_a_classifier_saves_the_logits_of_its_labels(
    classifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ("trace", str(classifier), "--prompt", "the plot was dull .")
    output(capsys, *ask, "--out", str(tmp_path / "all.npz"))
    with np.load(tmp_path / "all.npz") as saved:
        assert saved["class_logits"].shape == (2,)
    assert "weights (5, 5)" in output(capsys, *ask)
    assert "leave out --site cross" in refusal(capsys, *ask, "--site", "cross")


def test_a_model_of_others_is_evaluated_on_a_table(
    classifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As an imported one, which has no training settings and no texts of its own."""
    folder = tmp_path / "theirs"
    shutil.copytree(classifier, folder)
    info = json.loads((folder / "config.json").read_text())
    kept = {key: info[key] for key in ("format", "model", "labels")}
    (folder / "config.json").write_text(json.dumps(kept))
    rows = "".join(
        f"{n}\tthe plot was dull .\tnegative\n{n}\tit was good .\tpositive\n" for n in "12"
    )
    (tmp_path / "table.tsv").write_text(f"n\twords\tfeeling\n{rows}")
    ask = ("evaluate", str(folder))
    text = output(
        capsys, *ask, "--text", str(tmp_path / "table.tsv"), "--columns", "words", "feeling"
    )
    assert "table: 4 texts" in text and "naive Bayes" not in text
    assert "shared without its text" in refusal(capsys, *ask)
    (tmp_path / "other.tsv").write_text("text\tlabel\na\tx\nb\tx\nc\ty\nd\ty\n")
    message = refusal(capsys, *ask, "--text", str(tmp_path / "other.tsv"))
    assert "the label 'x' is none of this model's; it knows negative, positive" in message
