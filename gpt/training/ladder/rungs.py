"""The ladder: the lecture's models from a bigram to the full GPT, each a step above the last.

A rung is what it changes in the one below: one or two settings of the model, and what of the
training. The lecture's own numbers are *Let's build GPT* (Karpathy, 2023), the minutes with each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gpt.errors import ConfigError
from gpt.nn.config import GPTConfig
from gpt.training.presets import PLAIN_ADAMW, Preset
from gpt.training.settings import TrainingConfig

SEED = 1337  # the lecture's
WHERE = ("device", "dtype")
"""Settings that say where a run computes, not what it computes."""


@dataclass(frozen=True)
class Change:
    """One setting that differs from the rung below."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Rung:
    """One model of the lecture.

    Fields:
        name: on the command line, in URLs and in the names of runs.
        title: what a page calls it.
        added: what it has that the one below has not, in a sentence.
        minute: of the lecture.
        lecture_loss: the validation loss that the lecture ends at, in nats; None if it gives no
            number.
        lecture_says: the same in words, for a table.
        work: seconds that its training took on two cores; only how those of several rungs relate
            holds anywhere else.
        model, training: the settings that it changes in the rung below.
        preset: all of its settings, its own and those of the rungs below.
    """

    name: str
    title: str
    added: str
    minute: str
    lecture_loss: float | None
    lecture_says: str
    work: float
    model: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    preset: Preset = field(default_factory=lambda: Preset(""))

    def model_config(self, vocab_size: int, **changes: Any) -> GPTConfig:
        """The architecture, for a vocabulary, with some fields changed."""
        return self.preset.model_config(vocab_size, **changes)

    def training_config(self, seed: int = SEED) -> TrainingConfig:
        """The training settings."""
        return self.preset.training_config(seed=seed)

    def shortened(self, steps: int) -> Rung:
        """The same for another number of steps; an evaluation has at most as many batches."""
        training = {**self.preset.training, "steps": steps}
        for name in ("eval_interval", "eval_batches"):
            training[name] = min(steps, training[name])
        return replace(self, preset=replace(self.preset, training=training))


_MODEL: dict[str, Any] = dict(
    block_size=8,
    n_layer=0,
    n_head=1,
    n_embd=32,
    position="none",
    norm="none",
    skip=False,
    projection=False,
    feed_forward=False,
    activation="relu",
    qkv_bias=False,
    head_bias=True,
    init="torch",
)
_TRAINING: dict[str, Any] = dict(
    steps=10_000,
    batch_size=32,
    learning_rate=1e-3,
    **PLAIN_ADAMW,
    eval_interval=500,
    eval_batches=50,
    log_interval=50,
    sample_tokens=200,
    device="cpu",
)

_STEPS = (
    Rung(
        "bigram",
        "Bigram",
        "A table: each token's row holds the logits of the next one, and no token sees another.",
        "22:11",
        2.5,
        "about 2.5",
        12.0,
    ),
    Rung(
        "one-head",
        "One head",
        "Tokens and positions become 32 channels, and each token gathers from those before it.",
        "1:19:11",
        2.4,
        "2.4",
        18.0,
        model={"n_layer": 1, "position": "learned"},
        training={"steps": 5000},
    ),
    Rung(
        "four-heads",
        "Four heads",
        "Four heads of 8 channels side by side, in place of one of 32: four questions at a time.",
        "1:21:59",
        2.28,
        "2.28",
        20.0,
        model={"n_head": 4},
    ),
    Rung(
        "feed-forward",
        "+ feed-forward",
        "After the tokens have talked, each thinks over what it heard: a matrix and a ReLU.",
        "1:24:25",
        2.24,
        "2.24",
        21.0,
        model={"feed_forward": True},
    ),
    Rung(
        "blocks",
        "Blocks, without skips",
        "The pair of attention and feed-forward layer three times over. That is deep enough to be "
        "hard to train: it is worse than with skip connections.",
        "1:26:48",
        None,
        "worse",
        42.0,
        model={"n_layer": 3},
    ),
    Rung(
        "skips",
        "+ skip connections and projection",
        "Each layer adds to the stream in place of replacing it, through a projection; the "
        "feed-forward layer is four times as wide inside.",
        "1:26:48",
        2.08,
        "2.08",
        52.0,
        model={"skip": True, "projection": True},
    ),
    Rung(
        "layernorm",
        "+ LayerNorm",
        "Before each layer, and at the end, every position's vector gets mean 0 and variance 1.",
        "1:32:51",
        2.06,
        "2.06",
        56.0,
        model={"norm": "pre"},
    ),
    Rung(
        "scaled-up",
        "Scaled up",
        "The same model, larger: 6 blocks of 6 heads, 384 channels, 256 tokens of context, and "
        "dropout against learning by heart.",
        "1:37:49",
        1.48,
        "1.48",
        20_000.0,
        model=dict(n_layer=6, n_head=6, n_embd=384, block_size=256, dropout=0.2),
        training=dict(batch_size=64, learning_rate=3e-4, device="auto", dtype="auto"),
    ),
)


def _climb() -> tuple[Rung, ...]:
    """Give each rung all of its settings: those of the rung below and its own."""
    model, training, rungs = _MODEL, _TRAINING, []
    for rung in _STEPS:
        model, training = {**model, **rung.model}, {**training, **rung.training}
        description = f"A rung of the lecture's ladder: {rung.title.removeprefix('+ ')}."
        rungs.append(replace(rung, preset=Preset(description, model=model, training=training)))
    return tuple(rungs)


RUNGS: tuple[Rung, ...] = _climb()
SMALL: tuple[Rung, ...] = RUNGS[:-1]
"""All but the last, which is for a GPU."""


def find(name: str) -> Rung:
    """A rung by name.

    Raises:
        ConfigError: no such rung; the message names those that exist.
    """
    for rung in RUNGS:
        if rung.name == name:
            return rung
    raise ConfigError(
        f"there is no rung {name!r}; choose one of {', '.join(rung.name for rung in RUNGS)}"
    )


def below(rung: Rung) -> Rung | None:
    """The rung that this one builds on; None for the lowest."""
    at = [each.name for each in RUNGS].index(rung.name)
    return RUNGS[at - 1] if at else None


def changes(rung: Rung, vocab_size: int) -> tuple[Change, ...]:
    """Every setting that differs from the rung below, for a vocabulary.

    These are the settings that the rung names, and the width of the first model with a block: a
    bigram is as wide as its vocabulary.
    """
    under = below(rung)
    if under is None:
        return ()
    before, after = (_all_settings(each, vocab_size) for each in (under, rung))
    names = [name for name in after if name not in WHERE and before[name] != after[name]]
    return tuple(Change(name, before[name], after[name]) for name in names)


def _all_settings(rung: Rung, vocab_size: int) -> dict[str, Any]:
    return {**rung.model_config(vocab_size).to_dict(), **rung.training_config().to_dict()}
