"""The numbers of one tensor of a model: their mean, spread and distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpt.errors import CheckpointError
from gpt.nn.model import GPT
from gpt.weights_file import stored_weights

BINS = 81


@dataclass(frozen=True)
class Summary:
    """A summary of the numbers of a tensor.

    Fields:
        count: how many there are.
        mean, deviation, least, most: of those that are finite; the deviation is divided by N.
        zeros: how many are exactly 0.
        broken: how many are nan or infinite.
        edges: (n + 1,) of bins of equal width, symmetric about 0.
        counts: (n,) numbers in each.
    """

    count: int
    mean: float
    deviation: float
    least: float
    most: float
    zeros: int
    broken: int
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


def numbers(model: GPT, name: str) -> NDArray[np.float32]:
    """A tensor by its name in a run's files; a tied output embedding is the token embedding.

    Raises:
        CheckpointError: the model has none of this name.
    """
    tied = name == "lm_head.weight" and model.config.tie_weights
    tensor = stored_weights(model).get("wte.weight" if tied else name)
    if tensor is None:
        raise CheckpointError(f"this model has no tensor {name!r}")
    return tensor.float().cpu().numpy()


def summarize(values: NDArray[np.floating[Any]]) -> Summary:
    """Mean, deviation, ends and histogram of any array with at least one number."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        nothing = float("nan")
        empty = np.zeros(1, dtype=np.int64)
        edges = np.array([-1.0, 1.0])
        ends = (nothing, nothing, nothing, nothing)
        return Summary(values.size, *ends, 0, values.size, edges, empty)
    limit = float(np.abs(finite).max()) or 1.0
    counts, edges = np.histogram(finite, bins=BINS, range=(-limit, limit))
    return Summary(
        count=values.size,
        mean=float(finite.mean(dtype=np.float64)),
        deviation=float(finite.std(dtype=np.float64)),
        least=float(finite.min()),
        most=float(finite.max()),
        zeros=int((finite == 0).sum()),
        broken=values.size - finite.size,
        edges=edges.astype(np.float64),
        counts=counts,
    )
