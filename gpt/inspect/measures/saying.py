"""What a model says of a text: how sure it is of the next token, and which label it gives."""

from __future__ import annotations

import numpy as np

from gpt.errors import PromptError
from gpt.inspect.measures.reading import Measured, Reading
from gpt.inspect.outcome import likeliest
from gpt.inspect.sampling import Sampling
from gpt.inspect.trace import trace
from gpt.nn.switches import Switches


def sureness(reading: Reading, temperature: float = 1.0, more: str = "") -> Measured:
    """The probability of the likeliest next token.

    Args:
        temperature: divides the logits; 0 takes the likeliest.
        more: text that is added to what the model reads.

    Raises:
        PromptError: the model writes nothing, or its vocabulary lacks a character of `more`.
    """
    checkpoint = reading.checkpoint
    if checkpoint.config.is_classifier:
        raise PromptError("this model gives a text a label, and no next token")
    before = reading.trace().logits_at(-1)
    after = before
    if more:
        if checkpoint.tokenizer.unknown(more):
            raise PromptError(f"this model's vocabulary lacks a character of {more!r}")
        text = checkpoint.tokenizer.decode(list(reading.ids)) + more
        after = trace(checkpoint.model, checkpoint.last_ids(text)).logits_at(-1)
    ((token, top),) = likeliest(before, 1)
    probs = Sampling(temperature).probs(after)
    now = int(probs.argmax())
    pieces = checkpoint.tokenizer.pieces
    numbers: dict[str, float | str] = {
        "before": top,
        "token_before": pieces([token])[0],
        "prob": float(probs[now]),
        "token": pieces([now])[0],
        "others": float(1 - probs[now]),
    }
    return Measured(float(probs[now]), numbers)


def label(reading: Reading, of: int = 0, mask: str = "model", without: str = "") -> Measured:
    """The probability of a label.

    Args:
        of: the label, by its place.
        mask: of the pass.
        without: a text that is taken out of what the model reads.

    Raises:
        PromptError: the model gives no labels, or the text does not have `without`.
    """
    checkpoint = reading.checkpoint
    if not checkpoint.config.is_classifier:
        raise PromptError("this model gives a text no label")
    before = reading.trace().class_probs
    ids = list(reading.ids)
    if without:
        text = checkpoint.tokenizer.decode(ids)
        if without not in text:
            raise PromptError(f"the text does not have {without!r}")
        ids = checkpoint.last_ids(text.replace(without, "", 1))
    after = trace(checkpoint.model, ids, Switches(mask=mask)).class_probs
    names, now = checkpoint.labels, int(np.argmax(after))
    numbers: dict[str, float | str] = {
        "label": names[of],
        "before": float(before[of]),
        "after": float(after[of]),
        "label_before": names[int(np.argmax(before))],
        "label_after": names[now],
    }
    return Measured(float(after[of]), numbers)


def reward_gap(reading: Reading, other: str) -> Measured:
    """How much more a reward model gives to another text than to the one that is read.

    Its reward is the logit of the second of its two labels minus that of the first.

    Args:
        other: a prompt with an answer to it, in the template, as the text that is read.

    Raises:
        PromptError: the model has not two labels, or its vocabulary lacks a character of `other`.
    """
    checkpoint = reading.checkpoint
    if len(checkpoint.labels) != 2 or not checkpoint.config.is_classifier:
        raise PromptError("this model is no reward model: it has not two labels")
    if checkpoint.tokenizer.unknown(other):
        raise PromptError(f"this model's vocabulary lacks a character of {other!r}")
    traces = (reading.trace(), trace(checkpoint.model, checkpoint.last_ids(other)))
    this, that = (float(logits[1] - logits[0]) for logits in (t.class_logits for t in traces))
    return Measured(that - this, {"reward": this, "other": that, "gap": that - this})
