"""A page with nothing but the attention view: 12 × 12 heads, and a button for other ones.

?T=64 sets the number of tokens. Every payload of a page holds different numbers, so that neither
the server nor the browser can answer from what it has. Heads repeat, a few maps in turn: what is
sent has the size it would have, and the maps of a thousand tokens fit in memory.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from tests.browser.attention_view_app import scores, softmax, tokens, visible
from viz.views.attention import AttentionPicture, attention_view, encode

L, H = 12, 12
MAPS = 7
PAYLOADS = 6  # distinct ones a page, of which the first is shown at once


class RepeatedMaps:
    """(L, H, T, T) of which only `MAPS` heads exist; head n is map n modulo `MAPS`."""

    def __init__(self, maps: np.ndarray) -> None:
        self.maps = maps
        self.shape = (L, H, *maps.shape[1:])

    def __getitem__(self, head: tuple[int, int]) -> np.ndarray:
        one: np.ndarray = self.maps[(head[0] * H + head[1]) % MAPS]
        return one


def picture(T: int, seed: int) -> AttentionPicture:
    """Causal attention weights with a diagonal, a lag or a decay in each head."""
    mask = visible(T, "causal")
    maps = softmax(scores(1, MAPS, T, seed)[0], mask)
    return AttentionPicture(tokens=tokens(T), values=RepeatedMaps(maps), visible=mask)


@st.cache_resource(max_entries=PAYLOADS, show_spinner=False)
def payload(T: int, seed: int) -> bytes:
    """One encoded picture, made once."""
    return encode(picture(T, seed))


def main() -> None:
    """Make all payloads, then show one."""
    st.set_page_config(layout="wide")
    T = int(st.query_params.get("T", 64))
    blobs = [payload(T, seed) for seed in range(PAYLOADS)]
    st.session_state.setdefault("shown", 0)
    if st.button("next"):
        st.session_state["shown"] += 1
    attention_view(blobs[st.session_state["shown"] % PAYLOADS], key="view", selected=(0, 0))


if __name__ == "__main__":
    main()
