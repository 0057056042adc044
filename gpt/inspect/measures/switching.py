"""What a switch does to a text's loss and to the heads' sharpness: the model reads it twice."""

from __future__ import annotations

from gpt.errors import PromptError
from gpt.inspect.measures.reading import Measured, Reading
from gpt.inspect.outcome import outcome
from gpt.inspect.trace import Trace
from gpt.nn.switches import DEFAULT, Switches


def loss_change(
    reading: Reading,
    mask: str = "model",
    scale: str = "model",
    positions_off: bool = False,
    norm_off: bool = False,
    head_off: bool = False,
) -> Measured:
    """How much the loss on the text grows under switches, in nats.

    Args:
        head_off: switch off the head that is looked at.

    Raises:
        PromptError: the text has one token, or the model gives a label and no next tokens.
    """
    off = frozenset({reading.one_head()}) if head_off else frozenset()
    switches = Switches(
        mask=mask, scale=scale, positions_off=positions_off, norm_off=norm_off, heads_off=off
    )
    before, after = _loss(reading.trace()), _loss(reading.trace(switches))
    layer, head = reading.head or (-1, -1)
    numbers = {"before": before, "after": after, "change": after - before}
    return Measured(after - before, numbers | {"layer": layer, "head": head})


def entropy_change(
    reading: Reading, mask: str = "model", scale: str = "model", temperature: float = 1.0
) -> Measured:
    """How much the entropy of the weights grows under switches, in nats, as a mean over heads."""
    switches = Switches(mask=mask, scale=scale, temperature=temperature)
    before, after = (_entropy(reading.trace(each)) for each in (DEFAULT, switches))
    losses = {"loss_before": float("nan"), "loss_after": float("nan")}
    if not reading.checkpoint.config.is_classifier and len(reading.ids) > 1:
        losses = {
            "loss_before": _loss(reading.trace()),
            "loss_after": _loss(reading.trace(switches)),
        }
    config = reading.checkpoint.config
    sizes = {"C": config.n_embd, "D": config.head_size, "H": config.n_head}
    change = after - before
    return Measured(change, {"before": before, "after": after, "change": change, **sizes, **losses})


def _loss(trace: Trace) -> float:
    if trace.config.is_classifier:
        raise PromptError("this model gives a text a label; it has no loss of next tokens")
    loss = outcome(trace).loss
    if loss is None:
        raise PromptError("the text has one token; a loss needs a next one")
    return loss


def _entropy(trace: Trace) -> float:
    return float(trace.row_entropy.mean())
