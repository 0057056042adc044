"""Norms: the growth of the residual stream, and the length of what each branch adds."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.inspect.stream.logit_lens import state_names
from gpt.inspect.stream.stream_lengths import StreamNorms
from pages.parts.residual import stream_menus, stream_numbers
from pages.parts.residual.part_drawing import PartDrawing, chart
from pages.parts.residual.residual_state import OVER, ResidualState
from pages.shared import loads, page_state, url_controls
from pages.shared.loads import Look
from viz.figures.stream.state_grid import state_grid
from viz.figures.stream.stream_norms import stream_norms
from viz.state_shade import StateGrid, length_shade
from viz.views.stream import stream_view

GRID = "residual_norms_grid"


def draw(look: Look, state: ResidualState) -> PartDrawing:
    """Draw controls, the line with its bars, and the norm of every vector."""
    with st.container(horizontal=True, gap="medium"):
        over = url_controls.choice("Norm of", state, "norm_of", OVER)
        at = stream_menus.position(look.size[0], state)
    stream_norms = stream_numbers.norms(look)
    names = state_names(loads.stream(look).config)
    position = None if over == OVER[0] else at
    chart(_line(stream_norms, names, position), "residual_norms")
    stream_view(
        _grid(look, stream_norms, names),
        chosen=None if position is None else (len(names) - 1, position),
        key=GRID,
        on_choose=_choose,
    )
    return PartDrawing(
        {"norm_of": over, "position": at},
        {
            "Norm by state": lambda: _line(stream_norms, names, position),
            "Norm by state and position": lambda: state_grid(_grid(look, stream_norms, names)),
        },
        lambda: {name: of for name, of in vars(stream_norms).items() if of is not None},
        {"norm of": over, "position": at},
    )


def _line(norms: StreamNorms, names: list[str], position: int | None) -> Any:
    return stream_norms(
        _over(norms.stream, position),
        _over(norms.attention, position),
        _over(norms.mlp, position),
        names,
        None if norms.cross is None else _over(norms.cross, position),
    )


def _over(norms: np.ndarray, position: int | None) -> np.ndarray:
    return norms.mean(-1) if position is None else norms[:, position]


def _grid(look: Look, stream_norms: StreamNorms, names: list[str]) -> StateGrid:
    lengths = stream_norms.stream
    return StateGrid(lengths, length_shade(float(lengths.max())), look.tokens, names)


def _choose(row: int, position: int) -> None:
    page_state.put(norm_of=OVER[1], position=position)
