"""Text to tensors: what each part shows is what tokenizers and training make of the text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gpt.text import documents, training_batch
from gpt.text.corpus import from_builtin
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.tokenizers import choices
from pages.parts.tensors import corpus_menu, pieces, size_tradeoff, trained_tokenizers
from pages.parts.tensors import document_batches as parts_documents
from tests.pages import opening

SHORT = 20_000


@pytest.fixture(autouse=True)
def _short_texts_and_nothing_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Built-in texts of 20,000 characters train in a moment; GPT-2's files are nowhere."""
    for part in (corpus_menu, parts_documents):
        monkeypatch.setattr(part, "written", _written)
    monkeypatch.setattr(size_tradeoff, "SIZES", (256, 512))
    monkeypatch.setattr(size_tradeoff, "SIZES_IN_ALL", 6)
    monkeypatch.delenv("HEADLIGHT_GPT2", raising=False)
    for name in ("TIKTOKEN_CACHE_DIR", "HEADLIGHT_CACHE"):
        monkeypatch.setenv(name, str(tmp_path))
    trained_tokenizers._gpt2.clear()


def _written(name: str, length: int = SHORT) -> corpus_menu.Text:
    return corpus_menu.Text.of(from_builtin(name, 1, SHORT))


def plays() -> str:
    return from_builtin("plays", 1, SHORT).text


def opened(**query: str) -> AppTest:
    app = opening.opened("tensors", **{"corpus": "plays", **query})
    assert not app.error
    return app


def payload_of(app: AppTest, number: int = 0) -> dict[str, Any]:
    """What a component's browser gets."""
    data: dict[str, Any] = json.loads(app.get("bidi_component")[number].proto.json)
    return data


def test_every_tokenizer_has_a_row_with_its_own_ids() -> None:
    app = opened(sample="hii there", run="shakespeare")
    rows = {row["title"]: row for row in payload_of(app)["rows"]}
    text = plays()
    for name in ("characters", "bytes", "words", *trained_tokenizers.LEARN):
        size = None if choices.CHOICES[name].least is None else 512
        ids = choices.make(name, text, size).encode("hii there")
        row = rows[choices.CHOICES[name].title]
        assert [token[1] for token in row["tokens"]] == ids
        assert f"T = {len(ids)} tokens" in row["facts"]
    own = [token[1] for token in rows["shakespeare's own"]["tokens"]]
    assert own == [46, 47, 47, 1, 58, 46, 43, 56, 43]
    assert "not on this machine" in rows["GPT-2's BPE"]["refused"]


def test_a_character_that_a_vocabulary_lacks_is_told_in_its_row() -> None:
    rows = {row["title"]: row for row in payload_of(opened(sample="é", run="shakespeare"))["rows"]}
    assert next(iter(rows)) == "shakespeare's own"
    assert "U+00E9" in rows["Characters"]["refused"] and rows["Characters"]["tokens"] == []
    assert [token[0] for token in rows["Bytes"]["tokens"]] == ["⟨0xC3⟩", "⟨0xA9⟩"]


def test_the_text_begins_with_the_greeting_and_the_corpus() -> None:
    assert pieces.beginning("hi there, Ann\n\nBob\nCid") == "hii there\nhi there, Ann\nBob"
    assert pieces.beginning("abc\nd") == "abc\nd"  # its letters cannot greet
    assert len(pieces.beginning("x" * 5_000)) <= 110
    assert opened().text_area[0].value == pieces.beginning(plays())


def test_an_empty_text_is_told() -> None:
    app = opened()
    app.text_area[0].set_value("").run()
    assert "empty" in app.info[0].value and not app.get("bidi_component")


def test_sizes_are_trained_one_after_the_other_and_drawn() -> None:
    app = opened(show="size against length")
    assert "put both into one folder" in app.info[0].value
    assert names(app) == ["Characters", "Bytes"]
    app.button(key="tensors_train").click().run()
    assert not app.exception
    lines = {line["name"]: line for line in figure(app)["data"]}
    text = plays()
    title = choices.CHOICES["bpe"].title
    assert points(lines[title]["x"]) == [256, 512]
    last = text[int(0.9 * len(text)) :]
    expected = 1000 * len(choices.make("bpe", text, 512).encode(last)) / len(last)
    np.testing.assert_allclose(points(lines[title]["y"]), [1000, expected])
    # a SentencePiece vocabulary of 256 cannot be
    assert points(lines[choices.CHOICES["sentencepiece-bpe"].title]["x"]) == [512]
    with pytest.raises(KeyError):
        app.button(key="tensors_train")


def test_the_split_and_the_batch_are_those_of_training() -> None:
    app = opened(show="split and batch", B="3", T="5", draw="7", row="2")
    tokenizer = CharacterTokenizer.of(plays())
    batch = training_batch.batch(training_batch.encoded(tokenizer, plays()), 3, 5, 7)
    data = payload_of(app)
    assert [[cell[0] for cell in row] for row in data["x"]] == batch.x.tolist()
    assert [[cell[0] for cell in row] for row in data["y"]] == batch.y.tolist()
    assert data["row"] == 2
    annotations = [note["text"] for note in figure(app)["layout"]["annotations"]]
    first = int(0.9 * len(plays()))
    assert annotations == [
        f"<b>{name}</b> {many:,} characters, {many:,} tokens"
        for name, many in (("training", first), ("validation", len(plays()) - first))
    ]


def test_another_batch_is_another_and_the_url_says_so() -> None:
    app = opened(show="split and batch", draw="7")
    before = payload_of(app)["x"]
    app.button(key="tensors_another").click().run()
    assert payload_of(app)["x"] != before
    assert app.query_params["draw"] in ("8", ["8"])


def test_settings_out_of_range_are_mended() -> None:
    app = opened(show="split and batch", B="99", T="0", draw="-1", row="50", tokenizer="x", V="7")
    data = payload_of(app)
    assert np.shape(data["x"])[:2] == (16, 1) and data["row"] == 15
    assert "draw='-1'" in app.warning[0].value.replace("\\", "")


def test_documents_stop_on_one_side_and_run_on_at_the_other() -> None:
    app = opened(show="documents", B="5", T="6", draw="3")
    text = from_builtin("names", 1, SHORT).text
    lines, tokenizer = documents.lines(text), CharacterTokenizer.of(text)
    for number, boundaries in enumerate((True, False)):
        sample = documents.sample_blocks(lines, tokenizer, 6, 5, 3, boundaries)
        payload = payload_of(app, number)
        assert [[cell[0] for cell in row] for row in payload["y"]] == sample.targets.tolist()
        assert [[cell[2] for cell in row] for row in payload["x"]] == sample.documents.tolist()
    words = [text.value for text in app.markdown]
    assert any("stop at a line's end.** 0 of 5 blocks" in text for text in words)


def names(app: AppTest) -> list[str]:
    return [line["name"] for line in figure(app)["data"]]


def figure(app: AppTest) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(app.get("plotly_chart")[0].proto.spec)
    return data


def points(values: Any) -> list[float]:
    """Plotly may write numbers as base64."""
    if not isinstance(values, dict):
        return list(values)
    import base64

    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()


@pytest.mark.parametrize(
    ("show", "array"),
    [
        ("pieces", "places_bpe"),
        ("size against length", "Characters"),
        ("split and batch", "y"),
        ("documents", "stream_documents"),
    ],
)
def test_what_is_shown_can_be_saved(show: str, array: str) -> None:
    app = opened(show=show)
    (save,) = [button for button in app.button if str(button.key).startswith("save_text")]
    save.click().run()
    assert not app.exception and not app.error
    options = app.selectbox(key="save_array").options
    assert any(option.startswith(f"{array}  ") for option in options)


@pytest.mark.parametrize("link", [{"corpus": "own"}, {"corpus": "novels"}, {"run": "gone"}])
def test_a_link_to_what_is_not_here_is_told(link: dict[str, str]) -> None:
    app = opened(show="split and batch", **link)
    assert "Shown instead" in app.warning[0].value and payload_of(app)["x"]
    assert app.selectbox(key="link_corpus").value == "plays"
