"""The Import page: what is recognised, what is refused, and what is written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
import transformers as tr
from safetensors.torch import load_file, save_file
from streamlit.testing.v1 import AppTest

import gpt
from gpt.convert.families import FAMILIES
from gpt.training.pack import pack
from pages.parts.import_model.import_summary import KINDS
from pages.shared import folders
from tests.gpt.convert import test_encoders, test_marian_files
from tests.gpt.convert.owners import (
    CHARACTERS,
    LectureBigram,
    LectureGPT,
    contents,
    drawn,
    vocabulary,
)
from tests.gpt.convert.test_recognize import written
from tests.gpt.convert.test_rows import added, folder_of
from tests.pages import opening

SHELL = str(folders.ROOT / "pages" / "shared" / "shell.py")


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(folder))
    return folder


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(SHELL, default_timeout=60).run()  # its address is not its file's name
    app.switch_page(str(folders.ROOT / "pages" / "import_model.py"))
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(one.value for one in [*app.markdown, *app.caption, *app.code])


def press(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Import").click().run()
    assert not app.exception


def test_a_first_visit_says_what_to_do(checkpoints: Path) -> None:
    app = opened()
    assert "Nothing named yet" in said(app)
    assert "Import" not in [button.label for button in app.button]


def test_nanogpt_is_recognised_wants_its_vocabulary_and_becomes_a_run(
    checkpoints: Path, tmp_path: Path
) -> None:
    path = written("nanogpt", tmp_path / "theirs")
    app = opened(path=str(path))
    assert "Recognised: nanoGPT's ckpt.pt**, after 250 steps" in said(app)
    assert "n_embd **21**" in said(app) and "vocab_size **17**" in said(app)
    assert "Which tokens it knows is not in its file" in said(app)
    text = tmp_path / "input.txt"
    text.write_text(CHARACTERS[:16])
    app.text_input(key="link_text").set_value(str(text)).run()
    assert "has 16 tokens, the checkpoint 17" in app.error[0].value.replace("\\", "")
    text.write_text(CHARACTERS[:17])
    app.run()
    assert not app.error
    assert "one token a character, V = 17" in said(app)
    assert not list(checkpoints.iterdir())
    press(app)
    assert "Imported as ckpt" in app.success[0].value
    assert gpt.load(checkpoints / "ckpt").config.n_embd == 21
    assert app.text_input(key="link_path").value == str(path)


def test_a_hugging_face_folder_with_a_vocabulary_and_a_name(
    checkpoints: Path, tmp_path: Path
) -> None:
    folder = written("bert", tmp_path / "encoder")
    words = vocabulary(tmp_path, 17)
    app = opened(path=str(folder), words="file", file=str(words))
    assert "an encoder of BERT's shape" in said(app)
    assert "first segment" in said(app)
    app.text_input(key="import_name").set_value("../up").run()
    assert "cannot name a run" in app.error[0].value.replace("\\", "")
    assert next(button for button in app.button if button.label == "Import").disabled
    assert app.text_input(key="import_name").value == "../up"
    assert not list(checkpoints.iterdir())
    app.text_input(key="import_name").set_value("mine").run()
    press(app)
    assert gpt.load(checkpoints / "mine").info["imported"]["kind"] == "bert"


def test_the_lectures_scale_can_be_chosen(checkpoints: Path, tmp_path: Path) -> None:
    torch.save(drawn(LectureGPT(17, 21, 3, 2, 13), 5).state_dict(), tmp_path / "gpt.pt")
    words = str(vocabulary(tmp_path, 17))
    app = opened(path=str(tmp_path / "gpt.pt"), words="file", file=words, trained="n_embd")
    press(app)
    assert gpt.load(checkpoints / "gpt").config.scale == "n_embd"


def test_a_bigram_is_recognised_as_one_and_every_link_opens_it(
    checkpoints: Path, tmp_path: Path
) -> None:
    theirs = drawn(LectureBigram(17), 5)
    torch.save(theirs.state_dict(), tmp_path / "bigram.pt")
    app = opened(path=str(tmp_path / "bigram.pt"), words="file", file=str(vocabulary(tmp_path, 17)))
    assert "Recognised: the lecture's bigram, a table of next-token logits" in said(app)
    assert "**289** parameters" in said(app) and "n_layer **0**" in said(app)
    assert "Scores were scaled by" not in [menu.label for menu in app.segmented_control]
    press(app)
    assert [link.label for link in opening.ways(app)] == ["Generate", "Model"]
    table = theirs.state_dict()["token_embedding_table.weight"]
    assert torch.equal(
        gpt.load(checkpoints / "bigram").model(torch.tensor([[3, 1]]))[0], table[[3, 1]]
    )
    app = opening.opened("model", run="bigram")
    assert "A bigram: one table" in opening.said(app) and "Unlike GPT-2" not in opening.said(app)
    assert "Imported (lecture): a bigram: each token's row" in opening.said(app)


def test_refusals_name_what_is_wrong_and_change_nothing(checkpoints: Path, tmp_path: Path) -> None:
    (tmp_path / "evil.pt").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    before = contents(tmp_path)
    for path, message in (
        (tmp_path / "nowhere", "There is no file or folder"),
        (tmp_path / "checkpoints", "ne file of weights is needed"),
        (tmp_path / "evil.pt", "is not a file of torch.save"),
    ):
        app = opened(path=str(path))
        assert message in app.error[0].value.replace("\\", "")
        assert app.text_input(key="link_path").value == str(path)
    assert contents(tmp_path) == before


def test_by_name_nothing_is_asked_of_the_network_unasked(checkpoints: Path) -> None:
    app = opened(**{"from": "Hugging Face", "name": "distilgpt2"})
    assert "Press Download" in said(app)
    next(button for button in app.button if button.label == "Download").click().run()
    assert "could not be downloaded from Hugging Face" in app.error[0].value.replace("\\", "")


def test_an_encoder_is_not_asked_to_write(checkpoints: Path, tmp_path: Path) -> None:
    folder, words = written("bert", tmp_path / "encoder"), vocabulary(tmp_path, 17)
    gpt.convert.save(gpt.convert.bert(folder, vocabulary=words), checkpoints / "encoder")
    app = AppTest.from_file(SHELL, default_timeout=60)
    app.switch_page(str(folders.ROOT / "pages" / "generate.py"))
    app.run()
    assert not app.exception
    assert "fill in masked tokens" in app.info[0].value
    assert "Next token" not in [button.label for button in app.button]
    app.switch_page(str(folders.ROOT / "pages" / "mask_scale.py"))
    app.query_params["section"] = "write"
    app.run()
    assert not app.exception and not app.error
    words = said(app).replace("\\", "")
    assert "It goes on with nothing: this is an encoder" in words
    assert "goes on**" not in words


def test_a_classifier_says_its_labels_and_its_page_opens_it(
    checkpoints: Path, tmp_path: Path
) -> None:
    labels = {0: "bad", 1: "so so", 2: "good"}
    test_encoders.written(
        tr.BertForSequenceClassification, {**test_encoders.BERT, "id2label": labels}, tmp_path / "b"
    )
    words = str(tmp_path / "b" / "vocabulary.json")
    app = opened(path=str(tmp_path / "b"), words="file", file=words)
    assert "It gives a text one of 3 labels: bad, so so, good." in said(app).replace("\\", "")
    press(app)
    assert [link.label for link in opening.ways(app)] == ["Attention", "Encoder", "Model"]
    (name,) = (path.name for path in checkpoints.iterdir())
    app = opening.opened("encoder", run=name, prompt="cde")
    assert not app.exception and not app.error


def test_a_marian_shows_both_vocabularies_and_lacks_none(checkpoints: Path, tmp_path: Path) -> None:
    folder = test_marian_files.translator(tmp_path / "opus")
    barred_padding(folder)
    app = opened(path=str(folder))
    assert "Recognised: Marian, a translator" in said(app)
    assert "Vocabulary of the source: Marian" in said(app)
    assert "Vocabulary of the target: Marian" in said(app)
    press(app)
    (name,) = (path.name for path in checkpoints.iterdir())
    ours = gpt.load(checkpoints / name)
    assert ours.kind == "encoder-decoder" and ours.source_tokenizer is not ours.tokenizer
    labels = [link.label for link in opening.ways(app)]
    assert labels == ["Attention", "Translation", "Model"]
    source = "le chat dort"
    for how in ("whole", "beams"):
        app = opening.opened("translation", run=name, source=source, how=how)
        assert not app.exception and not app.error
        text = gpt.translate(ours, source, beams=4 if how == "beams" else 1)
        lines = opening.said(app).replace("\\", "").splitlines()
        shown = [line.removeprefix("#### ") for line in lines if line.startswith("#### ")]
        assert len(shown[0]) > 5 and text.startswith(shown[0]) and "<pad>" not in text
    (folder / "target.spm").unlink()
    app = opened(path=str(folder))
    assert "has no target.spm" in app.error[0].value.replace("\\", "")


def barred_padding(folder: Path) -> None:
    """Make a Marian's padding likelier than all else, and bar it, as its settings do."""
    state = load_file(folder / "model.safetensors")
    V = state["final_logits_bias"].shape[1]
    state["final_logits_bias"][0, V - 1] = 50.0
    save_file(state, folder / "model.safetensors")
    own = json.loads((folder / "generation_config.json").read_text())
    own["bad_words_ids"] = [[V - 1]]
    (folder / "generation_config.json").write_text(json.dumps(own))


def test_of_several_checkpoints_one_can_be_chosen(checkpoints: Path, tmp_path: Path) -> None:
    folder = tmp_path / "trained"
    for step in (9, 1000):
        written("bert", folder / f"checkpoint-{step}")
    words = str(vocabulary(tmp_path, 17))
    app = opened(path=str(folder), words="file", file=words)
    assert "Checkpoint-1000 is read of checkpoint-9, checkpoint-1000" in opening.said(app)
    app.selectbox(key="link_which").set_value("checkpoint-9").run()
    assert app.query_params["which"] in ("checkpoint-9", ["checkpoint-9"])
    app = opened(path=str(folder), words="file", file=words, which="checkpoint-10")
    assert "which='checkpoint-10': here are checkpoint-1000, checkpoint-9" in opening.said(app)
    app = opened(path=str(folder), words="file", file=words, which="checkpoint-9")
    press(app)
    assert gpt.load(checkpoints / "trained").info["imported"]["name"] == "checkpoint-9"


def test_what_is_left_out_is_said_before_it_is_imported(checkpoints: Path, tmp_path: Path) -> None:
    folder_of(320, tmp_path / "theirs", added(256, "[PAD]"))
    app = opened(path=str(tmp_path / "theirs"))
    assert "Its 320 rows are more than its 257 tokens" in opening.said(app)
    press(app)
    assert gpt.load(checkpoints / "theirs").config.vocab_size == 257


def test_a_packed_run_is_taken_as_it_was(checkpoints: Path, tmp_path: Path) -> None:
    run = folders.ROOT / "checkpoints" / "shakespeare"
    packed = tmp_path / "packed"
    pack(run, packed, "latest")
    zipped = shutil.make_archive(str(tmp_path / "mine"), "zip", tmp_path, "packed")
    app = opened(path=zipped)
    assert "Recognised: a run of Headlight" in said(app)
    press(app)
    assert (checkpoints / "mine" / "metrics.jsonl").read_bytes() == (
        run / "metrics.jsonl"
    ).read_bytes()
    assert len(list((checkpoints / "mine" / "snapshots").iterdir())) == len(
        list((run / "snapshots").iterdir())
    )
    assert gpt.load(checkpoints / "mine").info["training"] == gpt.load(run).info["training"]


def test_the_page_has_words_for_every_family_and_for_a_run() -> None:
    assert [*KINDS] == [*FAMILIES, "run"]
    assert {"distilbert", "roberta", "marian", "bart", "nanogpt", "lecture"} < {*KINDS}
    assert KINDS["bert"] == "an encoder of BERT's shape, as Hugging Face keeps it"
