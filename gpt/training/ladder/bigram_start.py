"""The loss before training, and why the lecture's bigram starts at 4.87 and not at ln V = 4.17.

A table of V × V logits drawn from N(0, s²) does not hold all tokens for equally likely. The loss of
one prediction is ln Σ exp(z_j) − z_y; z_y is 0 on average, but the exponentials are not 1: their
mean is exp(s²/2). So the loss starts near ln V + s²/2: with PyTorch's s = 1 half a nat too high,
with GPT-2's s = 0.02 at ln V. Around that it scatters from table to table, since few pairs of
characters make up most of a text: 4.87 is one draw, on one small batch. Lecture, from 22:11.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from gpt.nn.config import GPTConfig
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.text.batches import random_blocks
from gpt.text.corpus import Corpus
from gpt.text.splitting import split_ids
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.estimate import uniform_loss
from gpt.training.evaluate import full_loss
from gpt.training.presets import Preset

STARTS = {"torch": 1.0, "gpt2": 0.02}
"""Ways for a table to start, `GPTConfig.init`, and the standard deviation of its logits."""

TABLE = Preset("", model=dict(block_size=8, n_layer=0, n_head=1, position="none", norm="none"))


@dataclass(frozen=True)
class Start:
    """How one way to start came out.

    Fields:
        init: of `STARTS`.
        std: of the logits.
        expected: the loss in nats that follows from it.
        losses: measured, in nats, one a seed.
    """

    init: str
    std: float
    expected: float
    losses: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Of the measured losses, in nats."""
        return sum(self.losses) / len(self.losses)


def bigram_starts(corpus: Corpus, seeds: Sequence[int]) -> list[Start]:
    """Draw a bigram's table in each way and with each seed; measure the loss on the held-out text.

    The whole validation split is read each time; nothing is trained.
    """
    tokenizer = CharacterTokenizer.of(corpus.text)
    held_out = split_ids(corpus, tokenizer, "stream")[1]
    starts = []
    for init, std in STARTS.items():
        config = TABLE.model_config(tokenizer.vocab_size, init=init)
        losses = tuple(full_loss(_drawn(config, seed), held_out, 8, 4096) for seed in seeds)
        expected = expected_loss(tokenizer.vocab_size, std)
        starts.append(Start(init, std, expected, losses))
    return starts


def one_batch_start(corpus: Corpus, seed: int, B: int = 4, T: int = 8) -> float:
    """The loss in nats of one drawn table on one drawn batch, as the lecture prints it.

    With the lecture's text and seed, 1337, it is the lecture's 4.8786: batch and table are drawn
    after the generator is set to the seed, each time anew. Lecture, 28:17.
    """
    tokenizer = CharacterTokenizer.of(corpus.text)
    learned = torch.as_tensor(split_ids(corpus, tokenizer, "stream")[0])
    generator = torch.Generator().manual_seed(seed)
    x, y = random_blocks(learned, T, B, generator)
    return table_loss(x, y, tokenizer.vocab_size, seed)


@torch.no_grad()
def table_loss(x: torch.Tensor, y: torch.Tensor, vocab_size: int, seed: int) -> float:
    """The loss in nats of a new table, drawn as PyTorch does it, on a batch (B, T)."""
    table = _drawn(TABLE.model_config(vocab_size, init="torch"), seed)
    return cross_entropy(table(x), y).item()


def expected_loss(vocab_size: int, std: float) -> float:
    """Mean loss in nats of V logits drawn from a normal distribution, over all draws.

    ln V + s²/2, less (exp(s²) − 1) / 2V: the logarithm of a mean of V numbers that scatter lies a
    little below that of their expectation (second order in 1/√V).

    >>> round(expected_loss(65, 1.0), 4)
    4.6612
    """
    return uniform_loss(vocab_size) + std**2 / 2 - math.expm1(std**2) / (2 * vocab_size)


def _drawn(config: GPTConfig, seed: int) -> GPT:
    """A new model of a seed; the generator of everything else is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return GPT(config)
