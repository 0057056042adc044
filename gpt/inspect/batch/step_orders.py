"""The three calls of a training step in three orders, of which one never learns.

`backward` adds the gradient to what is there already, `zero_grad` throws it away, `step` uses it.
Thrown away between `backward` and `step`, there is nothing to use, and no number ever changes.
Never thrown away, every step follows the sum of all gradients so far. Source: lecture, 34:53.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from gpt.nn.config import GPTConfig
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT

ORDERS = {
    "zero_grad, backward, step": ("zero_grad", "backward", "step"),
    "backward, zero_grad, step": ("backward", "zero_grad", "step"),
    "backward, step": ("backward", "step"),
}
"""By name, the calls of one step; the last never empties the gradients."""


def losses_by_order(
    x: np.ndarray, y: np.ndarray, vocab_size: int, steps: int, learning_rate: float, seed: int
) -> dict[str, np.ndarray]:
    """Train the lecture's bigram in each order on one batch, from the same table.

    Args:
        x, y: (B, T) ids and the ids that follow them.
        seed: of the table.

    Returns:
        By order, (steps + 1,) the loss before each step and after the last, in nats.
    """
    batch = torch.tensor(x), torch.tensor(y)
    return {
        name: _losses(calls, _bigram(vocab_size, seed), batch, steps, learning_rate)
        for name, calls in ORDERS.items()
    }


def _bigram(vocab_size: int, seed: int) -> GPT:
    """The lecture's table of V × V logits, drawn from N(0, 1)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return GPT(
            GPTConfig(
                block_size=1024,
                vocab_size=vocab_size,
                n_layer=0,
                n_head=1,
                n_embd=vocab_size,
                position="none",
                norm="none",
                init="torch",
            )
        )


def _losses(
    calls: Sequence[str],
    model: GPT,
    batch: tuple[torch.Tensor, torch.Tensor],
    steps: int,
    learning_rate: float,
) -> np.ndarray:
    """(steps + 1,) losses of one order."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    losses = []
    for _ in range(steps):
        with torch.enable_grad():
            loss = cross_entropy(model(batch[0]), batch[1])
        losses.append(loss.item())
        does = {
            "zero_grad": lambda: optimizer.zero_grad(set_to_none=True),
            "backward": loss.backward,
            "step": optimizer.step,
        }
        for call in calls:
            does[call]()
    with torch.no_grad():
        losses.append(cross_entropy(model(batch[0]), batch[1]).item())
    return np.array(losses)
