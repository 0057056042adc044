"""Pairs on what a model is built of: norms, activation, dropout, positions, and how it starts.

As small as those in `attention`. docs/the-ladder.md says what came out; several show no effect at
this size, and that is what they show.
"""

from __future__ import annotations

from gpt.errors import ConfigError
from gpt.training.pairs.attention_pairs import PAIRS, recipe
from gpt.training.pairs.experiments import Arm, Experiment

_BIGRAM = dict(n_layer=0, n_head=1, position="none", norm="none")

_ALL = (
    Experiment(
        "pair-norm-kind",
        "LayerNorm or BatchNorm",
        "What if a norm evens out each channel over the batch, and not each position's vector?",
        "The losses end close together. But in training batch normalization takes its means over "
        "all positions of the batch, so that a position learns something of later ones, which no "
        "mask holds back; the losses shown are taken with the running means, as in use.",
        recipe(),
        (
            Arm("layer", "LayerNorm"),
            Arm("batch", "BatchNorm", model={"norm_kind": "batch"}),
        ),
    ),
    Experiment(
        "pair-norm-place",
        "Norm before or after",
        "Does it matter whether the norm stands before each branch or after each addition?",
        "After each addition, as in the paper of 2017, a norm stands in the stream itself; before "
        "each branch, as in GPT-2, the stream passes freely. Six layers without a warm-up are not "
        "deep enough to make the first fail: at this size it even learns faster.",
        recipe({"warmup_steps": 0}, n_layer=6),
        (
            Arm("pre", "before (pre)"),
            Arm("post", "after (post)", model={"norm": "post"}),
        ),
    ),
    Experiment(
        "pair-activation",
        "ReLU or GELU",
        "Does the bend inside the feed-forward layer have to be smooth?",
        "No: with these small first weights ReLU ends a little lower. Near 0, where all starts, "
        "GELU passes half of its input, ReLU all of what is positive.",
        recipe(activation="relu"),
        (
            Arm("relu", "ReLU"),
            Arm("gelu", "GELU", model={"activation": "gelu"}),
        ),
    ),
    Experiment(
        "pair-dropout",
        "Dropout on or off",
        "What does it help to silence a fifth of the channels at random while learning?",
        "Look at the gap between training and validation loss after many rounds through a short "
        "text: dropout narrows it. It also slows learning, and without it the loss on new text "
        "only just begins to rise, so that the one without dropout is still ahead on both.",
        recipe({"steps": 1000, "eval_interval": 100}, n_embd=128),
        (
            Arm("on", "dropout 0.2", model={"dropout": 0.2}),
            Arm("off", "no dropout"),
        ),
        length=20_000,
    ),
    Experiment(
        "pair-position-kinds",
        "Four kinds of positions",
        "How should a token know where it stands?",
        "With none at all, one layer learns only which tokens occur before. Rotary positions, "
        "which turn queries and keys by where they stand, learn fastest here; learned and "
        "sinusoidal ones, which are added to the embeddings, lie between.",
        recipe(n_layer=1),
        (
            Arm("learned", "learned"),
            Arm("sinusoidal", "sinusoidal", model={"position": "sinusoidal"}),
            Arm("rotary", "rotary", model={"position": "rotary"}),
            Arm("none", "none", model={"position": "none"}),
        ),
    ),
    Experiment(
        "pair-learning-rate",
        "Four learning rates",
        "How large may a step be? The lecture says that small models bear more than 1e-4.",
        "In 500 steps 1e-4 has hardly begun and 1e-3 is on its way; 1e-2, a hundred times as "
        "much, ends lowest. 1e-1 is too large: each query soon gives all its weight to one key "
        "(the entropy falls to almost 0), and the loss stays high.",
        recipe(),
        (
            Arm("1e-4", "1e-4", training={"learning_rate": 1e-4}),
            Arm("1e-3", "1e-3", training={"learning_rate": 1e-3}),
            Arm("1e-2", "1e-2", training={"learning_rate": 1e-2}),
            Arm("1e-1", "1e-1", training={"learning_rate": 1e-1}),
        ),
    ),
    Experiment(
        "pair-bigram-start",
        "How a bigram starts",
        "Why does the lecture's bigram start at a loss of 4.87, when ln V is 4.17?",
        "PyTorch draws the table from N(0, 1): logits that differ at random are sure of the wrong "
        "tokens, and the loss starts half a nat above ln V, the dotted line. Drawn small it starts "
        "on the line. After a few hundred steps both are the same.",
        recipe({"learning_rate": 1e-2, "steps": 1000, "eval_interval": 100}, **_BIGRAM),
        (
            Arm("lecture", "normal, 1 (lecture)", model={"init": "torch"}),
            Arm("small", "normal, 0.02"),
        ),
    ),
)
BUILDING_PAIRS: dict[str, Experiment] = {pair.name: pair for pair in _ALL}
EXPERIMENTS: dict[str, Experiment] = {**PAIRS, **BUILDING_PAIRS}
"""All experiments."""


def find(name: str) -> Experiment:
    """An experiment by name, of those here and in `attention`.

    Raises:
        ConfigError: no such experiment; the message names those that exist.
    """
    if name not in EXPERIMENTS:
        known = ", ".join(EXPERIMENTS)
        raise ConfigError(f"there is no experiment {name!r}; choose one of {known}")
    return EXPERIMENTS[name]
