"""Every tokenizer by one contract: any text comes back, pieces are honest, JSON is enough."""

from __future__ import annotations

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpt.errors import TokenizerError, UnknownCharacterError
from gpt.text import builtin, fetch
from gpt.text.tokenizer import Tokenizer, from_json
from gpt.text.tokenizers import choices
from gpt.text.tokenizers.gpt2 import gpt2
from tests.gpt.shakespeare import DATA

GPT2 = DATA / "gpt2-bpe"
needs_gpt2 = pytest.mark.skipif(
    not GPT2.is_dir(), reason="shared/data/gpt2-bpe does not lie beside the repository"
)
ANY = [
    "bytes",
    "bpe",
    "sentencepiece-unigram",
    "sentencepiece-bpe",
    pytest.param("gpt2", marks=needs_gpt2),
]
ODD = "To be,  or\n\nnot \t é 漢字 🎉 a\r\nb <s> </s> <unk> <0x41> <|endoftext|> Ġ á\ufeff\x01\x7f"


@cache
def text() -> str:
    return "".join(content for _, content in builtin.write("plays", 1, 40_000))


@cache
def made(name: str) -> Tokenizer:
    return gpt2(GPT2) if name == "gpt2" else choices.make(name, text(), _size(name))


def _size(name: str) -> int | None:
    return 400 if choices.CHOICES[name].least is not None else None


@pytest.mark.parametrize("name", ANY)
@settings(deadline=None, max_examples=150)
@given(written=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="▁\0")))
def test_any_text_comes_back(name: str, written: str) -> None:
    tokenizer = made(name)
    ids = tokenizer.encode(written)
    assert tokenizer.decode(ids) == written
    assert all(0 <= i < tokenizer.vocab_size for i in ids)
    assert tokenizer.unknown(written) == []


@pytest.mark.parametrize("name", ["characters", *ANY])
def test_json_is_enough(name: str) -> None:
    tokenizer = made(name)
    again = from_json(json.loads(json.dumps(tokenizer.to_json())))
    sample = text()[:500] if name == "characters" else ODD
    assert again.encode(sample) == tokenizer.encode(sample)
    assert again.vocab_size == tokenizer.vocab_size
    assert again.pieces(range(again.vocab_size)) == tokenizer.pieces(range(again.vocab_size))


@pytest.mark.parametrize("name", ANY)
def test_pieces_of_plain_text_are_the_text(name: str) -> None:
    tokenizer = made(name)
    sample = text()[:300]
    assert "".join(tokenizer.pieces(tokenizer.encode(sample))) == sample


@pytest.mark.parametrize("name", ANY)
def test_a_part_of_a_character_is_shown_by_its_bytes(name: str) -> None:
    pieces = made(name).pieces(made(name).encode("\u6f22"))  # E6 BC A2, in no vocabulary whole
    assert "".join(pieces) == "⟨0xE6⟩⟨0xBC⟩⟨0xA2⟩"


@pytest.mark.parametrize("name", ["characters", *ANY])
@pytest.mark.parametrize("id", [-1, 1 << 30])
def test_an_id_outside_is_refused(name: str, id: int) -> None:
    for read in (made(name).decode, made(name).pieces):
        with pytest.raises(TokenizerError, match="is outside 0 to"):
            read([id])


@pytest.mark.parametrize("name", ANY)
def test_half_a_surrogate_pair_is_refused_by_name(name: str) -> None:
    assert made(name).unknown("a\ud800") == [(1, "\ud800")]
    with pytest.raises(UnknownCharacterError):
        made(name).encode("a\ud800")


def test_the_sign_that_sentencepiece_writes_for_a_space_is_refused() -> None:
    with pytest.raises(UnknownCharacterError):
        made("sentencepiece-bpe").encode("a▁b")


@pytest.mark.parametrize("name", ["bpe", "sentencepiece-unigram", "sentencepiece-bpe"])
def test_a_trained_vocabulary_has_its_size_and_shortens_text(name: str) -> None:
    tokenizer = made(name)
    assert tokenizer.vocab_size == 400
    assert len(tokenizer.encode(text())) < 0.75 * len(text())


def test_unigram_keeps_the_short_pieces_of_strings_that_repeat_themselves() -> None:
    """Random strings written twice: nearly any piece occurs twice, and the library, left to itself,
    keeps long ones of which hardly any is ever used again (0.97 tokens a character)."""
    copied = "".join(content for _, content in builtin.write("copy", 1, 200_000))
    tokenizer = choices.make("sentencepiece-unigram", copied, 512)
    assert tokenizer.vocab_size == 512
    assert len(tokenizer.encode(copied)) < 0.8 * len(copied)


def test_bytes_are_utf8() -> None:
    assert made("bytes").encode("é!") == [0xC3, 0xA9, 0x21]


@needs_gpt2
def test_gpt2_is_the_lectures() -> None:
    """Lecture, 9:28: tiktoken's ids, and the size of the vocabulary."""
    assert made("gpt2").encode("hii there") == [71, 4178, 612]
    assert made("gpt2").vocab_size == 50_257


@needs_gpt2
def test_gpt2_equals_transformers_and_tiktoken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tiktoken
    from transformers import GPT2Tokenizer

    merges, encoder = (
        hashlib.sha1(fetch.SOURCES[name].url.encode()).hexdigest()
        for name in ("gpt2-vocab.bpe", "gpt2-encoder.json")
    )
    shutil.copy(GPT2 / "vocab.bpe", tmp_path / merges)
    shutil.copy(GPT2 / "encoder.json", tmp_path / encoder)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    theirs = tiktoken.get_encoding("gpt2").encode_ordinary(ODD)
    assert made("gpt2").encode(ODD) == theirs
    assert gpt2().encode(ODD) == theirs  # out of tiktoken's own cache
    shutil.copy(GPT2 / "vocab.bpe", tmp_path / "merges.txt")
    shutil.copy(GPT2 / "encoder.json", tmp_path / "vocab.json")
    peer = GPT2Tokenizer.from_pretrained(tmp_path)
    plain = ODD.replace("<|endoftext|>", "")
    assert made("gpt2").encode(plain) == peer.encode(plain)


def test_without_gpt2s_files_it_is_said_what_to_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TokenizerError, match=r"put both into one folder.*HEADLIGHT_GPT2"):
        gpt2(tmp_path)
    (tmp_path / "vocab.bpe").write_text("#version: 0.2\n")
    with pytest.raises(TokenizerError, match=r"is not GPT-2's vocab\.bpe"):
        gpt2(tmp_path)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("HEADLIGHT_CACHE", str(tmp_path / "cache"))
    gone = fetch.SOURCES["gpt2-vocab.bpe"].__class__("http://127.0.0.1:9/x", "0" * 64, 1, "x")
    monkeypatch.setitem(fetch.SOURCES, "gpt2-vocab.bpe", gone)
    with pytest.raises(TokenizerError, match=r"could not be fetched.*put both into one folder"):
        gpt2()


@pytest.mark.parametrize(
    "value",
    [
        {"type": "nonsense"},
        {"type": "sentencepiece"},
        {"type": "sentencepiece", "model": "not base64!"},
        {"type": "sentencepiece", "model": "AAAA"},
        {"type": "gpt2", "ranks": ["AA=="]},
        {"type": "gpt2", "ranks": 5},
        {"type": "gpt2", "ranks": [3]},
        {"type": "huggingface", "tokenizer": {}},
        [],
    ],
)
def test_json_that_is_no_tokenizer_is_refused(value: object) -> None:
    with pytest.raises(TokenizerError):
        from_json(value)


@pytest.mark.parametrize(
    ("name", "size", "says"),
    [
        ("poems", None, "choose one of characters"),
        ("characters", 99, "has its own vocabulary"),
        ("bpe", 255, "choose 256 to"),
        ("sentencepiece-bpe", 259, "choose 260 to"),
        ("bpe", 1 << 20, "choose 256 to"),
    ],
)
def test_a_choice_that_cannot_be_is_told(name: str, size: int | None, says: str) -> None:
    with pytest.raises(TokenizerError, match=says):
        choices.make(name, text(), size)


def test_a_choice_in_one_word() -> None:
    assert choices.parse("bpe:512") == ("bpe", 512)
    assert choices.parse("characters") == ("characters", None)
    with pytest.raises(TokenizerError, match="choose a whole number from 1 to 65,536"):
        choices.parse("bpe:x")


def test_a_sentencepiece_vocabulary_must_hold_the_characters() -> None:
    with pytest.raises(TokenizerError, match="make 263 the least"):
        choices.make("sentencepiece-unigram", "abc\nabc", 262)
    assert choices.make("sentencepiece-bpe", "abc\nabc" * 50, 263).vocab_size == 263
