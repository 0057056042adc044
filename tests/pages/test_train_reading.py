"""The Train page's text: which tokenizer, whose words, where documents end; what they become."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from gpt.errors import TokenizerError
from gpt.shape_only import count_parameters
from gpt.text.corpus import from_builtin, from_bytes
from gpt.text.tokenizers import choices
from gpt.training.jobs import Jobs
from gpt.training.presets import find
from gpt.training.runs import Run
from pages.parts.train.tokenizer_choice import OWN, Wanted, tokenizer_of
from pages.parts.train.training_text import Text
from pages.shared import run_data
from tests.pages.test_train_page import SECONDS, _navigate, _train_button, texts

LENGTH = 20_000


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs; what is started is made, and not trained."""
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setattr(Jobs, "start", lambda self, run: None)
    st.cache_resource.clear()
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def form(**query: str) -> AppTest:
    """The page on a short text."""
    app = AppTest.from_function(_navigate, args=("train",), default_timeout=SECONDS)
    app.query_params.update(query)
    app.session_state["text_length"] = LENGTH
    app.run()
    assert not app.exception
    return app


def started(app: AppTest, root: Path) -> Run:
    """The run that pressing Train makes."""
    _train_button(app).click().run()
    assert not app.exception and not app.error
    (path,) = root.iterdir()
    return Run(path)


# -- tokenizers ---------------------------------------------------------------------------------


def test_v_and_what_hangs_on_it_follow_the_tokenizer(root: Path) -> None:
    app = form(text="names", tokenizer="bpe", vocab="300")
    words = texts(app)
    text = from_builtin("names", length=LENGTH).text
    assert "V = **300**" in words
    parameters = count_parameters(find("tiny").model_config(300))
    assert f"**{parameters:,}** parameters" in words
    held_out = text.splitlines()[9::10]
    tokenizer = choices.make("bpe", text, 300)
    tokens = sum(len(tokenizer.encode(name)) + 1 for name in held_out)
    assert f"of **{sum(len(name) + 1 for name in held_out) / tokens:.2f}** characters" in words
    app.number_input(key="link_vocab").set_value(320).run()
    assert "V = **320**" in texts(app)


def test_a_run_keeps_its_tokenizer_and_how_long_its_tokens_are(root: Path) -> None:
    run = started(form(text="names", tokenizer="bpe", vocab="300"), root)
    config = run.config()
    assert config["model"]["vocab_size"] == 300
    assert json.loads((run.path / "tokenizer.json").read_text())["type"] == "huggingface"
    counts = run.counts()
    assert counts is not None and 1.2 < counts.characters_per_token < 3
    assert counts.loss_per_character(3.0) == pytest.approx(3.0 / counts.characters_per_token)
    assert run_data.baseline(run) == pytest.approx(math.log(300))


def test_v_is_only_asked_where_it_can_be_chosen(root: Path) -> None:
    app = form(text="names", tokenizer="bytes")
    assert "V = **256**" in texts(app)
    assert "link_vocab" not in [field.key for field in app.number_input]
    app.selectbox(key="link_tokenizer").select("sentencepiece-bpe").run()
    assert app.number_input(key="link_vocab").value == 512


def test_a_vocabulary_that_cannot_be_is_said(root: Path) -> None:
    app = form(text="names", tokenizer="sentencepiece-unigram", vocab="262")
    assert "A SentencePiece vocabulary of 262 is too small".lower() in texts(app).lower()
    assert _train_button(app).disabled
    app.number_input(key="link_vocab").set_value(320).run()
    assert not app.error and not _train_button(app).disabled


def test_gpt2s_files_are_asked_for_and_never_downloaded(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HEADLIGHT_GPT2", "TIKTOKEN_CACHE_DIR", "HEADLIGHT_CACHE"):
        monkeypatch.setenv(name, "" if name == "HEADLIGHT_GPT2" else str(root / "none"))
    monkeypatch.setattr("gpt.text.fetch.fetch", lambda name: pytest.fail("it was downloaded"))
    app = form(text="names", tokenizer="gpt2")
    assert "HEADLIGHT_GPT2" in texts(app)
    assert _train_button(app).disabled


def test_a_tokenizer_file_has_to_know_the_text() -> None:
    text = Text.of(from_builtin("names", length=LENGTH))
    spec = choices.make("bpe", text.text, 300).to_json()["tokenizer"]
    content = json.dumps(spec).encode()
    assert tokenizer_of(Wanted(OWN, None, content), text).vocab_size == 300
    with pytest.raises(TokenizerError, match="not JSON"):
        tokenizer_of(Wanted(OWN, None, b"{"), text)
    words = {"type": "WordLevel", "vocab": {"a": 0, "b": 1}, "unk_token": "?"}
    plain = {**dict.fromkeys(("normalizer", "pre_tokenizer", "post_processor", "decoder"))}
    foreign = {"version": "1.0", "added_tokens": [], "model": words, **plain}
    with pytest.raises(TokenizerError, match=r"no token for 2[0-9] of the text's characters"):
        tokenizer_of(Wanted(OWN, None, json.dumps(foreign).encode()), text)


def test_a_link_to_no_tokenizer_is_said(root: Path) -> None:
    app = form(tokenizer="runes", text="names")
    assert "V = **" in texts(app)
    assert "tokenizer='runes': it can be characters, bytes" in texts(app)


# -- speakers and documents -----------------------------------------------------------------------


def test_only_the_chosen_speakers_are_learned_from(root: Path) -> None:
    app = form(text="speeches", speakers="Dell Hobbin")
    corpus = from_builtin("speeches", length=LENGTH)
    speakers = corpus.speakers
    pills = app.pills(key="link_speakers") if hasattr(app, "pills") else app.button_group[0]
    assert pills.options == [f"{name} · {count:,}" for name, count in speakers.items()]
    assert f"**{speakers['Dell Hobbin']:,}** characters" in texts(app)
    assert "Only what Dell Hobbin said" in texts(app)
    run = started(app, root)
    assert run.config()["data"]["speakers"] == ["Dell Hobbin"]
    assert run.corpus().text == corpus.documents[2].text


def test_everyone_speaks_unless_some_were_chosen(root: Path) -> None:
    app = form(text="speeches", speakers="Nobody")
    assert "Everyone's words are learned" in texts(app)
    run = started(app, root)
    assert run.config()["data"]["speakers"] == list(from_builtin("speeches").speakers)
    assert run.config()["training"]["documents"] == "files"


def test_names_are_read_by_the_line_unless_that_is_changed(root: Path) -> None:
    app = form(text="names")
    app.segmented_control(key="train_details").select("Text").run()
    assert "Each line is a document" in texts(app)
    app.selectbox(key="link_documents").select("stream").run()
    assert "cut anywhere in one long text" in texts(app)
    app.segmented_control(key="train_details").select("Settings").run()
    run = started(app, root)
    assert run.config()["training"]["documents"] == "stream"


def test_the_names_preset_brings_names_a_line_each(root: Path) -> None:
    app = form()
    app.selectbox(key="link_preset").select("names").run()
    assert app.selectbox(key="link_text").value == "names"
    assert started(app, root).config()["training"]["documents"] == "lines"


def test_several_files_are_kept_apart(root: Path) -> None:
    """What the uploader gives to the form, without a browser: two files, two documents."""
    text = Text.of(from_bytes([("ana.txt", b"abc\n" * 99), ("ben.txt", b"xyz\n" * 99)]))
    assert list(text.corpus.speakers) == ["ana", "ben"]
    assert text.digest != Text.of(text.corpus.only(["ana"])).digest
