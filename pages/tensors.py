"""Text to tensors: pieces and ids, what a vocabulary costs, and the batches of a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts.tensors import (
    batch_view,
    context_length,
    corpus_menu,
    document_batches,
    pieces,
    rows_apart,
    scatter,
    size_tradeoff,
    training_step,
    vocabulary,
)
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.tensors_state import TensorsState
from pages.shared import page_state, url_controls
from pages.shared.lecture import cited, clock

SHOWS: dict[str, Callable[[ChosenCorpus, str | None, TensorsState], dict[str, Any]]] = {
    "pieces": pieces.show,
    "vocabulary": vocabulary.show,
    "size against length": size_tradeoff.show,
    "split and batch": batch_view.show,
    "documents": document_batches.show,
    "rows apart": rows_apart.show,
    "one step": training_step.show,
    "context length": context_length.show,
    "noise": scatter.show,
}

ABOUT = f"""
A model reads numbers. This page shows what each number stands for, and which ones come together.

- **Pieces.** The same text through every tokenizer: the piece above, its id below. A byte that is
  no character by itself is shown by its number, as ⟨0xC3⟩; a space is ·, a line break ↵.
- **Size against length.** A larger vocabulary makes texts shorter, and attention's T × T maps
  smaller, but adds a row to the embedding and to the output for each token. The gain shrinks as V
  grows.
- **Split and batch.** The last tenth is kept back. A block of T tokens holds T examples, one for
  each length of context from 1 to T: all of them are learned from at once.
- **Documents.** A list of names cut as one long text teaches that a name follows another. Blocks
  that stop where a name ends, and ignore what is past it, teach when to end.
- **Rows apart, one step, context length, noise.** The chosen model reads batches of the corpus:
  its rows never talk, one step is taken with a copy of it, its loss falls with what it can read,
  and scatters from batch to batch.

*Let's build GPT*: the text {clock("text")}, tokens {clock("tokens")}, the split
{clock("split")}, blocks and batches {clock("blocks")}.
"""


def main() -> None:
    """One of four parts."""
    st.header("Text to tensors", anchor=False)
    st.markdown(
        "How does a text become the numbers that a model reads? Hover a piece to find its "
        "characters in every row, then see the blocks that one training step is given. — "
        f"{cited('text', 'bigram', joined=' to ')}"
    )
    state = page_state.opened(TensorsState)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = url_controls.choice("Show", state, "show", tuple(SHOWS))
        with st.container(width=210):
            run = corpus_menu.run_menu(state)
        with st.container(width=260):
            name = corpus_menu.corpus_menu(run, state)
    chosen = corpus_menu.read(name, run)
    link = {"show": part, "run": run, "corpus": name}
    if chosen is not None:
        link |= SHOWS[part](chosen, run, state)
    page_state.publish(state, **link)
    with st.expander("How to read this"):
        st.markdown(ABOUT)


main()
