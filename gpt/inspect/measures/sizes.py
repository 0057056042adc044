"""Sizes: tokens, channels and parameters of a model, and what it loses if it knows nothing."""

from __future__ import annotations

import math

from gpt.errors import PromptError
from gpt.inspect.architecture.parameter_counts import breakdown
from gpt.inspect.measures.reading import Measured, Reading


def token_count(reading: Reading, text: str) -> Measured:
    """Into how many tokens the model's tokenizer cuts a text, without its frame.

    Raises:
        PromptError: its vocabulary lacks a character of the text.
    """
    tokenizer = reading.checkpoint.tokenizer
    if tokenizer.unknown(text):
        raise PromptError(f"this model's vocabulary lacks a character of {text!r}")
    ids = tokenizer.encode_part(text)
    listed = " ".join(str(id) for id in ids)
    return Measured(len(ids), {"count": len(ids), "ids": listed, "V": tokenizer.vocab_size})


def uniform_loss(reading: Reading) -> Measured:
    """The loss of a model that holds every token for equally likely, ln V, in nats."""
    V = reading.checkpoint.config.vocab_size
    return Measured(math.log(V), {"loss": math.log(V), "V": V})


def head_size(reading: Reading) -> Measured:
    """The channels of one head, D = C / H."""
    config = reading.checkpoint.config
    numbers = {"C": config.n_embd, "H": config.n_head, "D": config.head_size}
    return Measured(config.head_size, numbers)


def mlp_share(reading: Reading) -> Measured:
    """The share of a model's parameters that its MLPs have, 0 to 1."""
    parts = breakdown(reading.checkpoint.config)
    inner = [each for part in parts for each in part.parts or (part,)]
    total = sum(part.count for part in inner)
    of = {kind: sum(p.count for p in inner if p.name.endswith(kind)) for kind in ("mlp", "attn")}
    share = of["mlp"] / total
    numbers = {"share": share, "mlp": of["mlp"], "attention": of["attn"], "total": total}
    return Measured(share, numbers)
