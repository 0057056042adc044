"""Gradients: how much of the loss's gradient reaches each layer, with skip connections or without.

Nothing of the model is changed: no `.grad` is written, and a pass without skip connections runs
the same parameters through a block that replaces the stream instead of adding to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from gpt.errors import PromptError, SwitchError
from gpt.nn.model import GPT
from gpt.nn.recorder import Recorder
from gpt.nn.switches import DEFAULT, Switches
from gpt.training.evaluate import cross_entropy

KEPT = 1 << 25
"""Weights of all heads, at most: 128 MiB, and several stages like it are kept."""


@dataclass(frozen=True, eq=False)
class Gradients:
    """Euclidean norms of the derivatives of one loss.

    Fields:
        loss: mean cross-entropy of the prompt's next tokens, in nats.
        stream: (2L+1, T) by state and position: of dLoss/dx, x being the residual stream's vector.
        parameters: by name, of dLoss/dW for the whole matrix or vector; 0 where the loss does not
            depend on it.
    """

    loss: float
    stream: np.ndarray
    parameters: dict[str, float]

    @property
    def by_state(self) -> np.ndarray:
        """(2L+1,): the norm over all positions and channels of a state."""
        return np.linalg.norm(self.stream, axis=-1)


def longest(n_layer: int, n_head: int) -> int:
    """The longest prompt whose stages of attention a pass backwards may keep.

    >>> longest(12, 12), longest(4, 4)
    (482, 1448)
    """
    return math.isqrt(KEPT // (n_layer * n_head))


def gradients(
    model: GPT, ids: Sequence[int], switches: Switches = DEFAULT, skip: bool | None = None
) -> Gradients:
    """Run a prompt forwards and its loss backwards, without dropout.

    Args:
        model: put into evaluation mode if it is not; its parameters are only read.
        ids: the prompt, at least two tokens: each but the first is a target.
        switches: changes to the forward pass.
        skip: run with skip connections or without; None: as the model has them.

    Raises:
        PromptError: fewer than two tokens, too many, or an id outside the vocabulary.
        SwitchError: edited weights (no gradient passes through them), or switches that do not fit.
    """
    if len(ids) < 2:
        raise PromptError(
            "a loss needs a next token, and this prompt has only one token; type at least two"
        )
    if switches.weights_edit:
        raise SwitchError("edited weights have no gradient; take the edit back")
    model.eval()
    parameters = dict(model.named_parameters())
    rebuilt = model if skip is None else _with_skip(model, skip)
    loss, states = _forward(rebuilt, ids, switches)
    wanted = [*states, *parameters.values()]
    found = torch.autograd.grad(loss, wanted, allow_unused=True)
    zero_for_none = [
        torch.zeros_like(x) if g is None else g for x, g in zip(wanted, found, strict=True)
    ]
    stream = torch.stack([g[0].norm(dim=-1) for g in zero_for_none[: len(states)]])
    norms = [float(g.norm()) for g in zero_for_none[len(states) :]]
    return Gradients(
        loss.item(), stream.float().cpu().numpy(), dict(zip(parameters, norms, strict=True))
    )


def _forward(
    model: GPT, ids: Sequence[int], switches: Switches
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The loss, and the states of the stream that it came from."""
    states = _States()
    x = torch.tensor([list(ids)], device=next(model.parameters()).device)
    with torch.enable_grad():
        logits = model(x, switches, states)
        loss = cross_entropy(logits[:, :-1], x[:, 1:])
    return loss, states.found


def _with_skip(model: GPT, skip: bool) -> GPT:
    """The same parameters in blocks that add to the stream, or replace it; nothing is copied."""
    other = copy(model)
    other.config = replace(model.config, skip=skip)
    other.__dict__["_modules"] = dict(model._modules)  # else the two would share their blocks
    blocks = [copy(block) for block in model.blocks]
    for block in blocks:
        block.skip = skip
    other.h = nn.ModuleList(blocks)
    return other


class _States(Recorder):
    """A recorder that keeps the states of the stream, still tied to what they came from."""

    def __init__(self) -> None:
        self.found: list[torch.Tensor] = []

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        if name == "residual":
            self.found.append(tensor)
