"""How often each token occurs in the text that a run learned from, if that text is here."""

from __future__ import annotations

import hashlib

import numpy as np
import torch

from gpt.checkpoint import documents_of
from gpt.errors import CheckpointError, UnknownCharacterError
from gpt.text import corpus as corpora
from gpt.text.corpus import Corpus
from gpt.text.documents import Documents, end_token
from gpt.text.fetch import SOURCES, cached
from gpt.text.splitting import split_ids
from gpt.training.runs import Run


def token_counts(run: Run) -> np.ndarray:
    """(V,) how often each token occurs in the nine tenths that the run learned from.

    The text is the run's own copy, a built-in one written again, or a fetched one that is still
    in the cache; in each case its hash must be the one that the run wrote down.

    Raises:
        CheckpointError: the text is not here; the message says why.
    """
    tokenizer, corpus = run.tokenizer(), _corpus(run)
    kind = documents_of(run.config())
    try:
        learned, _ = split_ids(corpus, tokenizer, kind)
    except UnknownCharacterError as error:
        raise CheckpointError(
            f"its text has characters that its vocabulary lacks: {error}"
        ) from None
    ids = learned.ids if isinstance(learned, Documents) else learned
    counts = torch.bincount(ids, minlength=tokenizer.vocab_size)
    if kind == "lines":  # the line break before a line is the one after the line before it
        counts[end_token(tokenizer)] -= len(learned)
    return counts.numpy()


def _corpus(run: Run) -> Corpus:
    """The whole text of a run, checked."""
    data = run.config().get("data")
    if not isinstance(data, dict) or not isinstance(data.get("sha256"), str):
        raise CheckpointError("its config.json does not say which text it learned from")
    corpus = _text_of(run, data["sha256"])
    if hashlib.sha256(corpus.text.encode()).hexdigest() != data["sha256"]:
        raise CheckpointError(
            "its text is not the one it learned from any more: the hash differs from the one in "
            "its config.json"
        )
    return corpus


def _text_of(run: Run, sha256: str) -> Corpus:
    """The text that may be the run's: a fetched one, its own copy, or a built-in one."""
    if fetched := cached(sha256):
        return corpora.from_files([fetched])
    try:
        return run.corpus()
    except CheckpointError as error:
        known = [name for name, source in SOURCES.items() if source.sha256 == sha256]
        hint = f"; `python -m gpt fetch {known[0]}` gets it" if known else ""
        raise CheckpointError(f"{str(error).split(';')[0]}{hint}") from None
