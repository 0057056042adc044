"""Normalization: rows or columns, by hand; the norms of a model at work; and whether it matters."""

from __future__ import annotations

import streamlit as st

from pages.parts.normalization import by_hand, four_norms, model_norm, norms_left_out
from pages.parts.normalization.normalization_state import NormalizationState
from pages.shared import page_state, url_controls
from pages.shared.lecture import cited

SHOWS = {
    "by hand": by_hand.show,
    "four norms": four_norms.show,
    "in this model": model_norm.show,
    "does it matter": norms_left_out.show,
}
LOOK_FOR = {
    "by hand": "Which numbers have mean 0 and deviation 1 afterwards: each row's, or each "
    "column's? Then change one example, and see whose numbers move.",
    "four norms": "Over which numbers of a block does each norm take its mean? Choose a number, "
    "and see which others it is measured against; then see what each norm has to remember.",
    "in this model": "What does one norm read, and what does it hand on? Compare mean and "
    "deviation before and after, and see what the model made of γ and β.",
    "does it matter": "Leave every norm out and read the prompt again. Then see models that were "
    "trained with another norm, or with it in another place.",
}

ABOUT = f"""
A layer learns best from numbers that are neither huge nor tiny. A norm takes the mean off, divides
by the deviation, and lets the model learn a gain γ and a bias β for each channel.

- **Batch normalization** takes mean and variance of each column: one feature over all
  examples of the batch. An example's result depends on the others. In use there is no batch, so
  running means from training stand in. (Ioffe and Szegedy, 2015)
- **LayerNorm** takes those of each row: one example over its features. Nothing is shared
  between examples, nothing has to be remembered, training and use are the same. In the lecture's
  code it is one axis changed, from 0 to 1. (Ba, Kiros and Hinton, 2016)
- **Instance norm** and **group norm** stay within one example, as LayerNorm does, and take means
  over its positions too. Only batch norm has buffers: what it saw in training stands in
  for a batch.
- In a Transformer each token's vector is a row, its channels are the features.
- Variances are divided by N. ε (10⁻⁵) keeps the division from failing where all numbers are
  equal; it is why a deviation may end a little below 1.
- **Pre-norm** (GPT-2, the lecture): before each branch, so that the residual stream passes freely.
  **Post-norm** (the paper of 2017): after each addition.

{cited("layernorm")}.
"""


def main() -> None:
    """One of four parts."""
    st.header("Normalization", anchor=False)
    words = st.empty()
    state = page_state.opened(NormalizationState)
    part = url_controls.choice("Show", state, "show", tuple(SHOWS))
    words.markdown(f"{LOOK_FOR[part]} — {cited('layernorm')}")
    page_state.publish(state, **{"show": part} | SHOWS[part](state))
    with st.expander("How to read this"):
        st.markdown(ABOUT)


main()
