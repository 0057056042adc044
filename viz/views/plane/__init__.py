"""Points in a plane as a Streamlit component: hover, click, zoom, arrow keys.

The plotly figures of the same points (`token_scatter`, `qk_plane`) are for files, for notebooks and
for space. Streamlit builds a plotly chart anew whenever a number in it changes, which
takes the browser some 100 ms; drawn here, the same points take a few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent

_component = st.components.v2.component(
    "headlight.plane_view",
    html='<div class="plane" data-testid="plane">\n</div>',
    css=(_FOLDER / "view.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "view.js").read_text(encoding="utf-8"),
)


def plane_view(
    data: Mapping[str, Any], *, key: str, on_choose: Callable[[int], None] | None = None
) -> None:
    """Draw what `viz.figures.tokens.plane_data` made; cache it.

    Args:
        on_choose: called with the id of a point that was clicked, before the rerun that follows;
            None where points cannot be chosen.
    """

    def choose() -> None:
        found = st.session_state[key].get("point")
        if found is not None and on_choose is not None:
            on_choose(int(found))

    _component(key=key, data={**data, "choose": on_choose is not None}, on_point_change=choose)
