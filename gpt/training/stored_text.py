"""The text of a run: read whole, or kept as tokens in a file where it is larger than memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gpt.errors import CheckpointError, ConfigError
from gpt.nn.config import GPTConfig
from gpt.text import token_file, token_writing
from gpt.text.corpus import check_length
from gpt.text.large_text import LargeText
from gpt.text.splitting import Counts, Ids, split_ids
from gpt.text.token_file import TokenFile
from gpt.text.tokenizer import Tokenizer
from gpt.training.runs import TEXT, Run
from gpt.training.settings import TrainingConfig

STORED = "tokens"
MOST_DECODED = 1 << 18
"""Held-out tokens of such a text that are read as text again."""


def ids_of(run: Run, tokenizer: Tokenizer, kind: str) -> tuple[Ids, Ids]:
    """The ids that a run learns from and those that are held out.

    Args:
        kind: where blocks stop, one of `documents.KINDS`.

    Raises:
        CheckpointError: the folder was shared without its text, or the file is damaged.
        TextError: a text that leaves nothing to learn from or to hold out.
    """
    if is_stored(run.config().get("data") or {}):
        return open_tokens(run, tokenizer).split()
    return split_ids(run.corpus(), tokenizer, kind)


def is_stored(data: Mapping[str, Any]) -> bool:
    """Whether a run's description of its data says that it keeps tokens and not a text."""
    return data.get("stored") == STORED


def open_tokens(run: Run, tokenizer: Tokenizer) -> TokenFile:
    """The tokens that a run keeps, mapped into memory.

    Raises:
        CheckpointError: the folder was shared without them, or the file is damaged.
    """
    data, path = run.config().get("data") or {}, run.path / TEXT / token_file.NAME
    if not path.is_file():
        raise CheckpointError(
            f"the run {run.name!r} was shared without its text ({data.get('name', 'unknown')}); "
            "give it again to train on"
        )
    return TokenFile.open(path, tokenizer.vocab_size)


def held_out_beginning(run: Run, most: int = MOST_DECODED) -> str:
    """The text of the first held-out tokens that a run keeps.

    Raises:
        CheckpointError: as `open_tokens`.
    """
    tokenizer = run.tokenizer()
    held_out = open_tokens(run, tokenizer).split()[1]
    return tokenizer.decode(held_out[:most].tolist())


def check_stream(text: LargeText, training: TrainingConfig) -> None:
    """Refuse lines or files of a large text as documents.

    Raises:
        ConfigError: saying what would work.
    """
    if training.documents != "stream":
        raise ConfigError(
            f"documents is {training.documents!r}; {text.name} is larger than is read at once, and "
            "is one long text: choose documents = stream"
        )


def store(
    text: LargeText,
    tokenizer: Tokenizer,
    model: GPTConfig,
    training: TrainingConfig,
    folder: Path,
) -> tuple[dict[str, Any], dict[str, int]]:
    """Write the tokens of a large text into the folder of a new run.

    Returns:
        What the run's config says of its data and of the split, as plain JSON types.

    Raises:
        ConfigError: lines or files that should be documents.
        TextError: a text that cannot be read, or no room on the disk.
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    check_stream(text, training)
    (folder / TEXT).mkdir()
    path = folder / TEXT / token_file.NAME
    written = token_writing.write(path, text, tokenizer)
    check_length(written.tokens, model.block_size)
    described = {
        "name": text.name,
        "stored": STORED,
        "documents": [path.name for path in text.paths],
        "characters": written.characters,
        "sha256": written.sha256,
        "notes": list(text.notes),
    }
    return described, asdict(_counts(TokenFile.open(path, tokenizer.vocab_size), tokenizer))


def _counts(tokens: TokenFile, tokenizer: Tokenizer) -> Counts:
    held_out = tokens.split()[1]
    predicted = held_out.after(1)
    return Counts(len(tokens), len(predicted), predicted.characters(tokenizer))
