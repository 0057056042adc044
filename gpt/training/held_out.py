"""Held-out text: what a run did not learn from, found again, and cut into blocks."""

from __future__ import annotations

import hashlib

import numpy as np

from gpt.errors import CheckpointError, TextError
from gpt.text.fetch import SOURCES, cache_folder
from gpt.text.tokenizer import Tokenizer
from gpt.training.runs import Run


def validation_text(run: Run) -> str | None:
    """The tenth of the run's own text that it was validated on; None where the text is not here.

    A run folder has its text, or can write it again, or was shared without it; then a text that
    was fetched is it, if their hashes agree.
    """
    text = _whole_text(run)
    return None if text is None else text[int(0.9 * len(text)) :]


def _whole_text(run: Run) -> str | None:
    try:
        return run.corpus().text
    except CheckpointError:
        pass
    told = run.config().get("data", {}).get("sha256")
    for source in SOURCES.values():
        path = cache_folder() / source.file
        if source.sha256 == told and path.is_file():
            content = path.read_bytes()
            return content.decode() if hashlib.sha256(content).hexdigest() == told else None
    return None


def blocks(tokenizer: Tokenizer, text: str, length: int, most: int) -> np.ndarray:
    """Blocks of a text, evenly spread over it: (N, T) ids, N at most `most`, T at most `length`.

    A text shorter than one block is one block.

    Raises:
        TextError: a text of no tokens.
        UnknownCharacterError: a text with characters that the vocabulary lacks.
    """
    ids = np.array(tokenizer.encode(text))
    if not len(ids):
        raise TextError("the text is empty; give some characters that the model knows")
    T = min(length, len(ids))
    whole = len(ids) // T
    chosen = np.unique(np.linspace(0, whole - 1, min(most, whole)).round().astype(int))
    return ids[: whole * T].reshape(whole, T)[chosen]
