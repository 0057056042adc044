"""Where in a text a pattern of attention should matter: the tokens that its keys help to predict.

A head that is switched off is missed there more than elsewhere, if it does what its pattern says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from gpt.inspect.heads.word_targets import TokenWords, mentions, open_quotations, token_words

PLACES: Mapping[str, str] = {
    "word continued": "a token that goes on with the word of the token before it",
    "token again": "a token that stood before",
    "pair again": "a token that followed the same token before",
    "word begun": "the first token of a word that has a word before it",
    "name again": "a token of a name that was mentioned before: a word with a capital letter that "
    "begins no sentence",
    "after a name again": "the token that follows such a name",
    "quotation closed": "a token with the mark that closes a quotation",
    "quotation": "a token that begins inside a quotation",
}
"""By the name of a place, which tokens it holds; "before" is in the same block."""

OF_PATTERN: Mapping[str, tuple[str, ...]] = {
    "previous token": ("word continued",),
    "duplicate token": ("token again",),
    "induction": ("pair again",),
    "word before": ("word begun",),
    "earlier mention": ("after a name again",),
    "name to come": ("name again",),
    "opening quotation mark": ("quotation closed", "quotation"),
}
"""The places of a pattern by its name; the other patterns have none of their own."""


def places(ids: Sequence[int], pieces: Sequence[str]) -> dict[str, np.ndarray]:
    """The tokens of each place by its name: (T,) bool, False for the first token.

    Args:
        ids: (T,), a text.
        pieces: (T,), the text of each token.
    """
    tokens = token_words(pieces)
    numbers = tokens.numbers
    is_same = np.append(False, numbers[1:] == numbers[:-1])
    is_word, is_name = numbers >= 0, _names_again(tokens)
    every = {
        "word continued": is_word & is_same,
        "token again": _again(ids),
        "pair again": np.append(False, _again(list(pairwise(ids)))),
        "word begun": (numbers >= 1) & ~is_same,
        "name again": is_name,
        "after a name again": np.append(False, is_name[:-1]) & ~is_same,
        "quotation closed": _closed(tokens),
        "quotation": open_quotations(tokens.text)[tokens.starts[:-1]] >= 0,
    }
    is_predicted = np.arange(len(numbers)) > 0
    return {name: of & is_predicted for name, of in every.items()}


def _again(things: Sequence[object]) -> np.ndarray:
    """Whether each thing is equal to an earlier one."""
    known: set[object] = set()
    is_known = []
    for thing in things:
        is_known.append(thing in known)
        known.add(thing)
    return np.array(is_known, dtype=bool)


def _names_again(tokens: TokenWords) -> np.ndarray:
    """The tokens of names that stand further up."""
    earlier = np.tri(len(tokens.numbers), k=-1, dtype=bool)
    return np.asarray((mentions(tokens) & earlier).any(-1))


def _closed(tokens: TokenWords) -> np.ndarray:
    """The tokens with the last character of a quotation, which is its closing mark."""
    is_inside = open_quotations(tokens.text) >= 0
    at = np.flatnonzero(is_inside[:-1] & ~is_inside[1:])
    is_closed = np.zeros(len(tokens.numbers), dtype=bool)
    is_closed[np.searchsorted(tokens.starts, at, side="right") - 1] = True
    return is_closed
