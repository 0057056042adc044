"""The split: nothing is in both parts, nothing is lost, and ids and text agree on it."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
import torch

from gpt.errors import TextError, UnknownCharacterError
from gpt.setting_ranges import CHOICES
from gpt.text.corpus import Corpus, Document, from_builtin
from gpt.text.documents import KINDS, Documents
from gpt.text.huggingface import HuggingFaceTokenizer
from gpt.text.splitting import count, encoded, joined, split_ids, split_text, suggested
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.text.tokenizers import choices

THREE = Corpus(
    "three",
    (
        Document("a", "abc\nabd\n" * 30, "Ana"),
        Document("b", "xyz\n" * 41, "Ben"),
        Document("c", "cab\n" * 17, "Cy"),
    ),
)
CHARACTERS = CharacterTokenizer.of(THREE.text)


def test_the_settings_know_the_same_kinds() -> None:
    assert CHOICES["documents"] == tuple(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_and_nothing_is_in_both(kind: str) -> None:
    learned, held_out = split_text(THREE, kind)
    for document in THREE.documents:
        parts = (
            [one for one in part if one.speaker == document.speaker] for part in (learned, held_out)
        )
        both = sorted(joined([one for part in parts for one in part], kind))
        assert both == sorted(document.text)
    share = len(joined(held_out, kind)) / len(THREE.text)
    assert share == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tokenizer", ["characters", "bytes", "bpe"])
def test_ids_say_what_the_text_says(kind: str, tokenizer: str) -> None:
    tokenizer_of_kind = choices.make(tokenizer, THREE.text, 259 if tokenizer == "bpe" else None)
    for ids, passages in zip(
        split_ids(THREE, tokenizer_of_kind, kind), split_text(THREE, kind), strict=True
    ):
        if isinstance(ids, Documents):
            rows = [tokenizer_of_kind.decode(ids.document(i).tolist()) for i in range(len(ids))]
            around = "\n" if kind == "lines" else ""
            assert rows == [f"{around}{one.text}{around}" for one in passages]
        elif tokenizer != "bpe":  # whose tokens the cut may fall between
            assert tokenizer_of_kind.decode(ids.tolist()) == joined(passages, kind)


def test_a_stream_is_split_as_ever() -> None:
    learned, held_out = split_ids(THREE, CHARACTERS, "stream")
    assert isinstance(learned, torch.Tensor) and isinstance(held_out, torch.Tensor)
    ids = CHARACTERS.encode(THREE.text)
    assert learned.tolist() == ids[: int(0.9 * len(ids))]
    assert held_out.tolist() == ids[int(0.9 * len(ids)) :]


def test_characters_write_one_character_a_token_whatever_the_kind() -> None:
    for kind in KINDS:
        counts = count(THREE, CHARACTERS, kind, 4)
        assert counts.characters_per_token == 1.0
    assert count(THREE, CHARACTERS, "lines", 4).held_out_tokens == 11 * 4


def test_a_token_of_two_characters_counts_two() -> None:
    """The one merge of a text of "ab" makes a token of each pair: 2 characters, save the first."""
    corpus = Corpus("ab", (Document("a", "ab" * 500),))
    counts = count(corpus, choices.make("bpe", corpus.text, 257), "stream", 4)
    assert (counts.tokens, counts.held_out_tokens, counts.characters_per_token) == (500, 49, 2.0)


def test_what_leaves_nothing_to_hold_out_is_refused() -> None:
    short = Corpus("short", (Document("long.txt", "abc\n" * 40), Document("b.txt", "abc\n" * 4)))
    with pytest.raises(TextError, match=r"b\.txt has 16 characters; .* needs at least 20"):
        count(short, CHARACTERS, "files", 4)
    with pytest.raises(TextError, match="the text has 9 lines"):
        count(Corpus("few", (Document("a", "abc\n" * 9),)), CHARACTERS, "lines", 4)


def test_what_is_suggested() -> None:
    assert suggested(from_builtin("names", length=1000)) == "lines"
    assert suggested(from_builtin("speeches", length=1000)) == "files"
    assert suggested(from_builtin("plays", length=200_000)) == "stream"
    assert suggested(THREE) == "files"


def test_a_text_that_is_encoded_in_parts_has_the_same_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpt.text.splitting.PART", 7)
    ids = encoded(THREE.text, CHARACTERS)
    assert ids.tolist() == CHARACTERS.encode(THREE.text)
    assert ids.dtype == torch.long
    assert encoded("", CHARACTERS).tolist() == []
    with pytest.raises(UnknownCharacterError, match=r"'é' .* at position 19 "):
        encoded("abc" * 6 + "aé" + "é" * 50, CHARACTERS)


@pytest.mark.parametrize("name", [n for n, one in choices.CHOICES.items() if n != "gpt2"])
def test_so_has_one_of_longer_tokens(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpt.text.splitting.PART", 61)
    monkeypatch.setattr("gpt.text.large_text.LONGEST_PIECE", 300)
    words = "It's  said: \t“Yes…”\n\n\n – 私は 学生です –\n and left 12 \u180e \x1c 3!\n \n" * 3
    text = words + from_builtin("plays", length=3000).text + " one  line don't  end" * 90 + "\n"
    tokenizer = choices.make(name, text, 340 if choices.CHOICES[name].least else None)
    assert tokenizer.in_pieces == choices.CHOICES[name].in_pieces
    lengths, encode = [], tokenizer.encode_part
    monkeypatch.setattr(tokenizer, "encode_part", lambda t: lengths.append(len(t)) or encode(t))
    assert encoded(text, tokenizer).tolist() == encode(text)
    assert encoded("", tokenizer).tolist() == []
    assert not tokenizer.in_pieces or max(lengths, default=0) < 500 < len(text)


@pytest.mark.parametrize(
    "change",
    [
        {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}},
        {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True}},
        {"normalizer": {"type": "Strip", "strip_left": True, "strip_right": True}},
    ],
)
def test_a_file_of_others_is_not_taken_in_pieces(change: dict[str, Any]) -> None:
    spec = choices.make("bpe", THREE.text, 260).to_json()["tokenizer"]
    assert HuggingFaceTokenizer(spec).in_pieces
    assert not HuggingFaceTokenizer({**spec, **change}).in_pieces


SPEC = choices.make("bpe", "ab", 256).to_json()["tokenizer"]
LETTERS = {**SPEC, "model": {**SPEC["model"], "vocab": {"a": 0, "b": 1}}}


@pytest.mark.parametrize("tokenizer", [CHARACTERS, HuggingFaceTokenizer(LETTERS)])
def test_a_text_of_unknown_characters_takes_no_more_than_itself(tokenizer: Tokenizer) -> None:
    text = "é" * (8 << 20)  # one byte a character in memory, and once took 100
    tracemalloc.start()
    with pytest.raises(UnknownCharacterError, match="at position 0 "):
        encoded(text, tokenizer)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 << 20
