"""Query and key swapped: the scores are transposed, and the loss rises."""

from __future__ import annotations

import streamlit as st

import viz
from gpt.errors import PromptError
from gpt.inspect.one_head.query_key_swap import Swap, swap
from pages.parts.head.head_matrices import Head
from pages.shared.figures import inked
from pages.shared.lecture import cited
from pages.shared.loads import BY_LOOK, Look
from pages.shared.plain import sentence

WORDS = f"""
**Query and key swapped.** Nothing in the code makes one matrix ask and the other answer: exchange
Wq and Wk, and every score q · k becomes k · q, so the map is transposed. Training gave each its
role, and without it the model no longer says what it learned to say; one that was born with the
two exchanged would learn as well. — {cited("one head")}
"""
ONE_TEXT = (
    "The swap is read off the scores of a text that looks at itself and off the loss of its next "
    "tokens, so it needs a model of one text that writes; choose a decoder."
)


def draw(look: Look, head: Head) -> None:
    """Draw the scores before and after, and the losses."""
    st.markdown(WORDS)
    checkpoint = look.checkpoint
    if checkpoint.kind != "decoder" or checkpoint.config.is_classifier:
        st.info(ONE_TEXT, icon=":material/info:")
        return
    try:
        result = swapped(look, head)
    except PromptError as error:
        st.info(sentence(str(error)), icon=":material/info:")
        return
    limit = float(abs(result.before).max())
    maps = (("as trained", result.before), ("swapped in this head", result.after))
    for number, (column, (title, scores)) in enumerate(zip(st.columns(2), maps, strict=True)):
        figure = viz.heatmap(
            scores,
            look.tokens,
            kind="signed",
            limit=limit,
            title=f"q · k, {title}",
            narrow=True,
        )
        with column:
            st.plotly_chart(
                inked(figure), key=f"head_swap_{number}", config={"displayModeBar": False}
            )
    st.markdown(_losses(result, head))


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def swapped(look: Look, head: Head) -> Swap:
    """The swap in this head, and in all heads."""
    return swap(look.checkpoint.model, list(look.ids), look.switches, *head)


def _losses(result: Swap, head: Head) -> str:
    layer, number = head
    furthest = result.from_transposed
    equal = "exactly 0" if furthest == 0 else f"{furthest:.1e}"
    return (
        f"Furthest from the transposed scores: **{equal}**. Loss on this prompt, "
        f"in nats: as trained **{result.loss:.4f}**, swapped in L{layer} H{number} alone "
        f"**{result.one_head:.4f}**, swapped in every head **{result.all_heads:.4f}**."
    )
