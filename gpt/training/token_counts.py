"""How often each token occurs in the text that a run learned from, if that text is here."""

from __future__ import annotations

import hashlib

import numpy as np
import torch

from gpt.checkpoint import documents_of
from gpt.errors import CheckpointError, UnknownCharacterError
from gpt.text import corpus as corpora
from gpt.text import labelled
from gpt.text.corpus import Corpus
from gpt.text.documents import Documents, end_token
from gpt.text.encoded import encode_labelled, encode_pairs
from gpt.text.examples import KINDS
from gpt.text.fetch import SOURCES, cached
from gpt.text.labelled import LabelledExamples
from gpt.text.leak_free import Examples, split
from gpt.text.pairs import PairExamples
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.text.splitting import split_ids
from gpt.text.tokenizer import Tokenizer
from gpt.training.assistant.answer_rows import encoded
from gpt.training.runs import Run
from gpt.training.stored_text import is_stored, open_tokens

CHANGED = (
    "its text is not the one it learned from any more: the hash differs from the one in its "
    "config.json"
)


def token_counts(run: Run, is_source: bool = False) -> np.ndarray:
    """(V,) how often each token occurs in the text or the examples that the run learned from.

    The text is the run's own copy, a built-in one written again, or a fetched one that is still
    in the cache; in each case its hash must be the one that the run wrote down.

    Args:
        is_source: of a run of two texts, count the tokens of its sources.

    Raises:
        CheckpointError: the text is not here; the message says why.
    """
    tokenizer = run.tokenizer()
    if (run.config().get("data") or {}).get("kind") in KINDS:
        size = (run.source_tokenizer() if is_source else tokenizer).vocab_size
        return np.bincount(_of_examples(run, tokenizer, is_source), minlength=size)
    if is_stored(run.config().get("data") or {}):
        return open_tokens(run, tokenizer).split()[0].counts()
    corpus, kind = _corpus(run), documents_of(run.config())
    try:
        learned, _ = split_ids(corpus, tokenizer, kind)
    except UnknownCharacterError as error:
        raise CheckpointError(
            f"its text has characters that its vocabulary lacks: {error}"
        ) from None
    ids = learned.ids if isinstance(learned, Documents) else learned[:]
    counts = torch.bincount(ids, minlength=tokenizer.vocab_size)
    if kind == "lines":  # the line break before a line is the one after the line before it
        counts[end_token(tokenizer)] -= len(learned)
    return counts.numpy()


def _of_examples(run: Run, tokenizer: Tokenizer, is_source: bool) -> np.ndarray:
    """The ids of all examples that are learned from; of pairs, the sources' too if they share.

    Of prompts with answers, a prompt counts once with each of its answers, as it is read.
    """
    data = run.config()["data"]
    if data["kind"] in (Demonstrations.KIND, Comparisons.KIND):
        is_compared = data["kind"] == Comparisons.KIND
        answers = run.examples(Comparisons) if is_compared else run.examples(Demonstrations)
        _check(answers.describe()["sha256"], data.get("sha256"))
        rows = encoded(answers.take(answers.split().training.tolist()), tokenizer)
        return np.array([id for row in rows for answer in row for id in answer.ids])
    if data["kind"] == labelled.KIND:
        texts = run.examples(LabelledExamples)
        _check(texts.describe()["sha256"], data.get("sha256"))
        return encode_labelled(texts.take(_learned(texts)), tokenizer).texts.ids.numpy()
    pairs = run.examples(PairExamples)
    _check(pairs.describe()["sha256"], data.get("sha256"))
    both = encode_pairs(pairs.take(_learned(pairs)), run.source_tokenizer(), tokenizer)
    read, written = both.sources.ids.numpy(), both.targets.ids.numpy()
    if not run.config()["model"].get("source_vocab_size", 0):
        return np.concatenate([read, written])
    return read if is_source else written


def _learned(examples: Examples) -> list[int]:
    rows: list[int] = split(examples).training.tolist()
    return rows


def _check(sha256: str, known: object) -> None:
    if sha256 != known:
        raise CheckpointError(CHANGED)


def _corpus(run: Run) -> Corpus:
    """The whole text of a run, checked."""
    data = run.config().get("data")
    if not isinstance(data, dict) or not isinstance(data.get("sha256"), str):
        raise CheckpointError("its config.json does not say which text it learned from")
    corpus = _text_of(run, data["sha256"])
    _check(hashlib.sha256(corpus.text.encode()).hexdigest(), data["sha256"])
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
