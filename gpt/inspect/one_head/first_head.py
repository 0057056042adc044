"""An untrained head: a new model of one head, whose affinities are random."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gpt.inspect.trace import Trace, trace
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT


def first_head(vocab_size: int, ids: Sequence[int], seed: int, n_embd: int = 32) -> Trace:
    """Trace a prompt through one new head with random weights. Lecture, 1:02:00.

    Args:
        ids: (T,) the prompt.
        n_embd: C, and the size of the one head.
    """
    config = GPTConfig(
        block_size=len(ids),
        vocab_size=vocab_size,
        n_layer=1,
        n_head=1,
        n_embd=n_embd,
        feed_forward=False,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = GPT(config)
    return trace(model, ids)
