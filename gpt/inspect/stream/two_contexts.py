"""One token in two contexts: how far its states part, layer by layer.

At first both are the same row of the token embedding, with its position. Each attention adds what
the tokens before say, and the states part: the same word, another meaning. Cosines are read between
the states as they are; the mean state of a prompt is in both. Source: 3Blue1Brown (2024), chapter
6; Ethayarajh (2019), how contextual are contextualized word representations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gpt.errors import PromptError
from gpt.inspect.trace import Trace


@dataclass(frozen=True, eq=False)
class TwoContexts:
    """The states of one token in two prompts.

    Fields:
        positions: where the token stands in each.
        states: (2, 2L+1, C) the residual stream there.
        cosines: (2L+1,) of each pair of states, −1 to 1.
        tokens_only: the cosine of the two token embeddings, without positions: 1 by definition.
        distances: (2L+1,) the Euclidean distance of each pair, by the mean length of the two.
    """

    positions: tuple[int, int]
    states: np.ndarray
    cosines: np.ndarray
    tokens_only: float
    distances: np.ndarray


def two_contexts(first: Trace, second: Trace, position: int) -> TwoContexts:
    """Follow the token at a position of one prompt, and its last occurrence in the other.

    Raises:
        PromptError: the token does not occur in the other prompt.
    """
    at = np.flatnonzero(second.ids == first.ids[position])
    if not len(at):
        raise PromptError(
            f"the token at position {position} does not occur in the second context; type a text "
            "that has it too"
        )
    positions = position, int(at[-1])
    traces = (first, second)
    pairs = zip(traces, positions, strict=True)
    states = np.stack([t.residual[:, p].astype(np.float64) for t, p in pairs])
    tokens = [
        t.token_embedding[p].astype(np.float64) for t, p in zip(traces, positions, strict=True)
    ]
    lengths = np.linalg.norm(states, axis=-1).mean(0)
    distances = np.linalg.norm(states[0] - states[1], axis=-1) / np.where(lengths, lengths, 1)
    return TwoContexts(positions, states, _cosines(*states), float(_cosines(*tokens)), distances)


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of the last axis; nan where a vector is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))
        )
