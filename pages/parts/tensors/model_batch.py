"""A batch of the corpus as a model reads it; the parts of the page that need a model share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

import gpt
from gpt.text import training_batch
from gpt.text.training_batch import Batch
from pages.parts.tensors import batch_view, trained_tokenizers
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.tensors_state import TensorsState
from pages.shared import loads
from viz.figures.equation import LARGEST, Matrix, equation

CELL = 34  # px
NO_RUN = "There is no model yet: train one on *Train*, and it reads this batch."
NO_DECODER = "This model does not write a text token by token; choose a decoder in the menu above."


@dataclass(frozen=True, eq=False)
class ModelBatch:
    """A decoder and the ids of the corpus in its tokens.

    Fields:
        run, stamp: its name, and a number that changes with its weights.
        ids: (N,) the whole corpus.
        digest: of the corpus.
    """

    run: str
    stamp: int
    checkpoint: gpt.Checkpoint
    ids: np.ndarray
    digest: str

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for equal weights and corpora."""
        return self.run, self.stamp, self.digest

    def batch(self, B: int, T: int, seed: int) -> Batch:
        """A batch of the training side."""
        return training_batch.batch(self.ids, B, T, seed)

    def held_out(self, B: int, T: int, seed: int) -> Batch:
        """A batch of the side that is kept back.

        Raises:
            TextError: it does not fill one block.
        """
        return training_batch.held_out_batch(self.ids, B, T, seed)


BY_BATCH: dict[Any, Any] = {ModelBatch: lambda of: of.key}
"""`hash_funcs` of every cache that takes a `ModelBatch`."""


def read(chosen: ChosenCorpus, run: str | None) -> ModelBatch | None:
    """The chosen model and the corpus in its tokens; None, with a message, if it is no decoder.

    Raises:
        UnknownCharacterError: the corpus has characters that the model has not.
    """
    if run is None:
        st.info(NO_RUN, icon=":material/model_training:")
        return None
    checkpoint = loads.checkpoint(run)
    if checkpoint.kind != "decoder" or checkpoint.config.is_classifier:
        st.info(NO_DECODER, icon=":material/info:")
        return None
    ids, _ = batch_view.read(trained_tokenizers.OWN, run, None, chosen.digest, chosen)
    return ModelBatch(run, loads.stamp(run), checkpoint, ids, chosen.digest)


def shape(of: ModelBatch, state: TensorsState) -> tuple[int, int, int]:
    """Draw B, T and the seed of a batch that the model can read; return the three."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return batch_view.shape_menu(state, min(LARGEST, of.checkpoint.config.block_size))


def side_by_side(matrices: Sequence[Matrix], key: str) -> None:
    """Draw each matrix by itself, so that they go below each other in a narrow window."""
    for number, column in enumerate(st.columns(len(matrices))):
        figure = equation([matrices[number]], cell=CELL)
        with column:
            st.plotly_chart(figure, key=f"{key}_{number}", config={"displayModeBar": False})
