"""What the page shows of a head: its matrices, or one of three experiments with the head."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gpt.errors import ConfigError
from pages.parts.head import (
    head_matrices,
    save_head,
    side_by_side_heads,
    story_numbers,
    swapped_roles,
    value_map,
)
from pages.parts.head.head_matrices import Cell, Head
from pages.parts.head.head_state import SHOWS
from pages.shared import page_state
from pages.shared.loads import Look
from pages.shared.plain import sentence
from viz.views.head import head_view
from viz.views.plane import plane_view
from viz.views.story import head_story

PLANE = """
**Queries and keys in one plane.** Method: PCA of both clouds together, each first centred by its
own mean, as in AttentionViz (Yeh et al., 2023). A query gives the largest weights to keys in its
own direction, as far as two dimensions can show it.
"""

EXPERIMENTS: dict[str, Callable[[Look, Head], None]] = dict(
    zip(SHOWS[1:], (swapped_roles.draw, value_map.draw, side_by_side_heads.draw), strict=True)
)


def matrices(look: Look, head: Head, at: Cell, cells: str) -> None:
    """Draw every matrix, the story of one cell, and the plane of queries and keys."""
    head_view(head_matrices.payload(look, head, cells), key="inside", cell=at, on_pick=_pick)
    head_story(story_numbers.story_of(look, head, at), key="story")
    _plane(look, head)


def _pick(cell: Cell) -> None:
    page_state.put(query=cell[0], key=cell[1])


def _plane(look: Look, head: Head) -> None:
    st.markdown(PLANE)
    try:
        points = save_head.plane_points(look, head)
    except ConfigError as error:
        st.warning(sentence(str(error)))
        return
    plane_view(points, key="plane")
