"""What skip connections do for a trained model: its loss goes forwards and backwards twice."""

from __future__ import annotations

from gpt.inspect.measures.reading import Measured, Reading
from gpt.inspect.stream.gradients import gradients


def without_skips(reading: Reading) -> Measured:
    """How much the loss on the text grows if the blocks replace the stream, in nats.

    The numbers also hold the gradient's norm at the embedding over that at the last state.

    Raises:
        PromptError: the text has one token.
    """
    model, source = reading.checkpoint.model, reading.source or None
    as_is = gradients(model, reading.ids, source=source)
    without = gradients(model, reading.ids, skip=False, source=source)
    numbers = {"before": as_is.loss, "after": without.loss, "change": without.loss - as_is.loss}
    for name, one_pass in (("kept", as_is), ("kept_without", without)):
        first, last = one_pass.by_state[0], one_pass.by_state[-1]
        numbers[name] = float(first / last) if last else float("nan")
    return Measured(without.loss - as_is.loss, numbers)
