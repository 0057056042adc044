"""Sampling: from logits to the next token, through temperature, top-k and top-p."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from gpt.checks import check_whole, is_number, is_whole
from gpt.errors import ConfigError
from gpt.numerals import to_text


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn.

    Fields:
        temperature: divides the logits; 0 takes the likeliest token (greedy).
        top_k: keep the k likeliest tokens; None keeps all.
        top_p: keep the fewest likeliest tokens whose probabilities reach p; None keeps all.
        never: tokens that are not drawn, however likely they are, see `Checkpoint.never`.

    Raises:
        ConfigError: naming the field, what was got and what would work.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    never: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not (is_number(self.temperature) and self.temperature >= 0):
            raise ConfigError(
                f"temperature is {to_text(self.temperature)}; choose 0 (greedy) or a number above"
            )
        if self.top_k is not None and not (is_whole(self.top_k) and self.top_k >= 1):
            raise ConfigError(f"top_k is {to_text(self.top_k)}; choose 1 or more, or none")
        if self.top_p is not None and not (is_number(self.top_p) and 0 < self.top_p <= 1):
            raise ConfigError(
                f"top_p is {to_text(self.top_p)}; choose a number above 0 up to 1, or none"
            )

    def probs(self, logits: np.ndarray) -> np.ndarray:
        """(V,) logits to the probabilities that are drawn from, float64, adding up to 1.

        What is never drawn goes first. Temperature comes next, then top-k, then top-p (Holtzman et
        al., 2020) on what is left; equally likely tokens are kept by lower id.
        """
        logits = logits.astype(np.float64)
        logits[list(self.never)] = -np.inf
        if self.temperature == 0:
            greedy = np.zeros(len(logits))
            greedy[logits.argmax()] = 1
            return greedy
        with np.errstate(over="ignore"):  # below the likeliest, so that a tiny temperature gives 0
            probs = softmax((logits - logits.max()) / self.temperature)
        kept = self._nucleus(self._likeliest(probs))
        return kept / kept.sum()

    def _likeliest(self, probs: np.ndarray) -> np.ndarray:
        """The k likeliest probabilities where they are, 0 elsewhere; all are not sorted."""
        if self.top_k is None or self.top_k >= len(probs):
            return probs
        least = np.partition(probs, -self.top_k)[-self.top_k]  # of those that stay
        above = probs > least
        equal = np.flatnonzero(probs == least)[: self.top_k - np.count_nonzero(above)]
        kept = np.where(above, probs, 0.0)
        kept[equal] = least
        return kept

    def _nucleus(self, probs: np.ndarray) -> np.ndarray:
        """The fewest of the likeliest that reach top_p where they are, 0 elsewhere."""
        if self.top_p is None or self.top_p == 1:  # rounding must not cost the unlikeliest
            return probs
        order = np.argsort(-probs, kind="stable")
        share = probs[order] / probs.sum()
        count = int(np.searchsorted(share.cumsum(), self.top_p - 1e-12) + 1)
        kept = np.zeros(len(probs))
        kept[order[:count]] = probs[order[:count]]
        return kept


def softmax(logits: np.ndarray) -> np.ndarray:
    """PyTorch's over the last axis, of the same shape and type; scipy's takes 0.2 s to import."""
    return torch.softmax(torch.tensor(logits), dim=-1).numpy()


def draw(probs: np.ndarray, seed: int, position: int) -> int:
    """Draw a token by the inverse of the cumulative distribution.

    The draw at a position depends on the seed and the position alone, so that generating 50
    tokens equals generating 20 and then 30 more.

    Raises:
        ConfigError: a seed that is no whole number, or below 0.
    """
    likeliest = int(probs.argmax())
    if probs[likeliest] == 1:
        return likeliest
    uniform = np.random.default_rng([check_whole("seed", seed, 0), position]).random()
    cumulative = probs.cumsum()
    index = int(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"))
    return min(index, int(np.flatnonzero(probs)[-1]))
