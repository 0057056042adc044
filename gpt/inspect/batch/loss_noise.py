"""How much a loss scatters: from batch to batch, and from one draw of dropout to another.

The loss of one batch is a draw. The mean of n batches scatters √n times less, which is why the
lecture's estimate_loss takes 200. Dropout draws too: in training mode each pass silences other
channels, a small ensemble of models; in evaluation mode none is silent. Source: lecture, 39:47
and 1:38:29; dropout: Srivastava et al. (2014).
"""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import torch

from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT


@torch.no_grad()
def batch_losses(model: GPT, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(N,) the loss in nats of each of N batches, in evaluation mode.

    Args:
        x, y: (N, B, T) ids and the ids that follow them.
    """
    model.eval()
    device = next(model.parameters()).device
    pairs = zip(torch.tensor(x, device=device), torch.tensor(y, device=device), strict=True)
    return np.array([cross_entropy(model(inputs), targets).item() for inputs, targets in pairs])


def means_of(losses: np.ndarray, n: int) -> np.ndarray:
    """The means of n losses each, one after the other; what does not fill the last is left out.

    >>> means_of(np.array([1.0, 3.0, 5.0, 7.0, 9.0]), 2).tolist()
    [2.0, 6.0]
    """
    whole = len(losses) // n * n
    return np.asarray(losses[:whole].reshape(-1, n).mean(1))


@torch.no_grad()
def dropout_losses(
    model: GPT, x: np.ndarray, y: np.ndarray, passes: int, seed: int
) -> tuple[np.ndarray, float]:
    """The loss of one batch in training mode, pass after pass, and in evaluation mode.

    Batch norms, which learn running means in training mode, stay as in use.

    Args:
        x, y: (B, T) ids and the ids that follow them.
        seed: of what dropout silences.

    Returns:
        (passes,) losses in nats, and that in evaluation mode.
    """
    own = deepcopy(model).cpu().eval()  # others may read with the model now
    inputs, targets = torch.tensor(x), torch.tensor(y)
    still = cross_entropy(own(inputs), targets).item()
    for module in own.modules():
        if isinstance(module, torch.nn.Dropout):
            module.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        losses = [cross_entropy(own(inputs), targets).item() for _ in range(passes)]
    return np.array(losses), still
