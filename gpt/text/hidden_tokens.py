"""The token that stands for a hidden one, in vocabularies of models that fill it in."""

from __future__ import annotations

from gpt.errors import TokenizerError
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer

MARK = "█"
"""Stands for a hidden character."""
NAMES = ("[MASK]", "<mask>", "[UNK]")
"""Tokens of other vocabularies that stand for a hidden or an unknown word."""


def hidden_token(tokenizer: Tokenizer) -> int:
    """The id that stands for a hidden token.

    Raises:
        TokenizerError: a vocabulary that has none.
    """
    if isinstance(tokenizer, CharacterTokenizer) and MARK in tokenizer.characters:
        return tokenizer.encode(MARK)[0]
    from gpt.text.huggingface import HuggingFaceTokenizer  # its library, which few runs need

    if isinstance(tokenizer, HuggingFaceTokenizer):
        ids = [tokenizer.id_of(name) for name in NAMES]
        if (id := next((id for id in ids if id is not None), None)) is not None:
            return id
    raise TokenizerError(
        "this tokenizer has no token that can stand for a hidden one; choose words or characters"
    )


def with_mark(text: str) -> str:
    """A text whose characters have the mark among them.

    >>> with_mark("ab")
    'ab█'
    """
    return text + MARK
