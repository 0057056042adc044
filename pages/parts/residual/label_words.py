"""What the stream of a model is read into: next tokens, hidden ones, or a classifier's labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gpt.silence import fills_in
from pages.shared import loads
from pages.shared.loads import Look

NEXT = "the true next token"
READ_FROM = {
    "mean": "the mean of all positions",
    "first": "the first position alone",
    "last": "the last position alone",
}


def is_label(look: Look) -> bool:
    """Whether the model weighs labels for the whole text rather than next tokens."""
    return look.checkpoint.config.is_classifier


def names(look: Look, ids: Sequence[int]) -> list[str]:
    """The labels or the tokens with these numbers."""
    if is_label(look):
        every = loads.names_of_logits(look.run)
        return [every[id] for id in ids]
    return look.checkpoint.tokenizer.pieces(ids)


def true_one(look: Look, at: int) -> int | None:
    """What is true at a position: the next token, the token itself, or the model's own label."""
    if is_label(look):
        return int(loads.traced(look).class_logits.argmax())
    if fills_in(look.checkpoint.info):
        return int(look.ids[at])
    return int(look.ids[at + 1]) if at + 1 < len(look.ids) else None


def logits(look: Look, at: int) -> np.ndarray:
    """(K,) of the labels, or (V,) of the tokens that may follow a position."""
    trace = loads.traced(look)
    return trace.class_logits if is_label(look) else trace.logits_at(at)


def true_words(look: Look) -> str:
    """What the true one is, in words."""
    if is_label(look):
        return "the model's label"
    return "the token itself" if fills_in(look.checkpoint.info) else NEXT
