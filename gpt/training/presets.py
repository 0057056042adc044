"""Presets: architectures and training settings that are known to work, by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gpt.errors import ConfigError
from gpt.nn.config import GPTConfig
from gpt.training.assistant.stage_presets import STAGE_PRESETS
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
        """What is learned with it, of `gpt.training.settings.CHOICES`."""
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
    "nanogpt-cpu": Preset(
        "nanoGPT's sizes and steps for a laptop's processor, at a higher learning rate.",
        # One matrix is token and output embedding, as in nanoGPT: so it can be handed back to it.
        model=dict(block_size=64, n_layer=4, n_head=4, n_embd=128, bias=False, tie_weights=True),
        training=dict(
            steps=2000,
            batch_size=12,
            learning_rate=4e-3,
            warmup_steps=100,
            eval_interval=250,
            eval_batches=20,
        ),
    ),
    "shakespeare": Preset(
        "The shipped default: the lecture's kind of model at 3.2 million parameters, about an "
        "hour on two cores. It differs from the lecture's in GELU for ReLU, biases on queries, "
        "keys and values but none on the output, dropout on embeddings and branches but not on "
        "attention weights, and branches that start at zero.",
        model=dict(block_size=256, n_layer=4, n_head=4, n_embd=256, dropout=0.1, zero_init=True),
        training=dict(
            steps=3600,
            batch_size=16,
            optimizer="muon",
            learning_rate=3e-3,
            muon_learning_rate=0.02,
            beta2=0.95,
            schedule="linear",
            warmup_steps=100,
            decay_part=0.6,
            eval_interval=200,
            eval_batches=20,
            log_interval=20,
            sample_tokens=400,
            dtype="auto",
        ),
    ),
    "shakespeare-fast": Preset(
        "The fast recipe: rotary positions, query/key norm, squared ReLU and Muon, about half an "
        "hour on two cores.",
        model=dict(
            block_size=256,
            n_layer=4,
            n_head=4,
            n_embd=256,
            dropout=0.1,
            bias=False,
            position="rotary",
            qk_norm=True,
            activation="squared_relu",
            zero_init=True,
        ),
        training=dict(
            steps=1700,
            batch_size=16,
            optimizer="muon",
            learning_rate=3e-3,
            muon_learning_rate=0.02,
            beta2=0.95,
            schedule="linear",
            warmup_steps=100,
            decay_part=0.6,
            eval_interval=200,
            eval_batches=20,
            log_interval=20,
            sample_tokens=400,
            dtype="auto",
        ),
    ),
    "lecture": Preset(
        "The lecture's last model, 10.8 million parameters: for a GPU, or a night.",
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

SMALL: dict[str, Any] = dict(log_interval=50, beta2=0.98, schedule="linear", decay_part=0.5)
"""What the trainings on generated examples have in common."""

FINE_TUNE = "fine-tune"
"""The preset of a run that begins with the weights of another one, and has its architecture."""

OF_ENCODERS: dict[str, Preset] = {
    "reviews": Preset(
        "An encoder that learns what no count of words can tell: a sentiment that “not” and “but” "
        "turn round; half a minute.",
        text="reviews",
        model=dict(block_size=40, n_layer=2, n_head=4, n_embd=64, mask="none", init="torch"),
        training=dict(
            SMALL,
            task="classify",
            steps=800,
            batch_size=64,
            optimizer="muon",
            learning_rate=3e-3,
            muon_learning_rate=0.02,
            warmup_steps=50,
            weight_decay=0.05,
            eval_interval=100,
            eval_batches=32,
        ),
    ),
    "sentiment": Preset(
        "An encoder for sentences of one's own, each with a label, such as those of film reviews.",
        text="",
        tokenizer="words:8000",
        model=dict(block_size=128, n_layer=2, n_head=4, n_embd=64, mask="none", dropout=0.3),
        training=dict(
            SMALL,
            task="classify",
            steps=1500,
            batch_size=64,
            learning_rate=1e-3,
            warmup_steps=50,
            weight_decay=0.1,
            eval_interval=150,
            eval_batches=20,
            token_dropout=0.3,
            label_smoothing=0.1,
        ),
    ),
    FINE_TUNE: Preset(
        "A new head on the body of a run that was trained already (--from RUN): the lecture's "
        "fine-tuning, for sentiment say.",
        text="",
        training=dict(
            SMALL,
            task="classify",
            steps=800,
            batch_size=32,
            learning_rate=5e-4,
            warmup_steps=50,
            weight_decay=0.1,
            eval_interval=100,
            eval_batches=20,
        ),
    ),
    "fill-in": Preset(
        "An encoder that fills in hidden words from those on both sides; two minutes.",
        text="plays",
        tokenizer="words:2000",
        model=dict(block_size=64, n_layer=2, n_head=4, n_embd=64, mask="none"),
        training=dict(
            SMALL,
            task="masked",
            steps=2000,
            batch_size=32,
            learning_rate=2e-3,
            warmup_steps=100,
            eval_interval=200,
            eval_batches=20,
            sample_tokens=60,
        ),
    ),
}

# One decoder layer: with a second, no head alone would look at the digits that a word needs. Which
# number of heads leaves one that does differs from language to language, and from seed to seed.
NUMBERS: dict[str, Any] = dict(
    model=dict(
        block_size=24, source_block_size=8, n_layer=1, n_encoder_layer=2, n_embd=64, init="torch"
    ),
    training=dict(
        SMALL,
        task="translate",
        steps=1500,
        batch_size=64,
        learning_rate=2e-3,
        warmup_steps=100,
        eval_interval=250,
        eval_batches=20,
    ),
)

OF_TRANSLATORS: dict[str, Preset] = {
    "numbers-en": Preset(
        "Digits into English words: cross-attention finds the digit of each word; a minute.",
        text="numbers-en",
        model=dict(NUMBERS["model"], n_head=4),
        training=NUMBERS["training"],
    ),
    "numbers-fr": Preset(
        "Digits into French words, where 70 to 99 join two digits; a minute.",
        text="numbers-fr",
        model=dict(NUMBERS["model"], n_head=2),
        training=NUMBERS["training"],
    ),
    "reverse": Preset(
        "Letters from the last to the first: cross-attention along the other diagonal; a minute.",
        text="reverse",
        model=dict(block_size=16, n_layer=1, n_encoder_layer=1, n_head=2, n_embd=64, init="torch"),
        training=NUMBERS["training"],
    ),
    "translation": Preset(
        "An encoder-decoder of 7 million parameters for sentences in two languages: hours on a "
        "laptop, 90 minutes on two cores with bfloat16.",
        text="",
        tokenizer="bpe:6000",
        model=dict(
            block_size=96,
            n_layer=3,
            n_encoder_layer=3,
            n_head=4,
            n_embd=256,
            dropout=0.1,
            tie_weights=True,
            zero_init=True,
        ),
        training=dict(
            task="translate",
            steps=12_000,
            batch_size=128,
            optimizer="muon",
            learning_rate=3e-3,
            muon_learning_rate=0.02,
            beta2=0.95,
            schedule="linear",
            warmup_steps=200,
            decay_part=0.7,
            eval_interval=1000,
            eval_batches=20,
            log_interval=50,
            label_smoothing=0.1,
            dtype="auto",
        ),
    ),
}

OF_ASSISTANTS = {name: Preset(**fields) for name, fields in STAGE_PRESETS.items()}

PRESETS: dict[str, Preset] = {**OF_DECODERS, **OF_ENCODERS, **OF_TRANSLATORS, **OF_ASSISTANTS}
