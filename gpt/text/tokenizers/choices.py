"""The tokenizers that a run can be trained with, by name; `make` builds one for a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gpt import numerals
from gpt.errors import TokenizerError
from gpt.importing import alone
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.text.tokenizers.bytes import ByteTokenizer

Text = str | Iterable[str]
"""All of a text, or its pieces."""

DEFAULT_SIZE = 512
LARGEST = 65_536


@dataclass(frozen=True)
class Choice:
    """One kind of tokenizer.

    Fields:
        title: how people call it.
        description: what a token is, in a sentence.
        make: from a text and a vocabulary size to a tokenizer; imports its library when called.
        least: the smallest vocabulary that can be chosen; None if V cannot be chosen.
        in_pieces: whether it takes a text in pieces that end where lines do.
    """

    title: str
    description: str
    make: Callable[[Text, int], Tokenizer]
    least: int | None = None
    in_pieces: bool = True


def _whole(text: Text) -> str:
    return text if isinstance(text, str) else "".join(text)


def _byte_pairs(text: Text, size: int) -> Tokenizer:
    from gpt.text.tokenizers import byte_pairs

    return byte_pairs.train(text, size)


def _unigram(text: Text, size: int) -> Tokenizer:
    from gpt.text.tokenizers import sentencepieces

    return sentencepieces.train(_whole(text), size, "unigram")


def _sentencepiece_bpe(text: Text, size: int) -> Tokenizer:
    from gpt.text.tokenizers import sentencepieces

    return sentencepieces.train(_whole(text), size, "bpe")


def _words(text: Text, size: int) -> Tokenizer:
    from gpt.text.tokenizers import words

    return words.train(text, size)


def _gpt2(text: Text, size: int) -> Tokenizer:
    with alone():
        from gpt.text.tokenizers.gpt2 import gpt2

    return gpt2()


CHOICES: dict[str, Choice] = {
    "characters": Choice(
        "Characters",
        "One token for each distinct character of the text, as in the lecture.",
        lambda text, size: CharacterTokenizer.of(_whole(text)),
    ),
    "bytes": Choice(
        "Bytes",
        "One token a byte of UTF-8: 256 of them write any text.",
        lambda text, size: ByteTokenizer(),
    ),
    "bpe": Choice(
        "BPE, trained on the text",
        "Bytes, then the most frequent pairs merged one after the other.",
        _byte_pairs,
        least=256,
    ),
    "sentencepiece-unigram": Choice(
        "SentencePiece unigram, trained on the text",
        "Pieces chosen so that the text is likely, the unlikeliest thrown out again and again.",
        _unigram,
        least=260,
        in_pieces=False,
    ),
    "sentencepiece-bpe": Choice(
        "SentencePiece BPE, trained on the text",
        "Characters, then the most frequent pairs merged; bytes for what is rare.",
        _sentencepiece_bpe,
        least=260,
        in_pieces=False,
    ),
    "words": Choice(
        "Words of the text",
        "One token a word, for texts of few different words; rare ones become [UNK], and blanks "
        "are not kept as they were.",
        _words,
        least=16,
    ),
    "gpt2": Choice(
        "GPT-2's BPE",
        "The 50,257 tokens of GPT-2, merged from pairs that were frequent on the web.",
        _gpt2,
    ),
}


def make(name: str, text: Text, vocab_size: int | None = None) -> Tokenizer:
    """A tokenizer by its name; one that learns is trained on the text.

    Args:
        vocab_size: V, if it can be chosen; None takes 512.

    Raises:
        TokenizerError: no such tokenizer, a size that cannot be, or files that are not there.
    """
    if name not in CHOICES:
        raise TokenizerError(f"there is no tokenizer {name!r}; choose one of {', '.join(CHOICES)}")
    choice = CHOICES[name]
    if choice.least is None and vocab_size is not None:
        raise TokenizerError(f"the tokenizer {name!r} has its own vocabulary; leave the size out")
    size = DEFAULT_SIZE if vocab_size is None else vocab_size
    if choice.least is not None and not choice.least <= size <= LARGEST:
        raise TokenizerError(
            f"a vocabulary of {size:,} is not possible with {name!r}; choose {choice.least:,} to "
            f"{LARGEST:,}"
        )
    return choice.make(text, size)


def parse(text: str) -> tuple[str, int | None]:
    """Read "bpe:512" or "characters": the name and the size.

    Raises:
        TokenizerError: a size that is no whole number.
    """
    name, colon, size = text.partition(":")
    if not colon:
        return name, None
    return name, numerals.whole(size, "the vocabulary's size", 1, LARGEST, TokenizerError)
