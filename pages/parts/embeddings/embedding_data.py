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
from gpt.training.initial import initial
from gpt.training.runs import Run
from gpt.training.token_counts import token_counts
from pages.shared import folders, loads

MOST = 2000
"""Vocabularies up to here are shown whole."""

FITTED = {"PCA": 1000, "t-SNE": 300}
"""Of larger ones, so many tokens are laid out; t-SNE's time grows fastest."""


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


def trained(run: str) -> Tables:
    """The tables of a run's latest weights."""
    return _trained(run, loads.stamp(run))


def start(run: str) -> Start:
    """The tables that a run began with."""
    return _start(run, loads.stamp(run))


def vocabulary(run: str) -> Vocabulary:
    """The tokens of a run."""
    return _vocabulary(run, loads.stamp(run))


def laid_out(run: str, method: str) -> np.ndarray:
    """Ids of the tokens in a plane: all, or the commonest of a large vocabulary."""
    known = vocabulary(run)
    V, most = len(known.pieces), FITTED[method]
    if (most if method == "t-SNE" else MOST) >= V:
        return np.arange(V)
    if known.counts is None:
        return np.arange(most)
    return np.sort(np.argsort(-known.counts, kind="stable")[:most])


def table(run: str, name: str, moment: str) -> np.ndarray:
    """(V, C): the `token` or `output` table, `trained` or at the `start`."""
    tables = trained(run) if moment == "trained" else start(run).tables
    assert tables is not None, "the start is offered only where there is one"
    chosen = tables.output if name == "output" else tables.token
    assert chosen is not None, "the output is offered only where it is a table of its own"
    return chosen


def fitted(run: str, name: str, n: int) -> plane.Plane:
    """The PCA plane of a trained table."""
    return _fitted(run, loads.stamp(run), name, n)


def coordinates(run: str, name: str, moment: str, n: int) -> np.ndarray:
    """(N, n): the tokens of `laid_out` as t-SNE places them."""
    return _coordinates(run, loads.stamp(run), name, moment, n)


@st.cache_resource(max_entries=6, show_spinner=False)
def _trained(run: str, stamp: int) -> Tables:
    return _read_only(embedding_tables.tables(loads.checkpoint(run).model))


@st.cache_resource(max_entries=6, show_spinner="Drawing the first weights again from the seed …")
def _start(run: str, stamp: int) -> Start:
    try:
        initial_model = initial(Run(folders.checkpoints() / run))
    except HeadlightError as error:
        return Start(None, f"The start of this run cannot be shown: {error}.")
    note = (
        "The start is drawn again from the run's seed; its attention on the probe prompt equals "
        "the snapshot taken before the first step."
        if initial_model.confirmed
        else "The start is drawn again from the run's seed, with the same version of torch; there "
        "is no snapshot of step 0 to confirm it."
    )
    return Start(_read_only(embedding_tables.tables(initial_model.model)), note)


@st.cache_resource(max_entries=12, show_spinner="Counting tokens in the text it learned from …")
def _vocabulary(run: str, stamp: int) -> Vocabulary:
    tokenizer = loads.checkpoint(run).tokenizer
    pieces = tokenizer.pieces(range(tokenizer.vocab_size))
    counts, reason = None, ""
    try:
        counts = token_counts(Run(folders.checkpoints() / run))
    except HeadlightError as error:
        reason = str(error)
    return Vocabulary(pieces, *kinds(pieces), counts, reason)


@st.cache_resource(max_entries=16, show_spinner=False)
def _fitted(run: str, stamp: int, name: str, n: int) -> plane.Plane:
    return plane.pca(table(run, name, "trained")[laid_out(run, "PCA")], n)


@st.cache_resource(max_entries=16, show_spinner="t-SNE is placing the tokens …")
def _coordinates(run: str, stamp: int, name: str, moment: str, n: int) -> np.ndarray:
    points = plane.tsne(table(run, name, moment)[laid_out(run, "t-SNE")], n)
    points.flags.writeable = False
    return points


def _read_only(arrays: Any) -> Any:
    """The same tables, read-only, because all sessions share them."""
    for array in vars(arrays).values():
        if array is not None:
            array.flags.writeable = False
    return arrays
