"""Documents: the same names as blocks that stop where a name ends, and as one long text."""

from __future__ import annotations

from functools import partial
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from gpt.text import documents, training_batch
from gpt.text.documents import Sample
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.training_batch import Mixture
from pages.parts.tensors.batch_view import shape_menu
from pages.parts.tensors.corpus_menu import ChosenCorpus, written
from pages.parts.tensors.tensors_state import NAMES, TensorsState
from pages.shared import url_controls
from pages.shared.save import save_button
from viz.figures.equation import Matrix, equation
from viz.views.batch import Blocks, batch_view

LENGTH = 50_000  # characters of names: thousands of them
WAYS = {"stop": "Blocks that stop at a line's end", "stream": "One long text"}


def show(chosen: ChosenCorpus, run: str | None, state: TensorsState) -> dict[str, Any]:
    """Draw both ways to cut the same documents; return the values for the URL."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = url_controls.choice("Documents", state, "documents", NAMES)
        B, T, draw = shape_menu(state)
    corpus = ChosenCorpus.of(of, written("names", LENGTH).text) if of == NAMES[0] else chosen
    tokenizer = CharacterTokenizer.of(corpus.text)
    st.caption(
        "One colour a document; ↵ ends it. Hatched places lie past its end: nothing is learned "
        "there."
    )
    samples = {way: _sample(corpus.digest, B, T, draw, way == "stop", corpus) for way in WAYS}
    for column, (way, sample) in zip(st.columns(2, gap="large"), samples.items(), strict=True):
        with column:
            st.markdown(f"**{WAYS[way]}.** {_mixture_words(way, training_batch.mixture(sample))}")
            batch_view(_blocks(sample, tokenizer), key=f"tensors_{way}")
    _offer(samples, corpus, {"B": B, "T": T, "seed": draw})
    return {"documents": of, "B": B, "T": T, "draw": draw}


@st.cache_resource(max_entries=16, show_spinner=False)
def _sample(
    digest: str, B: int, T: int, draw: int, boundaries: bool, _corpus: ChosenCorpus
) -> Sample:
    texts = documents.lines(_corpus.text)
    tokenizer = CharacterTokenizer.of(_corpus.text)
    return documents.sample_blocks(texts, tokenizer, T, B, draw, boundaries)


def _mixture_words(way: str, mixture: Mixture) -> str:
    sentence = f"{mixture.mixed} of {mixture.blocks} blocks reach into another document; "
    sentence += f"{mixture.learned} of {mixture.positions} places are learned from."
    return sentence


def _blocks(sample: Sample, tokenizer: CharacterTokenizer) -> Blocks:
    pieces = training_batch.pieces_of(tokenizer, sample.inputs, sample.targets)
    return Blocks(sample.inputs, sample.targets, pieces, sample.documents, sample.target_documents)


def _figure(sample: Sample) -> go.Figure:
    return equation([Matrix("x", sample.inputs), Matrix("y", sample.targets)], cell=34)


def _offer(samples: dict[str, Sample], corpus: ChosenCorpus, settings: dict[str, Any]) -> None:
    save_button(
        "text to tensors: documents",
        figures={WAYS[way]: partial(_figure, sample) for way, sample in samples.items()},
        arrays=lambda: {
            f"{way}_{field}": array
            for way, sample in samples.items()
            for field, array in vars(sample).items()
        },
        settings={"corpus": corpus.title, "corpus_sha256": corpus.digest, **settings},
    )
