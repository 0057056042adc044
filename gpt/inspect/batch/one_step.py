"""One training step, opened: logits, the loss of each place, each matrix's gradient, the update.

The loss reads (B, T, V) logits as B · T predictions of V numbers: for it a batch is a long list of
examples. Its gradient says for every number of the model how the loss would grow with it; the
optimizer then takes a small step the other way. Source: lecture, 26:09 and 34:53.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from gpt.errors import PromptError
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT

LARGEST = 40_000_000
"""Parameters of the largest model that a page takes a step with: it is copied for it."""


@dataclass(frozen=True, eq=False)
class OneStep:
    """What a training step computes.

    Fields:
        shape: of the logits: (B, T, V).
        losses: (B, T), the cross-entropy of each prediction, in nats.
        loss: their mean.
        after: the mean on the same batch after the update.
        weights, gradients, updates: by parameter, the length (Frobenius norm) of its numbers, of
            their gradient, and of what the update added to them.
    """

    shape: tuple[int, int, int]
    losses: np.ndarray
    loss: float
    after: float
    weights: Mapping[str, float]
    gradients: Mapping[str, float]
    updates: Mapping[str, float]

    @property
    def gradient(self) -> float:
        """The length of the gradient of all parameters together."""
        return float(np.sqrt(sum(norm**2 for norm in self.gradients.values())))


def take_step(model: GPT, x: np.ndarray, y: np.ndarray, learning_rate: float) -> OneStep:
    """Take one step of AdamW, the lecture's optimizer, with a copy of a model.

    Dropout is left out, so that the losses before and after can be compared.

    Args:
        x, y: (B, T) ids and the ids that follow them.

    Raises:
        PromptError: a model of more than `LARGEST` parameters.
    """
    if model.n_parameters > LARGEST:
        raise PromptError(
            f"a step copies the model, and this one has {model.n_parameters:,} parameters; choose "
            f"a model of at most {LARGEST:,}"
        )
    learner = deepcopy(model).cpu().float().eval().requires_grad_(True)
    before = {name: p.detach().clone() for name, p in learner.named_parameters()}
    inputs, targets = torch.tensor(x), torch.tensor(y)
    optimizer = torch.optim.AdamW(learner.parameters(), lr=learning_rate)
    with torch.enable_grad():
        logits = learner(inputs)  # (B, T, V)
        loss = cross_entropy(logits, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
    gradients = {n: _length(p.grad) for n, p in learner.named_parameters()}
    optimizer.step()
    updates = {n: _length(p.detach() - before[n]) for n, p in learner.named_parameters()}
    with torch.no_grad():
        after = cross_entropy(learner(inputs), targets).item()
    B, T, V = logits.shape
    weights = {name: _length(numbers) for name, numbers in before.items()}
    losses = _each_loss(logits.detach(), targets)
    return OneStep((B, T, V), losses, loss.item(), after, weights, gradients, updates)


def _each_loss(logits: torch.Tensor, targets: torch.Tensor) -> np.ndarray:
    """(B, T), the loss of each prediction in nats."""
    flat = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return flat.view(targets.shape).numpy()  # (B * T,) -> (B, T)


def _length(numbers: torch.Tensor | None) -> float:
    """The Frobenius norm; 0 where no gradient came."""
    return 0.0 if numbers is None else float(numbers.detach().double().norm())
