"""The state of Train, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gpt.text.documents import KINDS
from gpt.text.tokenizers import choices
from gpt.text.tokenizers.choices import CHOICES
from gpt.training.presets import find
from pages.parts.train.choice_names import AUTO, CHARACTERS, TEXTS, TOKENIZERS
from pages.shared.parameters import OneHead, one_of, whole
from pages.shared.url_fields import parameter

BETWEEN = "|"
DEFAULT = "tiny"
LEAST = min(choice.least for choice in CHOICES.values() if choice.least is not None)


def _preset(name: str) -> str:
    find(name)
    return name


def _speakers(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(BETWEEN) if name)


@dataclass(frozen=True)
class TrainState(OneHead):
    """The page's controls; the settings of an architecture stay in their widgets.

    Fields:
        run: the watched one. Other pages do not follow it: people usually look at one model while
            another trains.
        preset, text: None: the preset's own text.
        tokenizer, vocab: and V, if it can be chosen.
        documents, speakers: where blocks stop, and whose words are learned from; none: everyone's.
    """

    page: ClassVar[str] = "train"
    run: str | None = parameter(nothing="no run")
    preset: str = parameter(DEFAULT, _preset)
    text: str | None = parameter(None, one_of(TEXTS), nothing="the preset's own text")
    tokenizer: str = parameter(CHARACTERS, one_of(TOKENIZERS))
    vocab: int = parameter(choices.DEFAULT_SIZE, whole(LEAST, choices.LARGEST), label="V")
    documents: str = parameter(AUTO, one_of((AUTO, *KINDS)))
    speakers: tuple[str, ...] = parameter((), _speakers, write=BETWEEN.join)
