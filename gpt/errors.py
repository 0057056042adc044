"""The errors a person may meet, as one tree.

Each message says what was got and what would work, so that a page or the command line can
show it as it stands. Assertions are kept for our own mistakes.

    HeadlightError
    ├── ConfigError           an architecture or training setting that cannot be
    ├── SwitchError           a switch that does not fit the model or the prompt
    ├── TokenizerError
    │   └── UnknownCharacterError
    ├── PromptError           a prompt that a model cannot read
    ├── TextError             a corpus that cannot be read or is too short
    ├── CheckpointError       a run folder with a missing, truncated or foreign file
    ├── ConversionError       a checkpoint of others that cannot be ours, or the reverse
    ├── TrainingError         a run that cannot start, go on or be resumed
    │   └── RunGoneError      its folder was deleted while it was trained
    └── FetchError            a download that failed or was not what it should be
"""

from __future__ import annotations

import unicodedata


class HeadlightError(ValueError):
    """Base of every error that a person may meet; its text is written for that person."""


class ConfigError(HeadlightError):
    """An architecture or training setting that cannot be."""


class SwitchError(HeadlightError):
    """A switch that does not fit the model or the prompt."""


class TokenizerError(HeadlightError):
    """A tokenizer file or token id that makes no sense."""


class UnknownCharacterError(TokenizerError):
    """A character that the vocabulary lacks, with its position in the text."""

    def __init__(self, character: str, position: int, vocab_size: int) -> None:
        self.character = character
        self.position = position
        super().__init__(
            f"{describe_character(character)} at position {position:,} is not among the "
            f"{vocab_size:,} characters of this vocabulary. Drop it, replace it, or choose a "
            "model whose text contains it."
        )


class PromptError(HeadlightError):
    """A prompt that a model cannot read."""


class TextError(HeadlightError):
    """A corpus that cannot be read or is too short."""


class CheckpointError(HeadlightError):
    """A run folder with a missing, truncated or foreign file."""


class ConversionError(HeadlightError):
    """A checkpoint of others that cannot be read, or one of ours that cannot be made theirs."""


class TrainingError(HeadlightError):
    """A run that cannot start, go on or be resumed.

    Args:
        message: for a person.
        amid_steps: whether it ends training between two checkpoints; a person is then told too
            what the run can go on from.
    """

    def __init__(self, message: str, *, amid_steps: bool = False) -> None:
        self.amid_steps = amid_steps
        super().__init__(message)


class RunGoneError(TrainingError):
    """A run whose folder was deleted while it was trained."""


class FetchError(HeadlightError):
    """A download that failed or was not what it should be."""


def describe_character(character: str) -> str:
    """Name a character so that a person recognizes it, even if it is invisible.

    >>> describe_character("é")
    "'é' (U+00E9 LATIN SMALL LETTER E WITH ACUTE)"
    """
    name = unicodedata.name(character, "unnamed character")
    printable = f"{character!r} " if character.isprintable() else ""
    return f"{printable}(U+{ord(character):04X} {name})"
