"""Order: the prompt with its tokens turned round, with positions and without."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.errors import PromptError
from gpt.inspect.tokens.token_order import OrderCase, token_order
from pages.parts.embeddings.embeddings_state import EmbeddingsState
from pages.shared.lecture import cited
from pages.shared.loads import BY_LOOK, Look
from pages.shared.plain import plain, sentence
from pages.shared.save import save_button
from viz.text import visible

WORDS = f"""
**Does order matter?** All tokens before the last are turned round, and the prediction after the
last one is compared. Attention takes a mean over a set: only positions, and a little the causal
mask, say what stood where. — {cited("positions", "graph")}
"""
ONE_TEXT = "This needs a model of one text that writes; choose a decoder."
HEAD = (
    "| | largest change of a logit | likeliest next token | after the turn | loss on the prompt |\n"
    "|:--|--:|:--|:--|--:|"
)
ROUNDING = 1e-3
"""Below this a change of logits is float32's rounding, since sums are taken in another order."""


def draw(look: Look, state: EmbeddingsState) -> dict[str, Any]:
    """Draw the table of the four cases; return the values for the URL."""
    st.markdown(WORDS)
    config = look.checkpoint.config
    if look.checkpoint.kind != "decoder" or config.is_classifier or not config.n_layer:
        st.info(ONE_TEXT, icon=":material/info:")
        return {}
    try:
        cases = in_both_orders(look)
    except PromptError as error:
        st.info(sentence(str(error)), icon=":material/info:")
        return {}
    rows = [_row(look, name, case) for name, case in cases.items()]
    st.markdown("\n".join([HEAD, *rows]))
    bare = cases["no positions, no mask"]
    same = bare.moved < ROUNDING
    st.markdown(
        f"Without positions and without a mask the turned prompt gives "
        f"{'**the same prediction**' if same else 'another prediction'}: no logit moves by more "
        f"than {bare.moved:.1e}{', which is rounding' if same else ''}. The model was trained as "
        "in the first row, so that its loss says nothing good of the others."
    )
    save_button(
        "embeddings: order",
        figures={},
        arrays=lambda: _arrays(cases),
        look=look,
    )
    return {}


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def in_both_orders(look: Look) -> dict[str, OrderCase]:
    """The four cases of a prompt."""
    return token_order(look.checkpoint.model, look.ids)


def _row(look: Look, name: str, case: OrderCase) -> str:
    pieces = look.checkpoint.tokenizer.pieces(case.likeliest)
    before, after = (plain(visible(piece)) for piece in pieces)
    return f"| {name} | {case.moved:.4f} | {before} | {after} | {case.loss:.4f} |"


def _arrays(cases: dict[str, OrderCase]) -> dict[str, np.ndarray]:
    return {
        f"{name}: {order}": logits
        for name, case in cases.items()
        for order, logits in (("as typed", case.before), ("turned round", case.after))
    }
