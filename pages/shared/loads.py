"""Cached loads: checkpoints, traces and what the browser gets of them.

Everything here is shared by all sessions and bounded. Keys are a run's name, the stamp of its
weights file and the inputs; never a model. Arrays are read-only: nobody may change what others see.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

import gpt
from gpt.errors import CheckpointError
from gpt.inspect import analyses
from pages.shared import folders
from viz.attention_view import AttentionPicture, encode

Ids = tuple[int, ...]
VIEWS = ("weights", "scores", "scaled", "average")
SORTS = ("layer", "entropy")


def stamp(run: str) -> int:
    """A number that changes when the weights of a run do.

    Raises:
        CheckpointError: the run is not there.
    """
    path = folders.checkpoints() / run / "model.safetensors"
    try:
        return path.stat().st_mtime_ns
    except OSError:
        known = ", ".join(folders.run_names()) or "none yet"
        raise CheckpointError(
            f"there is no run {run!r} with weights here; the runs are: {known}"
        ) from None


def checkpoint(run: str) -> gpt.Checkpoint:
    """The latest weights of a run, loaded once."""
    return _checkpoint(run, stamp(run))


@st.cache_resource(max_entries=6, show_spinner=False)
def _checkpoint(run: str, stamp: int) -> gpt.Checkpoint:
    return gpt.load(folders.checkpoints() / run)


def traced(run: str, ids: Ids, mask: str, scale: str | float) -> gpt.Trace:
    """The trace of a prompt through a run."""
    return _traced(run, stamp(run), ids, mask, scale)


@st.cache_resource(max_entries=8, show_spinner=False)
def _traced(run: str, stamp: int, ids: Ids, mask: str, scale: str | float) -> gpt.Trace:
    switches = gpt.Switches(mask=mask, scale=scale)
    found = gpt.trace(_checkpoint(run, stamp).model, ids, switches)
    for value in vars(found).values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return found


def entropies(run: str, ids: Ids, mask: str, scale: str | float) -> np.ndarray:
    """(L, H): mean entropy of every head on a prompt, in nats."""
    return _entropies(run, stamp(run), ids, mask, scale)


@st.cache_resource(max_entries=32, show_spinner=False)
def _entropies(run: str, stamp: int, ids: Ids, mask: str, scale: str | float) -> np.ndarray:
    return analyses.entropy(_traced(run, stamp, ids, mask, scale).weights)


def attention_payload(
    run: str,
    ids: Ids,
    mask: str,
    scale: str | float,
    view: str,
    sort: str,
    selected: tuple[int, int],
) -> bytes:
    """The attention of every head, as the browser gets it."""
    picture = _picture(run, ids, mask, scale, view, sort, selected)
    # Which head is selected changes the bytes only where not all of them are exact.
    exact = None if picture.every_head_is_exact else selected
    return _payload(run, stamp(run), ids, mask, scale, view, sort, exact, picture)


@st.cache_resource(max_entries=16, show_spinner=False)
def _payload(
    run: str,
    stamp: int,
    ids: Ids,
    mask: str,
    scale: str | float,
    view: str,
    sort: str,
    exact: tuple[int, int] | None,
    _picture: AttentionPicture,
) -> bytes:
    return encode(_picture)


def _picture(
    run: str,
    ids: Ids,
    mask: str,
    scale: str | float,
    view: str,
    sort: str,
    selected: tuple[int, int],
) -> AttentionPicture:
    """What the view shows; nothing is computed that the trace did not keep."""
    found = traced(run, ids, mask, scale)
    tokens = checkpoint(run).tokenizer.pieces(ids)
    if view == "average":
        return _average_picture(found, tokens)
    means = entropies(run, ids, mask, scale)
    return AttentionPicture(
        tokens=tokens,
        values=getattr(found, view),
        visible=found.visible,
        kind="weights" if view == "weights" else "signed",
        name=view,
        entropy=means,
        order=analyses.sharpest_first(means) if sort == "entropy" else None,
        selected=selected,
    )


def _average_picture(found: gpt.Trace, tokens: list[str]) -> AttentionPicture:
    """One map a layer, the mean over its heads, and one over all heads."""
    layers = found.weights.mean(axis=1)
    values = np.concatenate([layers, layers.mean(axis=0, keepdims=True)])[:, None]
    L = len(layers)
    return AttentionPicture(
        tokens=tokens,
        values=values,
        visible=found.visible,
        entropy=analyses.entropy(values),
        layer_labels=[*(f"L{layer}" for layer in range(L)), "all"],
        head_labels=["average"],
    )
