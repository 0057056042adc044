"""Gradients: how much of the loss's gradient reaches each layer, with skip connections or without.

Nothing of the model is changed: no `.grad` is written, and a pass without skip connections runs
the same parameters through a block that replaces the stream instead of adding to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any, cast

import numpy as np
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from gpt.errors import PromptError, SwitchError
from gpt.nn.attention import fused
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.nn.recorder import Recorder
from gpt.nn.switches import DEFAULT, Resolved, Switches

READ = 128
"""Positions whose logits are computed at once: those of a large vocabulary are megabytes each."""


@dataclass(frozen=True, eq=False)
class Gradients:
    """Euclidean norms of the derivatives of one loss.

    Fields:
        loss: mean cross-entropy of the prompt's next tokens, in nats.
        stream: (2L+1, T), or (3L+1, T) with cross-attention, by state and position: of dLoss/dx, x
            being the residual stream's vector.
        parameters: by name, of dLoss/dW for the whole matrix or vector; 0 where the loss does not
            depend on it.
    """

    loss: float
    stream: np.ndarray
    parameters: dict[str, float]

    @property
    def by_state(self) -> np.ndarray:
        """(2L+1,) or (3L+1,): the norm over all positions and channels of a state."""
        return np.linalg.norm(self.stream, axis=-1)


def gradients(
    model: GPT,
    ids: Sequence[int],
    switches: Switches = DEFAULT,
    skip: bool | None = None,
    source: Sequence[int] | None = None,
) -> Gradients:
    """Run a prompt forwards and its loss backwards, without dropout.

    Args:
        model: put into evaluation mode if it is not; its parameters are only read.
        ids: the prompt, at least two tokens: each but the first is a target.
        switches: changes to the forward pass.
        skip: run with skip connections or without; None: as the model has them. An encoder before
            the decoder keeps its own.
        source: the ids that the encoder of a model of two texts reads.

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
    rebuilt = _same_parameters(model)
    if skip is not None:
        _set_skip(rebuilt, skip)
    _forgetful(rebuilt)
    parameters = dict(rebuilt.named_parameters())
    norms = dict.fromkeys(parameters, 0.0)
    for name, parameter in parameters.items():
        parameter.register_hook(partial(_keep_norm, norms, name))
    loss, states = _forward(rebuilt, ids, switches, source)
    wanted = [*states, *parameters.values()]  # a parameter's hook runs where it is asked for
    derivatives = torch.autograd.grad(loss, wanted, allow_unused=True)
    stream = torch.stack(
        [
            (torch.zeros_like(x) if g is None else g)[0].norm(dim=-1)
            for x, g in zip(states, derivatives, strict=False)
        ]
    )
    return Gradients(loss.item(), stream.float().cpu().numpy(), norms)


def _keep_norm(norms: dict[str, float], name: str, gradient: torch.Tensor) -> torch.Tensor:
    """Keep a gradient's norm and free the gradient: all of them are as large as the model."""
    norms[name] = float(gradient.norm())
    return gradient.new_zeros(()).expand_as(gradient)


def _forward(
    model: GPT, ids: Sequence[int], switches: Switches, source: Sequence[int] | None
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The loss, and the states of the stream that it came from."""
    states = _States()
    device = next(model.parameters()).device
    x = torch.tensor([list(ids)], device=device)
    texts: dict[str, Any] = (
        {} if source is None else {"source": torch.tensor([list(source)], device=device)}
    )
    with torch.enable_grad():
        read = model.read(x, switches, states, **texts)
        sums = [
            _run_twice(_summed_loss, model.lm_head, read[:, at : at + READ], targets)
            for at, targets in zip(count(0, READ), x[:, 1:].split(READ, dim=1), strict=False)
        ]
        loss = torch.stack(sums).sum() / (len(ids) - 1)
    return loss, states.close()


def _summed_loss(lm_head: nn.Module, read: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """In nats, over the positions that have a target: (B, n or n + 1, C), (B, n)."""
    n = targets.shape[1]
    return cross_entropy(lm_head(read[:, :n]), targets) * n


def _run_twice(run: Callable[..., torch.Tensor], *given: Any) -> torch.Tensor:
    """Forget the step's intermediate numbers, and compute them again in the backward pass.

    Keeping all of them would take gigabytes for a large model and a long prompt.
    """
    return cast(
        torch.Tensor, checkpoint(run, *given, use_reentrant=False, preserve_rng_state=False)
    )


def _same_parameters(model: GPT) -> GPT:
    """A second model on the same memory, so that no other thread sees hooks on its parameters.

    A parameter that two parts share is shared here too.
    """
    same: dict[int, torch.Tensor] = {
        id(p): nn.Parameter(p.detach(), requires_grad=True) for p in model.parameters()
    }
    same |= {id(b): b for b in model.buffers()}
    return deepcopy(model, same)


def _forgetful(model: GPT) -> None:
    """Have every block run twice, see `_run_twice`."""
    for block in model.blocks:
        block.forward = partial(_run_twice, block.forward)  # type: ignore[method-assign]


def _set_skip(model: GPT, skip: bool) -> None:
    """Have the blocks add to the stream, or replace it."""
    model.config = replace(model.config, skip=skip)
    for block in model.blocks:
        block.skip = skip


class _States(Recorder):
    """A recorder that keeps the states of the stream with their autograd graph."""

    def __init__(self) -> None:
        self.states: list[torch.Tensor] = []
        self.closed = False

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        if name == "residual" and not self.closed:
            self.states.append(tensor)

    def attend(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        layer: int,
        rule: Resolved,
    ) -> torch.Tensor | None:
        """The fused kernel where nothing is changed: nobody looks at the weights here."""
        if not rule.fused:
            return None
        return fused(queries, keys, values, rule)

    def site(self, name: str) -> Recorder:
        """The states are the decoder's; those of its encoder are not kept."""
        if name == "decoder":
            return self
        other = _States()
        other.closed = True
        return other

    def close(self) -> list[torch.Tensor]:
        """The states so far; what a block records when it runs again is not kept."""
        self.closed = True
        return self.states
