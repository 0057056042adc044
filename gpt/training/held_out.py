"""Held-out text: what a run did not learn from, found again, and cut into blocks."""

from __future__ import annotations

import hashlib

import numpy as np

from gpt import bounded
from gpt.checkpoint import documents_of
from gpt.errors import CheckpointError, TextError
from gpt.text.corpus import Corpus, Document
from gpt.text.fetch import SOURCES, cache_folder
from gpt.text.splitting import joined, split_text
from gpt.text.tokenizer import Tokenizer
from gpt.training.runs import Run


def validation_text(run: Run, speaker: str | None = None) -> str | None:
    """The tenth of the run's own text that it was validated on; None where the text is not here.

    A run folder has its text, or can write it again, or was shared without it; then a text that
    was fetched is it, if their hashes agree.

    Args:
        speaker: only what this one said of it; "" where that is nothing.

    Raises:
        TextError: the text that is there leaves nothing to hold out.
    """
    corpus = _corpus(run)
    if corpus is None:
        return None
    kind = documents_of(run.config())
    held_out = split_text(corpus, kind)[1]
    return joined([one for one in held_out if speaker in (None, one.speaker)], kind)


def speakers(run: Run) -> dict[str, int]:
    """How many characters of each speaker were held out, in reading order.

    Empty where the run's config names nobody, or the text is not here.

    Raises:
        TextError: the text that is there leaves nothing to hold out.
    """
    named = (run.config().get("data") or {}).get("speakers")
    corpus = _corpus(run) if named else None  # which may take a second to write again
    if corpus is None:
        return {}
    found = dict.fromkeys(corpus.speakers, 0)
    for one in split_text(corpus, documents_of(run.config()))[1]:
        if one.speaker is not None:
            found[one.speaker] += len(one.text)
    return found


def _corpus(run: Run) -> Corpus | None:
    try:
        return run.corpus()
    except CheckpointError:
        pass
    told = (run.config().get("data") or {}).get("sha256")
    for source in SOURCES.values():
        path = cache_folder() / source.file
        if source.sha256 == told and path.is_file():
            content = bounded.read_bytes(path, source.size)
            if hashlib.sha256(content).hexdigest() == told:
                return Corpus(path.stem, (Document(path.name, content.decode()),))
    return None


def blocks(tokenizer: Tokenizer, text: str, length: int, most: int) -> np.ndarray:
    """Blocks of a text, evenly spread over it: (N, T) ids, N at most `most`, T at most `length`.

    A text shorter than one block is one block.

    Raises:
        TextError: a text of no tokens.
        UnknownCharacterError: a text with characters that the vocabulary lacks.
    """
    ids = np.array(tokenizer.encode_part(text))
    if not len(ids):
        raise TextError("the text is empty; give some characters that the model knows")
    T = min(length, len(ids))
    whole = len(ids) // T
    chosen = np.unique(np.linspace(0, whole - 1, min(most, whole)).round().astype(int))
    return ids[: whole * T].reshape(whole, T)[chosen]
