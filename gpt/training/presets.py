"""Presets: architectures and training settings that are known to work, by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gpt.errors import ConfigError
from gpt.nn.config import GPTConfig
from gpt.training.assistant.stage_presets import STAGE_PRESETS
from gpt.training.example_presets import OF_ENCODERS, OF_TRANSLATORS
from gpt.training.settings import TrainingConfig

PLAIN_ADAMW: dict[str, Any] = dict(
    weight_decay=0.01, beta2=0.999, schedule="constant", warmup_steps=0, grad_clip=0.0
)
"""AdamW as PyTorch has it by default, as the lecture leaves it."""


@dataclass(frozen=True)
class Preset:
    """A named recipe.

    Fields:
        description: what it is for, and about how long it takes.
        text: the built-in text or examples used when none are named; "" if files must be.
        model: fields of GPTConfig, without those that the text decides.
        training: fields of TrainingConfig.
        tokenizer: its kind, with the size if that can be chosen; "" takes the one that suits the
            built-in examples, or characters.
    """

    description: str
    text: str = "plays"
    model: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    tokenizer: str = ""

    @property
    def task(self) -> str:
        """What is learned with it, of `gpt.setting_ranges.CHOICES`."""
        return str(self.training.get("task", "next"))

    def model_config(self, vocab_size: int, **changes: Any) -> GPTConfig:
        """The architecture, for a vocabulary, with some fields changed.

        A bigram, which has no layers, is as wide as its vocabulary.
        """
        values = {**self.model, "vocab_size": vocab_size, **changes}
        if values.get("n_layer") == 0:
            values["n_embd"] = vocab_size
        return GPTConfig(**values)

    def training_config(self, **changes: Any) -> TrainingConfig:
        """The training settings, with some fields changed."""
        return TrainingConfig(**{**self.training, **changes})


def of_task(task: str) -> dict[str, Preset]:
    """The presets of one task by name."""
    return {name: preset for name, preset in PRESETS.items() if preset.task == task}


def find(name: str) -> Preset:
    """A preset by name.

    Raises:
        ConfigError: no such preset; the message names those that exist.
    """
    if name not in PRESETS:
        raise ConfigError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]


MUON: dict[str, Any] = dict(
    batch_size=16,
    optimizer="muon",
    learning_rate=3e-3,
    muon_learning_rate=0.02,
    beta2=0.95,
    schedule="linear",
    decay_part=0.6,
    eval_interval=200,
    eval_batches=20,
    dtype="auto",
)
"""How the presets with Muon learn."""

FOUR_LAYERS: dict[str, Any] = dict(
    block_size=256, n_layer=4, n_head=4, n_embd=256, dropout=0.1, zero_init=True
)
"""The lecture's kind of model in a size that a laptop trains: for plays, and for stories."""
UNLIKE = (
    "It differs from the lecture's in GELU for ReLU, biases on queries, keys and values but none "
    "on the output, dropout on embeddings and branches but not on attention weights, and branches "
    "that start at zero."
)

MODERN: dict[str, Any] = dict(
    bias=False, position="rotary", qk_norm=True, activation="squared_relu"
)
"""What learns faster than the lecture's kind of model."""

OF_DECODERS: dict[str, Preset] = {
    "tiny": Preset(
        "Two small layers, for a first look: a minute on a laptop.",
        model=dict(block_size=64, n_layer=2, n_head=4, n_embd=64),
        training=dict(
            steps=600,
            batch_size=16,
            learning_rate=3e-3,
            warmup_steps=20,
            eval_interval=50,
            eval_batches=10,
            log_interval=5,
        ),
    ),
    "small": Preset(
        "Four layers of the lecture's kind, 0.8 million parameters on a text of characters: some "
        f"minutes on a laptop. {UNLIKE}",
        model=dict(block_size=128, n_layer=4, n_head=4, n_embd=128, dropout=0.1, zero_init=True),
        training=dict(MUON, steps=2000, warmup_steps=50),
    ),
    "medium": Preset(
        "As the preset small, at 3.2 million parameters: half an hour on a laptop, or more. "
        f"{UNLIKE}",
        model=FOUR_LAYERS,
        training=dict(MUON, steps=2000, warmup_steps=50),
    ),
    "nanogpt-cpu": Preset(
        "nanoGPT's sizes for a laptop's processor, with Muon: half a minute on two cores with "
        "bfloat16.",
        # One matrix is token and output embedding, as in nanoGPT: so it can be handed back to it.
        model=dict(
            block_size=64,
            n_layer=4,
            n_head=4,
            n_embd=128,
            bias=False,
            tie_weights=True,
            zero_init=True,
        ),
        training=dict(
            MUON,
            steps=540,
            batch_size=12,
            learning_rate=6e-3,
            muon_learning_rate=0.035,
            warmup_steps=30,
            decay_part=0.7,
        ),
    ),
    "shakespeare": Preset(
        "The shipped default: the lecture's kind of model at 3.2 million parameters, about an "
        f"hour on two cores. {UNLIKE}",
        model=FOUR_LAYERS,
        training=dict(MUON, steps=3600, warmup_steps=100, log_interval=20, sample_tokens=400),
    ),
    "shakespeare-fast": Preset(
        "The fast recipe: rotary positions, query/key norm, squared ReLU and Muon, 1.8 million "
        "parameters, short blocks at first: five to six minutes on two cores with bfloat16.",
        model=dict(
            block_size=256,
            n_layer=4,
            n_head=4,
            n_embd=192,
            **MODERN,
            zero_init=True,
        ),
        training=dict(
            MUON,
            steps=1400,
            batch_size=12,
            short_steps=860,
            warmup_steps=42,
            eval_interval=280,
            eval_batches=5,
            # Beyond block_size each token costs the whole window: 400 of them took 4 s.
            sample_tokens=240,
        ),
    ),
    "shakespeare-modern": Preset(
        "The shipped default's size with rotary positions, query/key norm and squared ReLU: "
        "twenty minutes of one core with AMX. Several seeds of it are good teachers (--teachers).",
        model=FOUR_LAYERS | MODERN,
        training=dict(
            MUON,
            steps=2400,
            warmup_steps=100,
            eval_interval=600,
            log_interval=20,
            sample_tokens=240,
        ),
    ),
    "tales": Preset(
        "A model of words, 4.8 million parameters on a shelf of stories (--text FILE …): an hour "
        "of one core with bfloat16.",
        text="",
        model=FOUR_LAYERS,
        training=dict(
            MUON,
            steps=4000,
            warmup_steps=100,
            eval_interval=250,
            eval_batches=10,
            log_interval=25,
            documents="files",
        ),
        tokenizer="bpe:3072",
    ),
    "lecture": Preset(
        "The lecture's last model, 10.8 million parameters, but with biases on queries, keys and "
        "values, none on the output, and no dropout on attention weights: for a GPU, or a night.",
        model=dict(block_size=256, n_layer=6, n_head=6, n_embd=384, dropout=0.2, activation="relu"),
        training=dict(
            steps=5000,
            batch_size=64,
            learning_rate=3e-4,
            **PLAIN_ADAMW,
            eval_interval=500,
            eval_batches=200,
            dtype="auto",
        ),
    ),
    "names": Preset(
        "Whole names, each with its end: one a line, read from its beginning; about a minute.",
        text="names",
        model=dict(block_size=16, n_layer=2, n_head=4, n_embd=64),
        training=dict(
            steps=1500,
            batch_size=64,
            learning_rate=3e-3,
            warmup_steps=50,
            eval_interval=100,
            eval_batches=10,
            sample_tokens=120,
            documents="lines",
        ),
    ),
    "copy": Preset(
        "Two layers on the copy task: an induction head, plain to see; three minutes.",
        text="copy",
        # One head a layer: two would share the induction, and neither would be plain to see. With a
        # norm, or with more channels, switching the first head off leaves the model sure of a wrong
        # answer, which costs more than to lose the induction head; so it has none, and few.
        model=dict(block_size=64, n_layer=2, n_head=1, n_embd=48, norm="none"),
        training=dict(
            steps=3000,
            batch_size=32,
            learning_rate=3e-3,
            warmup_steps=50,
            # Decay would bound the scores of the induction head, and so blur it.
            weight_decay=0.0,
            beta2=0.98,
            schedule="linear",
            decay_part=0.3,
            eval_interval=100,
            eval_batches=10,
        ),
    ),
}

OF_EXAMPLES = {**OF_ENCODERS, **OF_TRANSLATORS, **STAGE_PRESETS}

PRESETS: dict[str, Preset] = {
    **OF_DECODERS,
    **{name: Preset(**fields) for name, fields in OF_EXAMPLES.items()},
}
