"""Models that write no text: they can be looked at, but predict no next token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENCODERS = ("bert", "distilbert", "roberta")
"""The families of imported models that see the whole text."""


def fills_in(info: Mapping[str, Any]) -> bool:
    """Return whether a model says which token stands at a hidden one, according to its config."""
    origin, model, training = (info.get(name) for name in ("imported", "model", "training"))
    if not isinstance(model, dict) or model.get("n_class") or model.get("mask") != "none":
        return False
    if isinstance(training, dict) and training.get("task") == "masked":
        return True
    if not isinstance(origin, dict) or origin.get("predicts") is False:
        return False
    return origin.get("kind") in ENCODERS


def why_silent(info: Mapping[str, Any]) -> str | None:
    """Return why a model continues no text, according to its config.json; None if it does."""
    origin, model = info.get("imported"), info.get("model")
    if isinstance(model, dict) and model.get("n_class"):
        return (
            "this model reads a whole text and says which of its labels it has; it predicts no "
            "token. So it writes nothing"
        )
    training = info.get("training")
    if isinstance(training, dict) and training.get("task") == "masked":
        return (
            "this model learned to fill in hidden tokens from those on both sides, not to say "
            "which comes next. So it writes nothing; it is here to look at"
        )
    if not isinstance(origin, dict):
        return None
    if origin.get("predicts") is False:
        return (
            "this model was saved without its head for tokens, so that it predicts every token "
            "alike. So it writes nothing; it is here to look at"
        )
    if origin.get("kind") not in ENCODERS:
        return None
    return (
        "this is an encoder of BERT's shape: each of its tokens sees the whole text, and it "
        "learned to fill in masked tokens, not to say which comes next. So it writes nothing; it "
        "is here to look at"
    )
