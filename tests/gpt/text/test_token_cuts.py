"""One text through several tokenizers: each token's characters, by hand and by an invariant."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt.errors import TokenizerError, UnknownCharacterError
from gpt.text import fetch
from gpt.text.corpus import from_builtin
from gpt.text.token_cuts import cut, spans, trade
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.text.tokenizers import choices
from gpt.text.tokenizers.bytes import ByteTokenizer
from gpt.text.tokenizers.gpt2 import FOLDER, gpt2
from tests.gpt.shakespeare import FILE, needs_shakespeare, shakespeare

LEARNED = ("bpe", "sentencepiece-unigram", "sentencepiece-bpe")
TEXT = "the cat sat on the mat\nthe hat is flat\nnaïve 🙂\n" * 20
GPT2 = FILE.parent / "gpt2-bpe"


@pytest.fixture(scope="module", params=["characters", "bytes", *LEARNED])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return choices.make(request.param, TEXT, 300 if request.param in LEARNED else None)


def test_each_token_has_its_characters() -> None:
    token_cut = spans("to be", ["to", " ", "be"])
    assert token_cut is not None and token_cut.tolist() == [[0, 2], [2, 3], [3, 5]]


def test_parts_of_a_character_share_its_place() -> None:
    """ï is the bytes C3 AF; the second token ends one character and holds another."""
    token_cut = spans("aïb", ["a", "⟨0xC3⟩", "⟨0xAF⟩b"])
    assert token_cut is not None and token_cut.tolist() == [[0, 1], [1, 2], [1, 3]]


def test_what_looks_like_a_byte_may_be_text() -> None:
    text = "⟨0xC3⟩"
    whole, letters = spans(text, [text]), spans(text, list(text))
    assert whole is not None and whole.tolist() == [[0, 6]]
    assert letters is not None and letters.tolist() == [[i, i + 1] for i in range(6)]
    as_bytes = cut(ByteTokenizer(), text)
    assert as_bytes.spans is not None
    # ⟨ and ⟩ are three bytes each
    assert as_bytes.spans[:, 0].tolist() == [0, 0, 0, 1, 2, 3, 4, 5, 5, 5]


def test_pieces_that_do_not_spell_the_text_have_no_place() -> None:
    assert spans("Hello", ["[CLS]", "hello"]) is None
    assert spans("ab", ["a"]) is None
    assert spans("a", ["a", "b"]) is None
    empty = spans("", [])
    assert empty is not None and empty.shape == (0, 2)


@given(text=st.text(alphabet=sorted(set(TEXT)), max_size=40))
def test_places_cover_the_text_in_order(tokenizer: Tokenizer, text: str) -> None:
    """Nothing is left out, nothing comes twice, and whole pieces say what stands there."""
    token_cut = cut(tokenizer, text)
    assert token_cut.spans is not None and token_cut.spans.shape == (len(token_cut.ids), 2)
    at = 0
    for piece, (start, end) in zip(token_cut.pieces, token_cut.spans.tolist(), strict=True):
        assert start in (at, at - 1) and end > start
        assert "⟨0x" in piece or text[start:end] == piece
        at = max(at, end)
    assert at == len(text) == token_cut.characters


def test_characters_a_token() -> None:
    token_cut = cut(ByteTokenizer(), "né!")
    assert len(token_cut.ids) == 4 and token_cut.characters_a_token == 0.75
    assert math.isnan(cut(ByteTokenizer(), "").characters_a_token)


def test_what_a_vocabulary_lacks_is_an_error() -> None:
    with pytest.raises(UnknownCharacterError, match="é"):
        cut(CharacterTokenizer.of("ne"), "né")


def test_trade_is_counted_over_the_last_tenth() -> None:
    """90 letters, then five times "é!": ten characters, fifteen bytes."""
    text = "a" * 90 + "é!" * 5
    assert trade(ByteTokenizer(), text) == (256, 1500.0)
    assert trade(CharacterTokenizer.of(text), text) == (3, 1000.0)


@pytest.mark.parametrize("name", LEARNED)
def test_a_larger_vocabulary_makes_the_text_shorter(name: str) -> None:
    text = from_builtin("plays", length=20_000).text
    lengths = [trade(choices.make(name, text, size), text) for size in (350, 450, 600)]
    assert [V for V, _ in lengths] == [350, 450, 600]
    assert lengths[0][1] > lengths[1][1] > lengths[2][1]


@needs_shakespeare
def test_the_lectures_greeting_in_characters() -> None:
    token_cut = cut(CharacterTokenizer.of(shakespeare()), "hii there")
    assert token_cut.vocab_size == 65
    assert token_cut.ids.tolist() == [46, 47, 47, 1, 58, 46, 43, 56, 43]


@pytest.mark.skipif(not GPT2.is_dir(), reason="GPT-2's files do not lie beside the repository")
def test_the_lectures_greeting_in_gpt2s_tokens() -> None:
    token_cut = cut(gpt2(GPT2), "hii there")
    assert token_cut.vocab_size == 50_257 and token_cut.ids.tolist() == [71, 4178, 612]
    assert token_cut.spans is not None
    np.testing.assert_array_equal(token_cut.spans, [[0, 1], [1, 3], [3, 9]])


def test_without_the_network_gpt2_says_what_to_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HEADLIGHT_CACHE", str(tmp_path))
    monkeypatch.setattr(fetch, "fetch", lambda name: pytest.fail("asked the network"))
    with pytest.raises(TokenizerError, match=r"not on this machine.*put both into one folder"):
        gpt2(network=False)
