"""The held-out example that a model is watched on: short, whole, of words that it knows."""

from __future__ import annotations

from collections.abc import Callable

import torch

from gpt.errors import HeadlightError
from gpt.text.tokenizer import Tokenizer

TRIED = 256
"""Examples that are looked at."""


def readable_row(
    tokens: torch.Tensor,
    characters: torch.Tensor,
    few: int,
    most: int,
    is_known: Callable[[int], bool],
) -> int:
    """Of the examples with few tokens, the one with the longest text: it has common words.

    If all have more, that with the fewest. Among them, the first whose text stands for its tokens,
    if one does.

    Args:
        tokens, characters: (N,) of each example.
        few: tokens that are read at a glance.
        most: tokens that can be shown at all.
        is_known: whether the text of an example, by its row, stands for its tokens.
    """
    order = torch.where(tokens <= min(few, most), characters, -tokens).argsort(
        descending=True, stable=True
    )
    rows: list[int] = order[:TRIED].tolist()
    whole = (row for row in rows if int(tokens[row]) <= most and is_known(row))
    return next(whole, rows[0])


def stands_for(tokenizer: Tokenizer, ids: list[int], framed: bool = True) -> bool:
    """Whether the text of some ids is read as these ids again: it has no word that is unknown.

    Args:
        framed: whether the ids are a whole text's, in the tokenizer's frame.
    """
    text = tokenizer.decode(ids)
    try:
        return ids == (tokenizer.encode(text) if framed else tokenizer.encode_part(text))
    except HeadlightError:
        return False
