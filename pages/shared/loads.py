"""Cached loads: checkpoints and traces.

Everything here is shared by all sessions and bounded. Keys are a run's name, the stamp of its
weights file and the inputs; never a model. Arrays are read-only: nobody may change what others see.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import streamlit as st

import gpt
from gpt.errors import CheckpointError
from gpt.inspect.site import AttentionSite, StreamSite
from gpt.nn.switches import DEFAULT
from pages.shared import folders, switch_text
from pages.shared.large_traces import KEPT, Latest, cores, is_large
from viz.text import Label

Ids = tuple[int, ...]


@dataclass(frozen=True)
class Look:
    """What a page looks at: a run, the tokens that it reads, and the switches of the pass.

    Fields:
        source: for a model of two texts, the tokens that its encoder reads.
        site: which attention is looked at; "": the only one, or the decoder's own. `switches` are
            those of this site.
    """

    run: str
    ids: Ids
    switches: gpt.Switches = DEFAULT
    source: Ids = ()
    site: str = ""

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for equal looks; changes when the weights of the run do.

        Raises:
            CheckpointError: the run is not there.
        """
        # Hashing a tuple of a thousand numbers takes Streamlit longer than a step takes the model.
        texts = [array("q", ids).tobytes() for ids in (self.ids, self.source)]
        return self.run, stamp(self.run), *texts, self._switches, self.site

    @cached_property
    def _switches(self) -> str:
        return switch_text.fingerprint(self.switches)

    @property
    def checkpoint(self) -> gpt.Checkpoint:
        """The run's latest weights."""
        return checkpoint(self.run)

    @property
    def query_ids(self) -> Ids:
        """The tokens of the T queries."""
        return self.source if self.site == "encoder" else self.ids

    @property
    def size(self) -> tuple[int, int]:
        """(T, S): how many queries and keys the attention has."""
        T = len(self.query_ids)
        return T, len(self.source) if self.site == "cross" else T

    @property
    def tokens(self) -> list[str]:
        """The text of each query's token."""
        return self._source_tokens if self.site == "encoder" else self._tokens

    @property
    def key_tokens(self) -> list[str] | None:
        """The text of each key's token; None if the keys are the queries' tokens."""
        return self._source_tokens if self.site == "cross" else None

    @property
    def _tokens(self) -> list[str]:
        return self.checkpoint.tokenizer.pieces(self.ids)

    @property
    def _source_tokens(self) -> list[str]:
        return self.checkpoint.source_tokenizer.pieces(self.source)


BY_LOOK: dict[str | type[Any], Callable[[Any], Any]] = {Look: lambda look: look.key}
"""`hash_funcs` of every cache that takes a `Look`."""


def stamp(run: str) -> int:
    """A number that changes when the weights of a run do.

    Raises:
        CheckpointError: the run is not there.
    """
    path = folders.folder_of(run) / "model.safetensors"
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
    return gpt.load(folders.folder_of(run))


def attention(look: Look) -> AttentionSite:
    """The attention that is looked at: one site of the trace."""
    trace = traced(look)
    return trace.site(look.site or trace.name)


def stream(look: Look) -> StreamSite:
    """The residual stream of the encoder or the decoder that is looked at."""
    return cast(StreamSite, attention(look))


def crossed(look: Look) -> AttentionSite | None:
    """The cross-attention that writes to the same stream; None if there is none."""
    trace = traced(look)
    return trace.cross if look.site != "encoder" and "cross" in trace.sites else None


def traced(look: Look) -> gpt.Trace:
    """The trace of a prompt through a run."""
    if is_large(look):
        return _large().get(look.key, lambda: _trace(look))
    return _traced(look)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=BY_LOOK)
def _traced(look: Look) -> gpt.Trace:
    return _trace(look)


@st.cache_resource(show_spinner=False)
def _large() -> Latest[gpt.Trace]:
    return Latest(KEPT)


def _trace(look: Look) -> gpt.Trace:
    """A new trace, which nobody may change."""
    switches = {look.site: look.switches} if look.site else look.switches
    with cores(look):
        trace = gpt.trace(look.checkpoint.model, look.ids, switches, look.source or None)
    trace.make_read_only()
    return trace


def last_logits(look: Look) -> np.ndarray:
    """(V,) logits of the token after the last one; (K,) of the labels, by a classifier."""
    trace = traced(look)
    return trace.class_logits if trace.config.is_classifier else trace.logits_at(-1)


def all_logits(look: Look) -> np.ndarray:
    """(T, V) logits of the token after each; (K,) of the labels, by a classifier."""
    trace = traced(look)
    return trace.class_logits if trace.config.is_classifier else trace.logits


def names_of_logits(run: str) -> list[str]:
    """What each of `last_logits` is of: the text of a token, or a label."""
    return _names_of_logits(run, stamp(run))


@st.cache_resource(max_entries=6, show_spinner=False)
def _names_of_logits(run: str, stamp: int) -> list[str]:
    of = checkpoint(run)
    if of.config.is_classifier:
        return [Label(label) for label in of.labels]
    return of.tokenizer.pieces(range(of.config.vocab_size))


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_LOOK)
def entropies(look: Look) -> np.ndarray:
    """(L, H): mean entropy of every head's rows, in nats."""
    return attention(look).row_entropy.mean(-1)
