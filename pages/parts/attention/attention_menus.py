"""The one row of controls above the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from pages.parts.attention import attention_pictures
from pages.parts.attention.attention_state import AttentionState
from pages.shared import site_bar, switch_bar
from pages.shared.page_state import control
from pages.shared.prompt_bar import Prompt


class Controls(NamedTuple):
    """The values of the row."""

    site: str
    mask: str
    scale: str | float
    view: str
    sort: str


def controls(prompt: Prompt, state: AttentionState) -> Controls:
    """The attention site of a model that has several; mask, scale, view and order."""
    with st.container(horizontal=True):
        site = site_bar.site_menu(prompt, state)
        mask, scale = switch_bar.switch_pair(state, site_bar.own_mask(prompt, site))
        view = _menu("View", "view", attention_pictures.VIEWS, 155, VIEW_HELP)
        sort = _menu("Sort heads by", "sort", attention_pictures.SORTS, 175, SORT_HELP)
    return Controls(site, mask, scale, view, sort)


VIEW_HELP = (
    "Value-weighted: weight × ‖value_j W_O‖, the length of what the look adds (Kobayashi et al., "
    "2020). Average and rollout (Abnar and Zuidema, 2020): one map a layer, over the heads that "
    "are not hidden."
)
SORT_HELP = "Patterns are measured on this prompt; the effect runs the model once a head."


def _menu(label: str, name: str, options: Sequence[str], width: int, help: str) -> str:
    chosen: str = st.selectbox(
        label, options, **control(name), width=width, help=help, format_func=str.capitalize
    )
    return chosen
