"""All heads side by side: the concatenation as blocks, one by one and in one batched product."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.one_head.heads_together import HeadsTogether, heads_together
from pages.parts.head.head_matrices import Head
from pages.shared.figures import inked
from pages.shared.lecture import cited
from pages.shared.loads import BY_LOOK, Look, attention
from viz.colors import MASKED
from viz.figures.tokens.channels import channel_map

WORDS = f"""
**All heads side by side.** Each head says D numbers for every token; set side by side, the H heads
make the C channels that the output projection reads: C = H × D. The lecture runs its heads one
after the other, later code multiplies all of them in one batched product; the sums are the same.
— {cited("one head", "nanogpt")}
"""
MOST_NAMES = 16


def draw(look: Look, head: Head) -> None:
    """Draw the concatenation with the chosen head's block, and both differences."""
    st.markdown(WORDS)
    together = of_layer(look, head[0])
    figure = inked(_figure(look, together, head[1]))
    st.plotly_chart(figure, key="head_blocks", config={"displayModeBar": False})
    T, C = together.at_once.shape
    H = C // together.D
    equal = "exactly 0" if together.difference == 0 else f"{together.difference:.1e}"
    st.markdown(
        f"Layer {head[0]}: **{H}** heads × D = **{together.D}** make C = **{C}** channels, for "
        f"each of {T} tokens. One by one against one batched product, both in float64, differ by "
        f"**{equal}** at most. Adding up what each head contributes, with the projection's bias, "
        f"differs from what the layer gave by {together.from_model:.1e}, which is float32's "
        "rounding."
    )


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def of_layer(look: Look, layer: int) -> HeadsTogether:
    """All heads of one layer."""
    return heads_together(look.checkpoint.model, attention(look), layer)


def _figure(look: Look, together: HeadsTogether, chosen: int) -> go.Figure:
    """(T, C) with a line between the heads, and their names above."""
    D, (_, C) = together.D, together.at_once.shape
    figure = channel_map(together.at_once, tokens=look.tokens, column="channel", height=420)
    H = C // D
    for h in range(1, H):
        figure.add_vline(x=h * D - 0.5, line={"width": 1, "color": MASKED})
    for h in range(H) if H <= MOST_NAMES else [chosen]:
        figure.add_annotation(
            x=(h + 0.5) * D - 0.5,
            y=1,
            yref="paper",
            yanchor="bottom",
            text=f"<b>H{h}</b>" if h == chosen else f"H{h}",
            showarrow=False,
        )
    return figure.update_layout(margin_t=26)
