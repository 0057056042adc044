"""Files to save from *Inside a head*: pictures and every array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

import viz
from pages.parts.head.head_matrices import Cell, Head, inside, plane
from pages.parts.head.story_numbers import cell, story_of
from pages.shared.loads import BY_LOOK, Look
from pages.shared.save import save_button
from viz.figures.heads.cell_sums import products_figure, shares_figure
from viz.figures.points_figure import points_figure
from viz.point_picture import PointPicture, plane_data
from viz.qk_points import qk_points

STAGES = "queries keys values scores scaled masked weights head_out contribution".split()


def save(look: Look, head: Head, at: Cell) -> None:
    """Draw the button."""
    save_button(
        "head",
        figures=_figures(look, head, at),
        arrays=lambda: _arrays(look, head, at),
        look=look,
        settings={"layer": head[0], "head": head[1], "query": at[0], "key": at[1]},
    )


def plane_figure(look: Look, head: Head) -> go.Figure:
    """Queries and keys in one plane."""
    return points_figure(_plane_picture(look, head))


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def plane_points(look: Look, head: Head) -> dict[str, Any]:
    """The same for the page, as `viz.views.plane` draws it.

    Raises:
        ConfigError: numbers that are not finite.
    """
    return plane_data(_plane_picture(look, head))


def _plane_picture(look: Look, head: Head) -> PointPicture:
    projected = plane(look, head)
    share = projected.share.tolist()
    return qk_points(projected.queries, projected.keys, look.tokens, share, look.key_tokens)


def _figures(look: Look, head: Head, at: Cell) -> dict[str, Callable[[], go.Figure]]:
    matrices, story = inside(look, head), story_of(look, head, at)
    title = f"L{head[0]} H{head[1]}"
    stages = {name: getattr(matrices, name) for name in STAGES}
    texts: dict[str, Any] = {"tokens": look.tokens, "key_tokens": look.key_tokens}
    figures: dict[str, Callable[[], go.Figure]] = {
        "Stages": lambda: viz.stages(stages, **texts, title=title),
        "Weights": lambda: viz.heatmap(
            matrices.weights, **texts, visible=matrices.visible, title=f"{title} weights"
        ),
        "Products of the cell": lambda: products_figure(story),
        "Queries and keys": lambda: plane_figure(look, head),
    }
    if story.shares.tokens:
        figures["Added to the logits"] = lambda: shares_figure(story.shares)
    return figures


def _arrays(look: Look, head: Head, at: Cell) -> dict[str, np.ndarray]:
    """The head's stages, then the cell's own numbers."""
    story = cell(look, head, at)
    mine = {name: getattr(story, name) for name in ("products", "exps", "look", "added")}
    return inside(look, head).arrays() | {f"cell_{name}": array for name, array in mine.items()}
