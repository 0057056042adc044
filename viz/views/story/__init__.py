"""The story of one cell of a head: a component that prints it step by step, sums as bars."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from viz.views.story.cell_story import Shares, Softmax, Telling, to_json

__all__ = ["Shares", "Softmax", "Telling", "head_story"]

_FOLDER = Path(__file__).parent

_component = st.components.v2.component(
    "headlight.head_story",
    html='<div class="story" data-testid="head-story">\n</div>',
    css=(_FOLDER / "story.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "story.js").read_text(encoding="utf-8"),
)


def head_story(told: Telling, *, key: str) -> None:
    """Draw a story."""
    _component(key=key, data=to_json(told))
