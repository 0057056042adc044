"""generate: one token at a time, each with its logits and probabilities.

Keys and values are cached while that is exact: no query sees a later key, and the context has
not reached `block_size`. Past it the window slides, every token moves to another position, and
the whole window is read again, as the lecture does.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.inspect.sampling import Sampling, draw, softmax
from gpt.nn.cache import KVCache
from gpt.nn.model import GPT
from gpt.nn.switches import DEFAULT, Switches, resolve


@dataclass(frozen=True)
class Step:
    """One generated token.

    Fields:
        id: the token.
        position: how many tokens came before it.
        logits: (V,) what the model said.
        probs_before: (V,) softmax of the logits, before temperature and filters.
        probs: (V,) what the token was drawn from, after them.
        context: how many of the latest tokens the model could see.
        cached: how many of those had their keys and values in the cache already.
    """

    id: int
    position: int
    logits: np.ndarray
    probs_before: np.ndarray
    probs: np.ndarray
    context: int
    cached: int


def generate(
    model: GPT,
    ids: Sequence[int],
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | None = None,
    switches: Switches = DEFAULT,
    cache: bool = True,
) -> Iterator[Step]:
    """Continue a text, one token at a time. Lecture, 22:11.

    Args:
        model: put into evaluation mode if it is not.
        ids: the prompt, at least one token; its last `block_size` are read.
        max_new_tokens: how many steps to yield.
        temperature, top_k, top_p: see `Sampling`.
        seed: the same seed gives the same text; None draws one.
        switches: changes to every forward pass; arrays must be as large as the largest context,
            and their top left corner is used.
        cache: keep keys and values where that is exact. The result is the same without.

    Raises:
        PromptError: no token, or an id outside the vocabulary.
        ConfigError: a sampling setting that cannot be.
        SwitchError: switches that do not fit this model or context.
    """
    sampling = Sampling(temperature, top_k, top_p)
    if len(ids) == 0:
        raise PromptError("the prompt is empty; give at least one token to start from")
    longest = min(len(ids) + max(max_new_tokens, 1) - 1, model.config.block_size)
    switches.crop(longest)
    seed = secrets.randbits(31) if seed is None else seed
    return _steps(model.eval(), list(ids), max_new_tokens, sampling, seed, switches, cache)


def _steps(
    model: GPT,
    ids: list[int],
    max_new_tokens: int,
    sampling: Sampling,
    seed: int,
    switches: Switches,
    cache: bool,
) -> Iterator[Step]:
    reader = _Reader(model, switches, cache)
    for _ in range(max_new_tokens):
        logits, context, cached = reader.read(ids)
        probs = sampling.probs(logits)
        chosen = draw(probs, seed, len(ids))
        before = softmax(logits.astype(np.float64))
        yield Step(chosen, len(ids), logits, before, probs, context, cached)
        ids.append(chosen)


class _Reader:
    """Reads a growing text; knows how much of it the cache holds."""

    def __init__(self, model: GPT, switches: Switches, cache: bool) -> None:
        self.model, self.switches = model, switches
        self.device = next(model.parameters()).device
        fixed = isinstance(switches.mask, str) and not switches.weights_edit
        exact = fixed and resolve(switches, model.config, 2).causal
        self.cache = KVCache(model.config, like=model.wte.weight) if cache and exact else None

    @torch.no_grad()
    def read(self, ids: list[int]) -> tuple[np.ndarray, int, int]:
        """Logits (V,) after the last token, the context's length, and how much was cached."""
        context = ids[-self.model.config.block_size :]
        if len(context) < len(ids):
            self.cache = None
        cached = self.cache.length if self.cache is not None else 0
        new = torch.tensor([context[cached:]], device=self.device)
        switches = self.switches.crop(len(context))
        logits = self.model(new, switches, None, self.cache)
        return logits[0, -1].float().cpu().numpy(), len(context), cached
