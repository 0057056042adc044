"""`python -m gpt import` and `export`: from end to end, and mistakes taken calmly."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
import transformers as tr

import gpt
from gpt.__main__ import main
from tests.gpt.convert import test_encoders, test_marian_files
from tests.gpt.convert.owners import LectureGPT, NanoGPT, drawn, save_nanogpt, vocabulary
from tests.gpt.convert.test_recognize import written


def output(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def nano(folder: Path) -> Path:
    model = NanoGPT(block_size=13, vocab_size=17, n_layer=2, n_head=3, n_embd=21)
    drawn(model, seed=4)
    return save_nanogpt(model, folder / "ckpt.pt")


def test_nanogpt_in_and_out_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, run = vocabulary(tmp_path, 17), tmp_path / "runs" / "nano"
    answer = output(
        capsys, "import", "nanogpt", nano(tmp_path), "--vocabulary", words, "--out", run
    )
    assert f"run folder: {run}" in answer
    assert "n_layer 2, n_head 3, n_embd 21, block_size 13, vocab_size 17" in answer
    assert len(output(capsys, "generate", run, "--prompt", "ab", "--tokens", "8")) == 11
    answer = output(capsys, "export", run, "nanogpt", tmp_path / "back")
    assert "ckpt.pt" in answer and "vocabulary.json" in answer
    first, again = (
        torch.load(path / "ckpt.pt", weights_only=True)["model"]
        for path in (tmp_path, tmp_path / "back")
    )
    assert {name.removeprefix("_orig_mod.") for name in first} == set(again)
    assert all(torch.equal(first[f"_orig_mod.{name}"], again[name]) for name in again)
    answer = output(capsys, "export", run, "gpt2", tmp_path / "hub")
    assert "config.json" in answer and "tokenizer.json" in answer
    same = gpt.convert.gpt2(tmp_path / "hub").model.state_dict()
    assert all(torch.equal(t, same[n]) for n, t in gpt.load(run).model.state_dict().items())


def test_a_translator_comes_in_and_goes_out_to_pytorch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs, run = (
        test_marian_files.translator(tmp_path / "opus", is_separate=True),
        tmp_path / "run",
    )
    answer = output(capsys, "import", "marian", theirs, "--out", run)
    mine = gpt.load(run)
    V, source_V = mine.tokenizer.vocab_size, mine.source_tokenizer.vocab_size
    sizes = f"n_layer 3, n_head 3, n_embd 21, block_size 40, vocab_size {V}, n_encoder_layer 2"
    assert f"{sizes}, source_vocab_size {source_V}" in answer
    answer = output(capsys, "export", run, "torch", tmp_path / "out")
    assert "transformer.pt" in answer
    for layout in ("gpt2", "nanogpt"):
        assert main(["export", str(run), layout, str(tmp_path / layout)]) == 1
        assert "it reads two texts: it is an encoder-decoder" in capsys.readouterr().err
    (theirs / "source.spm").unlink()
    assert main(["import", "marian", str(theirs), "--out", str(tmp_path / "no")]) == 1
    assert "opus has no source.spm" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_a_classifier_says_its_labels_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {**test_encoders.DISTILBERT, "id2label": {0: "bad", 1: "good"}}
    folder, run = tmp_path / "theirs", tmp_path / "run"
    test_encoders.written(tr.DistilBertForSequenceClassification, settings, folder)
    words = folder / "vocabulary.json"
    answer = output(capsys, "import", "distilbert", folder, "--vocabulary", words, "--out", run)
    assert "labels: bad, good\n" in answer
    assert main(["generate", str(run), "--prompt", "ab"]) == 1
    assert "says which of its labels it has" in capsys.readouterr().err


def test_a_run_is_named_after_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words, path = vocabulary(tmp_path, 17), nano(tmp_path)
    for name in ("ckpt", "ckpt-2"):
        answer = output(capsys, "import", "nanogpt", path, "--vocabulary", words)
        assert f"run folder: checkpoints/{name}\n" in answer
        assert gpt.load(Path("checkpoints") / name).config.n_embd == 21


@pytest.mark.parametrize(
    ("folder", "name"), [("gpt2-v1.5", "gpt2-v1.5"), ("my model", "my-model"), ("a.pt", "a")]
)
def test_a_run_is_named_after_its_folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: str,
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / folder).mkdir()
    nano(tmp_path / folder)
    words = vocabulary(tmp_path, 17)
    answer = output(capsys, "import", "nanogpt", tmp_path / folder, "--vocabulary", words)
    assert f"run folder: checkpoints/{name}\n" in answer
    assert gpt.load(Path("checkpoints") / name).config.n_embd == 21


def test_a_vocabulary_in_the_folder_is_taken_as_on_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, run = tmp_path / "theirs", tmp_path / "run"
    test_encoders.written(tr.RobertaForMaskedLM, test_encoders.ROBERTA, folder)
    assert {path.name for path in folder.iterdir()} >= {"config.json", "vocabulary.json"}
    output(capsys, "import", "roberta", folder, "--out", run)
    page = gpt.convert.recognize(folder).checkpoint()
    assert gpt.load(run).tokenizer.to_json() == page.tokenizer.to_json()


def test_of_several_vocabularies_the_one_that_is_named_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nano(tmp_path)
    words, run = vocabulary(tmp_path, 17), tmp_path / "run"
    for name in ("one.json", "two.json"):
        words.rename(tmp_path / name)
        words = vocabulary(tmp_path, 17)
    words.unlink()
    assert main(["import", "nanogpt", str(tmp_path), "--out", str(run)]) == 1
    assert "which of the vocabularies is it: one.json, two.json?" in capsys.readouterr().err
    named = ("--vocabulary", tmp_path / "two.json", "--out", run)
    output(capsys, "import", "nanogpt", tmp_path, *named)
    assert gpt.load(run).tokenizer.vocab_size == 17


def test_a_kind_that_no_file_tells_is_the_one_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Marian's tensors are a BART's by name but for one norm."""
    folder = test_marian_files.translator(tmp_path / "opus")
    config = folder / "config.json"
    settings = json.loads(config.read_text())
    kept = {k: v for k, v in settings.items() if k not in ("model_type", "architectures")}
    config.write_text(json.dumps(kept))
    output(capsys, "import", "marian", folder, "--out", tmp_path / "run")
    assert gpt.load(tmp_path / "run").info["imported"]["kind"] == "marian"


def test_the_lectures_scale_and_notes_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save(LectureGPT(17, 21, 3, 2, 13).state_dict(), tmp_path / "gpt.pt")
    words, run = vocabulary(tmp_path, 17), tmp_path / "run"
    where = ("--vocabulary", words, "--out", run, "--scale", "n_embd")
    output(capsys, "import", "lecture", tmp_path / "gpt.pt", *where)
    assert gpt.load(run).config.scale == "n_embd"
    torch.save({"token_embedding_table.weight": torch.zeros(17, 17)}, tmp_path / "bigram.pt")
    where = ("--vocabulary", words, "--out", tmp_path / "bigram")
    answer = output(capsys, "import", "lecture", tmp_path / "bigram.pt", *where)
    assert "note: a bigram: each token's row" in answer


def test_mistakes_are_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = nano(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "elsewhere").mkdir()
    words = str(vocabulary(tmp_path / "elsewhere", 17))
    for arguments, message in (
        (["nanogpt", str(path)], "name the text it was trained on (text=, --text)"),
        (["nanogpt", str(path), "--scale", "none"], "--scale is for the lecture's models only"),
        (["nanogpt", str(tmp_path / "taken")], "one file of weights is needed"),
        (["nanogpt", str(tmp_path / "none")], "there is no file"),
        (["lecture", str(path), "--vocabulary", words], "of kind 'nanogpt', not 'lecture'"),
        (
            ["nanogpt", str(path), "--vocabulary", words, "--out", str(tmp_path / "taken")],
            "'taken' is there already; choose another name",
        ),
    ):
        assert main(["import", *arguments]) == 1
        assert message in capsys.readouterr().err
    assert not list((tmp_path / "taken").iterdir())


@pytest.mark.parametrize("kind", ["nanogpt", "lecture", "run"])
def test_a_zip_or_a_folder_is_looked_through(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    if kind == "run":
        shutil.copytree("checkpoints/copy", folder)
    else:
        written(kind, folder)
        vocabulary(folder, 17)
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "mine")
    for number, path in enumerate((str(folder), packed)):
        out = tmp_path / f"run{number}"
        assert main(["import", kind, path, "--out", str(out)]) == 0
        assert gpt.load(out).model.n_parameters > 0
    assert main(["import", "gpt2", packed, "--out", str(tmp_path / "none")]) == 1
    assert f"holds one of kind '{kind}', not 'gpt2'" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
