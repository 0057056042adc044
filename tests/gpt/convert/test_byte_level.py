"""A tiktoken vocabulary as a tokenizer.json: the same ids for any text."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import ByteLevelBPETokenizer
from transformers import AutoTokenizer

from gpt.convert import to_gpt2
from gpt.convert.result import checkpoint
from gpt.convert.vocabulary import vocabularies
from gpt.convert.vocabulary.byte_level import byte_level, merged, ranks_of
from gpt.errors import ConversionError, TokenizerError
from gpt.text.huggingface import HuggingFaceTokenizer
from gpt.text.tokenizers import gpt2
from gpt.text.tokenizers.bytes import ByteTokenizer
from gpt.text.tokenizers.gpt2 import Gpt2Tokenizer
from gpt.text.utf8 import byte_alphabet
from tests.gpt.tiny import config, random_model

TEXT = "the cat sat on the mat; the other cat sat at 12 o'clock, and that's that. Ä😀\n  \t"


@pytest.fixture(scope="module")
def tiny() -> Gpt2Tokenizer:
    """A vocabulary that a peer library has learned, as ranks."""
    learned = ByteLevelBPETokenizer()
    learned.train_from_iterator([TEXT * 3], vocab_size=330, min_frequency=1)
    alphabet = byte_alphabet()
    names = sorted(learned.get_vocab().items(), key=lambda item: item[1])
    return Gpt2Tokenizer([bytes(alphabet[symbol] for symbol in name) for name, _ in names])


def test_it_encodes_as_tiktoken_does(tiny: Gpt2Tokenizer) -> None:
    other = HuggingFaceTokenizer(byte_level(ranks_of(tiny)))
    assert other.vocab_size == tiny.vocab_size > 280
    for text in (TEXT, TEXT[::-1], "\u00e9\u4e2d" + TEXT.upper()):
        assert other.encode(text) == tiny.encode(text)
        assert other.decode(other.encode(text)) == text
    assert other.id_of("<|endoftext|>") == tiny.vocab_size - 1


def test_a_token_that_nothing_makes_is_refused() -> None:
    with pytest.raises(ConversionError, match="no two earlier tokens make the token b'abc'"):
        merged(b"abc", {b"a": 0, b"b": 1, b"c": 2, b"abc": 3})


def large(count: int) -> Gpt2Tokenizer:
    """A vocabulary of `count` tokens, each merge of two bytes."""
    single = [bytes([byte]) for byte in range(256)]
    pairs = [a + b for a in single for b in single]
    return Gpt2Tokenizer((single + pairs)[: count - 1])


@pytest.mark.slow
def test_gpt2s_sizes_find_gpt2s_tokenizer_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpt2, "gpt2", lambda: large(50_257))
    assert vocabularies.find(50_257).tokenizer.vocab_size == 50_257
    filled_up = vocabularies.find(50_304)
    assert filled_up.tokenizer.pieces([50_256]) == ["<|endoftext|>"]
    assert filled_up.tokenizer.vocab_size == 50_257
    assert "the 47 that no text becomes are left out" in filled_up.notes[0]


def test_without_its_files_it_says_what_to_fetch_or_to_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(gpt2.FOLDER, str(tmp_path))
    with pytest.raises(ConversionError) as caught:
        vocabularies.find(50_304)
    assert gpt2.FOLDER in str(caught.value)
    assert "Or name a folder with GPT-2's tokenizer.json" in str(caught.value)
    assert not isinstance(caught.value, TokenizerError)


@pytest.mark.parametrize("kind", ["tiktoken", "bytes"])
def test_an_exported_model_brings_its_tokenizer(
    kind: str, tiny: Gpt2Tokenizer, tmp_path: Path
) -> None:
    tokenizer = tiny if kind == "tiktoken" else ByteTokenizer()
    model = random_model(config(vocab_size=tokenizer.vocab_size))
    mine = checkpoint("test", Path("mine"), model, tokenizer)
    theirs = AutoTokenizer.from_pretrained(to_gpt2(mine, tmp_path / "out"))
    ids = theirs(TEXT)["input_ids"]
    assert ids == tokenizer.encode(TEXT)
    assert theirs.decode(ids, clean_up_tokenization_spaces=False) == TEXT
    assert theirs.eos_token_id == (tiny.vocab_size - 1 if kind == "tiktoken" else None)
