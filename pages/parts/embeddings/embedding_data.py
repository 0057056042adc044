"""The page's data, all cached: a run's tables now and at the start, its vocabulary, planes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from gpt.errors import HeadlightError
from gpt.inspect import plane
from gpt.inspect.tokens import embedding_tables
from gpt.inspect.tokens.embedding_tables import Tables
from gpt.inspect.tokens.kinds import kinds
from gpt.nn.encoder_decoder import EncoderDecoder
from gpt.nn.model import GPT
from gpt.text.tokenizer import Tokenizer
from gpt.training.initial import initial
from gpt.training.runs import Run
from gpt.training.token_counts import token_counts
from pages.shared import folders, loads
from pages.shared.loads import Look

MOST = 2000
"""Vocabularies up to here are shown whole."""

FITTED = {"PCA": 1000, "t-SNE": 300}
"""Of larger ones, so many tokens are laid out; t-SNE's time grows fastest."""


@dataclass(frozen=True)
class Stack:
    """A run, and which of its two stacks of blocks: the source's encoder, or the decoder.

    A model of one text has one stack only.
    """

    run: str
    is_source: bool = False

    @classmethod
    def of(cls, look: Look) -> Stack:
        """The stack whose attention is looked at."""
        return cls(look.run, look.site == "encoder")

    @property
    def tokenizer(self) -> Tokenizer:
        """What cuts the text that the stack reads."""
        checkpoint = loads.checkpoint(self.run)
        return checkpoint.source_tokenizer if self.is_source else checkpoint.tokenizer

    def part_of(self, model: GPT) -> GPT:
        """The stack in its model."""
        return model.encoder if self.is_source and isinstance(model, EncoderDecoder) else model


@dataclass(frozen=True)
class Start:
    """The tables before the first step, or why there are none.

    Fields:
        tables: None if they cannot be restored.
        note: where they come from, or the reason, for a person.
    """

    tables: Tables | None
    note: str


@dataclass(frozen=True)
class Vocabulary:
    """Every token of a run.

    Fields:
        pieces: (V,) texts.
        kinds: (V,) the kind of each; `legend` names all kinds.
        counts: (V,) how often each stands in the run's text; or None, and `reason` says why.
    """

    pieces: list[str]
    kinds: list[str]
    legend: tuple[str, ...]
    counts: np.ndarray | None
    reason: str


def trained(stack: Stack) -> Tables:
    """The tables of a run's latest weights."""
    return _trained(stack, loads.stamp(stack.run))


def start(stack: Stack) -> Start:
    """The tables that a run began with."""
    return _start(stack, loads.stamp(stack.run))


def vocabulary(stack: Stack) -> Vocabulary:
    """The tokens of a run."""
    return _vocabulary(stack, loads.stamp(stack.run))


def laid_out(stack: Stack, method: str) -> np.ndarray:
    """Ids of the tokens in a plane: all, or the commonest of a large vocabulary."""
    known = vocabulary(stack)
    V, most = len(known.pieces), FITTED[method]
    if (most if method == "t-SNE" else MOST) >= V:
        return np.arange(V)
    if known.counts is None:
        return np.arange(most)
    return np.sort(np.argsort(-known.counts, kind="stable")[:most])


def table(stack: Stack, name: str, moment: str) -> np.ndarray:
    """(V, C): the `token` or `output` table, `trained` or at the `start`."""
    tables = trained(stack) if moment == "trained" else start(stack).tables
    assert tables is not None, "the start is offered only where there is one"
    chosen = tables.output if name == "output" else tables.token
    assert chosen is not None, "the output is offered only where it is a table of its own"
    return chosen


def fitted(stack: Stack, name: str, n: int) -> plane.Plane:
    """The PCA plane of a trained table."""
    return _fitted(stack, loads.stamp(stack.run), name, n)


def coordinates(stack: Stack, name: str, moment: str, n: int) -> np.ndarray:
    """(N, n): the tokens of `laid_out` as t-SNE places them."""
    return _coordinates(stack, loads.stamp(stack.run), name, moment, n)


@st.cache_resource(max_entries=6, show_spinner=False)
def _trained(stack: Stack, stamp: int) -> Tables:
    return _read_only(embedding_tables.tables(stack.part_of(loads.checkpoint(stack.run).model)))


@st.cache_resource(max_entries=6, show_spinner="Drawing the first weights again from the seed …")
def _start(stack: Stack, stamp: int) -> Start:
    try:
        initial_model = initial(Run(folders.folder_of(stack.run)))
    except HeadlightError as error:
        return Start(None, f"The start of this run cannot be shown: {error}.")
    note = (
        "The start is drawn again from the run's seed; its attention on the probe prompt equals "
        "the snapshot taken before the first step."
        if initial_model.confirmed
        else "The start is drawn again from the run's seed, with the same version of torch; there "
        "is no snapshot of step 0 to confirm it."
    )
    return Start(_read_only(embedding_tables.tables(stack.part_of(initial_model.model))), note)


@st.cache_resource(max_entries=12, show_spinner="Counting tokens in the text it learned from …")
def _vocabulary(stack: Stack, stamp: int) -> Vocabulary:
    tokenizer = stack.tokenizer
    pieces = tokenizer.pieces(range(tokenizer.vocab_size))
    counts, reason = None, ""
    try:
        counts = token_counts(Run(folders.folder_of(stack.run)), stack.is_source)
    except HeadlightError as error:
        reason = str(error)
    return Vocabulary(pieces, *kinds(pieces), counts, reason)


@st.cache_resource(max_entries=16, show_spinner=False)
def _fitted(stack: Stack, stamp: int, name: str, n: int) -> plane.Plane:
    return plane.pca(table(stack, name, "trained")[laid_out(stack, "PCA")], n)


@st.cache_resource(max_entries=16, show_spinner="t-SNE is placing the tokens …")
def _coordinates(stack: Stack, stamp: int, name: str, moment: str, n: int) -> np.ndarray:
    points = plane.tsne(table(stack, name, moment)[laid_out(stack, "t-SNE")], n)
    points.flags.writeable = False
    return points


def _read_only(arrays: Any) -> Any:
    """The same tables, read-only, because all sessions share them."""
    for array in vars(arrays).values():
        if array is not None:
            array.flags.writeable = False
    return arrays
