"""What a classifier's stream is read into, and by which names: labels in place of next tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pages.shared import loads
from pages.shared.loads import Look

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
        return [look.checkpoint.labels[id] for id in ids]
    return look.checkpoint.tokenizer.pieces(ids)


def true_one(look: Look, at: int) -> int | None:
    """What is true at a position: the prompt's next token, or the model's own label."""
    if is_label(look):
        return int(loads.traced(look).class_logits.argmax())
    return int(look.ids[at + 1]) if at + 1 < len(look.ids) else None


def logits(look: Look, at: int) -> np.ndarray:
    """(K,) of the labels, or (V,) of the tokens that may follow a position."""
    trace = loads.traced(look)
    return trace.class_logits if is_label(look) else trace.logits_at(at)


def true_words(look: Look) -> str:
    """What the true one is, in words."""
    return "the model's label" if is_label(look) else "the true next token"
