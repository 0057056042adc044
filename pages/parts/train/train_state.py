"""The state of Train, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gpt.text.documents import KINDS
from gpt.text.tokenizers import choices
from gpt.text.tokenizers.choices import CHOICES
from gpt.training.presets import find
from pages.parts.train.choice_names import (
    AUTO,
    MINUTES,
    PIECES,
    TASKS,
    TEXTS,
    TOKENIZERS,
)
from pages.shared.parameters import OneHead, choice, one_of, whole
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
        task: what is learned; the other fields are those of its form.
        preset, text, tokenizer, vocab: None: the preset's own; V, if it can be chosen.
        minutes: that the run takes; None: those that suit the preset.
        documents, speakers: where blocks stop, and whose words are learned from; none: everyone's.
        probe: the prompt on which each evaluation keeps the attention; "": text that is held out.
        examples, recipe: labelled texts or pairs, and the preset of their task; None: the first.
        pieces, pieces_vocab: the tokenizer of examples, and V; None: what suits them.
        start_from: the run that a classifier begins with; None: nothing.
        first, second: the columns of a table of one's own: texts and labels, or sources and
            targets; None: as they are guessed.
    """

    page: ClassVar[str] = "train"
    run: str | None = parameter(nothing="no run")
    task: str = choice(TASKS)
    preset: str = parameter(DEFAULT, _preset)
    text: str | None = parameter(None, one_of(TEXTS), nothing="the preset's own text")
    minutes: str | None = parameter(None, one_of(MINUTES), nothing="what suits the size")
    tokenizer: str | None = parameter(None, one_of(TOKENIZERS), nothing="the preset's own")
    vocab: int | None = parameter(
        None, whole(LEAST, choices.LARGEST), nothing="what is usual", label="V"
    )
    documents: str = parameter(AUTO, one_of((AUTO, *KINDS)))
    speakers: tuple[str, ...] = parameter((), _speakers, write=BETWEEN.join)
    probe: str = parameter("")
    examples: str | None = parameter(nothing="the task's first examples")
    recipe: str | None = parameter(None, _preset, nothing="the preset that suits the examples")
    pieces: str | None = parameter(None, one_of(PIECES), nothing="the tokenizer that suits them")
    pieces_vocab: int | None = parameter(
        None, whole(LEAST, choices.LARGEST), nothing="what is usual", label="V"
    )
    start_from: str | None = parameter(nothing="nothing")
    first: str | None = parameter(nothing="the column that is guessed")
    second: str | None = parameter(nothing="the column that is guessed")
