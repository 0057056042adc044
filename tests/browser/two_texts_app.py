"""A page with the attention view, the inside of a head and the mask editor of a model of two texts.

?site=cross|decoder|encoder&cells=colours|numbers. What is drawn in the mask editor is the mask of
the cross-attention, with which the model runs again.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

import gpt
from gpt.errors import SwitchError
from gpt.inspect.one_head.matrices import one_head
from gpt.inspect.site import AttentionSite
from tests.gpt.two_texts import C, D, S, T, source_ids, target_ids, two_texts
from viz.views.attention import AttentionPicture, attention_view, encode, picked
from viz.views.head import Facts, HeadPicture, head_view
from viz.views.head import encode as encode_head
from viz.views.mask import drawn, mask_editor

PADDING = 5
TARGET = "les réseaux de neurones sont géniaux et ils apprennent vite .".split()
SOURCE = "neural networks are great and they learn quickly , or so we were told".split()
KEYS = [*SOURCE, *(["[pad]"] * PADDING)]
assert len(TARGET) == T and len(KEYS) == S


@st.cache_resource(max_entries=8)
def traced(mask: bytes) -> gpt.Trace:
    """The model's trace with a mask of the cross-attention, packed row by row."""
    bits = np.unpackbits(np.frombuffer(mask, np.uint8), count=T * S)
    switches = {"cross": gpt.Switches(mask=bits.astype(bool).reshape(T, S))}
    source = source_ids(padding=PADDING)
    return gpt.trace(two_texts(), target_ids(), switches, source=source)


def texts(site: str) -> tuple[list[str], list[str] | None]:
    """The texts of the queries, and of the keys if they are another text's."""
    return (KEYS if site == "encoder" else TARGET), (KEYS if site == "cross" else None)


def picture(site: AttentionSite) -> AttentionPicture:
    tokens, keys = texts(site.name)
    entropy = site.row_entropy.mean(-1)
    return AttentionPicture(
        tokens, site.weights, site.visible, entropy=entropy, key_tokens=keys, name="weights"
    )


def inside(site: AttentionSite, head: tuple[int, int], cells: str) -> HeadPicture:
    stages = one_head(two_texts(), site, *head)
    facts = Facts(
        *head, C, D, scale=stages.scale, scale_name="head_size", cross=site.name == "cross"
    )
    tokens, keys = texts(site.name)
    return HeadPicture(tokens, stages.arrays(), facts, cells, key_tokens=keys)  # type: ignore[arg-type]


def main() -> None:
    st.set_page_config(layout="wide")
    ask = st.query_params
    mask = drawn("mask")
    mask = np.ones((T, S), dtype=bool) if mask is None else mask
    try:
        site = traced(np.packbits(mask).tobytes()).site(ask.get("site", "cross"))
    except SwitchError as error:
        st.error(str(error))
        site = traced(np.packbits(np.ones((T, S), bool)).tobytes()).site(ask.get("site", "cross"))
    before = picked("view")
    shown = attention_view(
        encode(picture(site)), key="view", selected=before.head if before else (0, 0)
    )
    st.text(f"head {list(shown.head)} cell {shown.cell and list(shown.cell)}")
    head_view(
        encode_head(inside(site, shown.head, ask.get("cells", "colours"))),
        key="inside",
        cell=st.session_state.get("cell", (0, 0)),
        on_pick=lambda cell: st.session_state.update(cell=cell),
    )
    mask_editor(mask, TARGET, key="mask", key_tokens=KEYS)
    st.text(f"{int(mask.sum())} cells may be seen")


if __name__ == "__main__":
    main()
