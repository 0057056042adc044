"""Pairs: the experiments on mask, scale and positions, each two tiny models that differ in one
setting. Those on what a block is made of are in `building`.

Sizes and steps were chosen so that a pair takes well under two minutes in the app and shows its
effect for every seed that was tried; docs/train-it-and-see.md has the figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gpt.training.pairs.experiments import Arm, Experiment
from gpt.training.presets import Preset

TRAINING: dict[str, Any] = dict(
    steps=500,
    batch_size=16,
    learning_rate=3e-3,
    warmup_steps=20,
    eval_interval=50,
    eval_batches=10,
    log_interval=5,
    sample_tokens=200,
    device="cpu",
)
EMPTY: Mapping[str, Any] = MappingProxyType({})


def recipe(training: Mapping[str, Any] = EMPTY, **model: Any) -> Preset:
    """A tiny model on the invented plays, with some fields of either config changed."""
    sizes = dict(block_size=32, n_layer=2, n_head=4, n_embd=64)
    return Preset(
        "One side of a pair of Train it and see: ten seconds.",
        model={**sizes, **model},
        training={**TRAINING, **training},
    )


_ALL = (
    Experiment(
        "pair-scale",
        "Scaled or not",
        "What happens when q · k is not multiplied by 1/√head_size?",
        "Both start with queries and keys of variance 1, so that scores have the variance of the "
        "head size, 64. Unscaled, the softmax gives nearly all to one key from the first step on, "
        "and stays there: the entropy starts low and stays low, and the loss stays behind.",
        recipe(n_head=1, init="unit_qk"),
        (
            Arm("scaled", "1/√head_size"),
            Arm("unscaled", "not scaled", model={"scale": "none"}),
        ),
    ),
    Experiment(
        "pair-n-embd",
        "Scaled by n_embd",
        "Does it matter if the scale is 1/√n_embd, all channels, in place of 1/√head_size?",
        "With 16 heads of 4 channels it is four times too small: every head starts out nearly "
        "uniform (the entropy lies at the dotted line), and the model learns more slowly. It does "
        "learn: queries and keys can grow to make up for the scale, but that takes its time.",
        recipe(n_head=16, init="unit_qk"),
        (
            Arm("head-size", "1/√head_size"),
            Arm("n-embd", "1/√n_embd", model={"scale": "n_embd"}),
        ),
    ),
    Experiment(
        "pair-mask",
        "Masked or not",
        "What does a model learn that may look at the token it should predict?",
        "To look at the answer: its loss falls far below what any model of this text can reach. "
        "But to write is to predict a token that is not there yet, and at that it is worse than a "
        "model that has learned nothing: see its loss of the unseen next token, and its sample. "
        "Open it on the Attention page: the sharpest heads look one token ahead.",
        recipe(),
        (
            Arm("masked", "masked"),
            Arm("unmasked", "not masked", model={"mask": "none"}),
        ),
    ),
    Experiment(
        "pair-positions",
        "Positions or none",
        "What is lost when no token knows where it stands?",
        "Attention sees a set: without positions, one layer cannot tell the token before from one "
        "ten before, and what it learns from its context is which tokens occur in it.",
        recipe(n_layer=1),
        (
            Arm("learned", "positions learned"),
            Arm("none", "no positions", model={"position": "none"}),
        ),
    ),
    Experiment(
        "pair-scale-small",
        "Scaled or not, small start",
        "Is the scale missed as much where queries and keys start small, as in GPT-2?",
        "No. This is the first pair once more, but with GPT-2's small first weights: scores start "
        "near 0 whatever the scale, both heads start uniform, and the unscaled model learns as "
        "well. What 1/√head_size guards against is a softmax that is saturated from the start.",
        recipe(n_head=1),
        (
            Arm("scaled", "1/√head_size"),
            Arm("unscaled", "not scaled", model={"scale": "none"}),
        ),
    ),
)
PAIRS: dict[str, Experiment] = {pair.name: pair for pair in _ALL}
