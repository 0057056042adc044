"""What a run learns from: one text, labelled texts or pairs, and whether its model can take it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TypeAlias

from gpt.errors import ConfigError
from gpt.nn.config import GPTConfig
from gpt.text import leak_free, splitting
from gpt.text.corpus import Corpus
from gpt.text.encoded import check_pairs_fit, check_texts_fit, encode_labelled, encode_pairs
from gpt.text.labelled import LabelledExamples
from gpt.text.large_text import LargeText
from gpt.text.leak_free import Split
from gpt.text.pairs import PairExamples
from gpt.text.prompted import PREFERENCE, Comparisons, Demonstrations, Prompted
from gpt.text.template import check_fit, encode
from gpt.text.tokenizer import Tokenizer
from gpt.training.settings import TrainingConfig

Data: TypeAlias = "Corpus | LabelledExamples | PairExamples | Demonstrations | Comparisons"
"""What is read at once."""
AnyData: TypeAlias = "Data | LargeText"
TEXTS = (Corpus, LargeText)

KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "next": (TEXTS, "a text"),
    "masked": (TEXTS, "a text"),
    "classify": (LabelledExamples, "labelled texts"),
    "translate": (PairExamples, "pairs of a source and its target"),
    **dict.fromkeys(("sft", "grpo"), (Demonstrations, "prompts with an answer each")),
    **dict.fromkeys(
        ("reward", "dpo", "ppo"), (Comparisons, "prompts with a chosen and a rejected answer")
    ),
}
"""By task, what is learned from."""


def check_task(task: str, model: GPTConfig, data: AnyData) -> None:
    """Refuse a model or data that a task has no use for.

    Raises:
        ConfigError: saying what the task needs.
    """
    kind, name = KINDS[task]
    if not isinstance(data, kind):
        other = next(name for kind, name in KINDS.values() if isinstance(data, kind))
        raise ConfigError(f"task = {task} learns from {name}, not from {other}")
    if task == "grpo" and isinstance(data, Demonstrations) and data.judge is None:
        raise ConfigError(
            f"task = grpo asks an exact judge, and no rule says how good an answer of {data.name} "
            "is; learn from pairs that a classifier or a person has rated, with dpo or ppo"
        )
    if isinstance(data, LabelledExamples) and model.n_class != len(data.labels):
        raise ConfigError(
            f"n_class is {model.n_class}, and the texts have {len(data.labels)} labels; the two "
            "must be the same"
        )
    if task == "reward" and model.n_class != len(PREFERENCE):
        raise ConfigError(
            f"n_class is {model.n_class}; task = reward tells a chosen answer from a rejected one, "
            f"so choose n_class = {len(PREFERENCE)}"
        )
    if task not in ("classify", "reward") and model.is_classifier:
        raise ConfigError(f"task = {task} predicts tokens; set n_class to 0")
    if (task == "translate") != bool(model.n_encoder_layer):
        needed = "at least 1" if task == "translate" else "0"
        raise ConfigError(
            f"n_encoder_layer is {model.n_encoder_layer}; task = {task} needs {needed}"
        )
    if task == "masked" and model.mask != "none":
        raise ConfigError(
            f"mask is {model.mask!r}; a model that fills in hidden tokens sees those on both "
            "sides, so choose mask = none"
        )


def split_counts(
    data: Data,
    model: GPTConfig,
    training: TrainingConfig,
    tokenizer: Tokenizer,
    source_tokenizer: Tokenizer | None = None,
) -> dict[str, int]:
    """How the data is split, as plain JSON types; data that the model cannot read is refused.

    Raises:
        TextError: a text too short for the model's block, examples too long for it, or too few.
        UnknownCharacterError: a character that a vocabulary lacks.
    """
    if isinstance(data, Corpus):
        return asdict(splitting.count(data, tokenizer, training.documents, model.block_size))
    if isinstance(data, Prompted):
        check_fit(
            (encode(tokenizer, row[0], answer) for row in data.rows for answer in row[1:]),
            model.block_size,
        )
    elif isinstance(data, LabelledExamples):
        check_texts_fit(encode_labelled(data, tokenizer), model.block_size)
    else:
        encoded = encode_pairs(data, source_tokenizer or tokenizer, tokenizer)
        check_pairs_fit(encoded, model.block_size, model.source_block_size)
    return split_examples(data).describe()


def split_examples(data: LabelledExamples | PairExamples | Demonstrations | Comparisons) -> Split:
    """Three parts of some examples, of which none has a relative in another.

    Raises:
        TextError: too few different examples.
    """
    return data.split() if isinstance(data, Prompted) else leak_free.split(data)
