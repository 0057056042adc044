"""A source that is in the target's language already: the model finds it a likely target."""

from __future__ import annotations

from collections.abc import Sequence

from gpt.checkpoint import Checkpoint
from gpt.inspect.translating import encoder_decoder, target_loss

NEARLY = 1.5
"""Nats a token that the source may be less likely, as a target, than the model's own translation.

Of `translation`, English sentences of words that it knows are up to 1.1 less likely, French ones
1.7 to 6; what is the same in both languages, such as a name, is as likely.
"""
SAYS = (
    "The model finds the source itself nearly as likely a target as its own translation. If it is "
    "in the target's language already, type it in the one that this model translates from."
)


def reads_as_target(
    checkpoint: Checkpoint, text: str, source: Sequence[int], translation: Sequence[int]
) -> bool:
    """Whether a source is nearly as likely a target for itself as what the model writes.

    Args:
        text, source: the source, and its ids.
        translation: the ids of the model's own translation, without what begins and ends it.
    """
    tokenizer, end = checkpoint.tokenizer, checkpoint.end
    if tokenizer.unknown(text) or tokenizer.replaced(text):
        return False
    assert end is not None  # a model of two texts has one
    start, again = checkpoint.target_start, [*tokenizer.encode_part(text), end]
    most = checkpoint.config.block_size + 1 - len(start)
    if len(again) > most:
        return False
    model, own = encoder_decoder(checkpoint.model), [*translation, end][:most]
    losses = [target_loss(model, source, start, target) for target in (again, own)]
    return losses[0] < losses[1] + NEARLY
