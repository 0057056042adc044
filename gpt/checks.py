"""Checks of what a person or a script gives, before anything is done with it."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Collection, Iterable

import torch

from gpt.errors import ConfigError, PromptError, SwitchError, TokenizerError
from gpt.numerals import between, to_text


def is_whole(value: object) -> bool:
    """Whether a value is a whole number, numpy's and torch's included; True and False are not.

    >>> is_whole(3), is_whole(2.5), is_whole(True)
    (True, False, False)
    """
    try:
        operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return False
    return not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Whether a value is a finite number; True and False are not.

    >>> is_number(0.5), is_number(math.nan), is_number("0.5")
    (True, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False


def check_whole(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return `value` if it is a whole number in this range; `name` names it in messages.

    Raises:
        ConfigError: it is not.
    """
    if is_whole(value) and least <= value and (most is None or value <= most):  # type: ignore[operator]
        return int(value)  # type: ignore[call-overload]
    span = f"of {least:,} or more" if most is None else between(least, most)
    raise ConfigError(f"{name} is {to_text(value)}; choose a whole number {span}")


def known_ids(ids: Iterable[int], vocab_size: int) -> list[int]:
    """Return `ids` as Python's whole numbers, if each is a token of this vocabulary.

    Raises:
        TokenizerError: naming the first that is not.
    """
    known = list(ids)
    for id in known:
        if not (is_whole(id) and 0 <= id < vocab_size):
            raise TokenizerError(f"token id {to_text(id)} is outside 0 to {vocab_size - 1:,}")
    return [int(id) for id in known]


def check_ids(
    ids: torch.Tensor, past: int, block_size: int, vocab_size: int, lowest: int = 0
) -> None:
    """Check that a model can read these ids.

    Args:
        ids: (B, T).
        past: number of tokens that a cache holds already.
        lowest: the lowest id that stands for something: -1 where texts may be padded.

    Raises:
        PromptError: no token, too many tokens, or an id outside the vocabulary.
    """
    if ids.dim() != 2 or ids.shape[1] == 0:
        raise PromptError(f"ids must be (B, T) with at least one token; got {tuple(ids.shape)}")
    if ids.is_floating_point() or ids.dtype == torch.bool:
        raise PromptError(f"ids must be whole numbers, torch.long say; got {ids.dtype}")
    if past + ids.shape[1] > block_size:
        raise PromptError(
            f"{past + ids.shape[1]:,} tokens do not fit into this model's context of "
            f"{block_size:,}; keep the last {block_size:,}"
        )
    if not torch.compiler.is_compiling():
        low, high = int(ids.min()), int(ids.max())
        if low < lowest or high >= vocab_size:
            raise PromptError(
                f"token id {low if low < lowest else high:,} is outside this model's vocabulary of "
                f"{vocab_size:,} (0 to {vocab_size - 1:,})"
            )


def is_collection(value: object) -> bool:
    """Whether a value is a collection other than a text."""
    return isinstance(value, Collection) and not isinstance(value, str)


def check_pairs(name: str, pairs: Collection[tuple[int, int]]) -> None:
    """Check that `pairs` is a collection or a mapping of (layer, head).

    Raises:
        SwitchError: it is not.
    """
    fits = is_collection(pairs) and all(
        isinstance(pair, tuple) and len(pair) == 2 and all(map(is_whole, pair)) for pair in pairs
    )
    if not fits:
        got = sorted(pairs, key=repr) if is_collection(pairs) else pairs
        raise SwitchError(f"{name} names {got!r}; give pairs (layer, head), such as (0, 1)")
