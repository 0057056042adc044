"""The text that a run was validated on and did not learn from, and its blocks."""

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
from gpt.training.stored_text import held_out_beginning, is_stored


def validation_text(run: Run, speaker: str | None = None) -> str | None:
    """The tenth of the run's own text that it was validated on; None if the text is not here.

    A run folder has its text or can write it again. If it was shared without its text, a fetched
    text of the same hash takes its place. Of a text larger than memory, it is the beginning.

    Args:
        speaker: keep only what this speaker said; "" if that is nothing.

    Raises:
        TextError: the text is too short to hold anything out.
    """
    if is_stored(run.config().get("data") or {}):
        return _of_tokens(run)
    corpus = _corpus(run)
    if corpus is None:
        return None
    kind = documents_of(run.config())
    held_out = split_text(corpus, kind)[1]
    return joined([part for part in held_out if speaker in (None, part.speaker)], kind)


def speakers(run: Run) -> dict[str, int]:
    """How many characters of each speaker were held out, in reading order.

    Empty if the run's config names nobody, or the text is not here.

    Raises:
        TextError: the text is too short to hold anything out.
    """
    named = (run.config().get("data") or {}).get("speakers")
    corpus = _corpus(run) if named else None  # which may take a second to write again
    if corpus is None:
        return {}
    lengths = dict.fromkeys(corpus.speakers, 0)
    for part in split_text(corpus, documents_of(run.config()))[1]:
        if part.speaker is not None:
            lengths[part.speaker] += len(part.text)
    return lengths


def _of_tokens(run: Run) -> str | None:
    try:
        return held_out_beginning(run)
    except CheckpointError:
        return None


def _corpus(run: Run) -> Corpus | None:
    try:
        return run.corpus()
    except CheckpointError:
        pass
    sha256 = (run.config().get("data") or {}).get("sha256")
    for source in SOURCES.values():
        path = cache_folder() / source.file
        if source.sha256 == sha256 and path.is_file():
            content = bounded.read_bytes(path, source.size)
            if hashlib.sha256(content).hexdigest() == sha256:
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
