"""What the browser gets of a grid: places on a colour scale, and words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from viz.colors import INVALID, MASKED, mixed
from viz.state_shade import Numbers, Shade, check, printed_number, short
from viz.text import visible

LEVELS = 256
ABSENT, NOT_A_NUMBER = -1, -2


def grid_data(
    values: Numbers,
    shade: Shade,
    tokens: Sequence[str],
    states: Sequence[str],
    cells: Sequence[Sequence[str]] | None = None,
    notes: Sequence[Sequence[str]] | None = None,
    following: Sequence[str] | None = None,
    chosen: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """As plain JSON types; the arguments are those of `viz.figures.stream.state_grid.state_grid`.

    Raises:
        ValueError: shapes that do not fit each other.
    """
    check(values, tokens, states)
    return {
        "states": list(states),
        "tokens": _seen(tokens),
        "following": None if following is None else _seen(following),
        "levels": levels(values, shade).ravel().tolist(),
        "cells": None if cells is None else _seen([cell for row in cells for cell in row]),
        "notes": _notes(values, shade) if notes is None else [n for row in notes for n in row],
        "chosen": None if chosen is None else list(chosen),
        "colors": scale_colors(shade),
        "absent": MASKED,
        "invalid": INVALID,
        "bar": {
            "title": shade.title,
            "ticks": [[short(tick), float(_share(np.array(tick), shade))] for tick in shade.ticks],
        },
    }


def levels(values: Numbers, shade: Shade) -> np.ndarray:
    """(S, T) places on the scale, 0 to 255; −1 for nan (no number there), −2 for infinity."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.clip(_share(values, shade), 0, 1)
    places = np.rint(np.nan_to_num(shares) * (LEVELS - 1)).astype(int)
    return np.where(np.isnan(values), ABSENT, np.where(np.isinf(values), NOT_A_NUMBER, places))


def scale_colors(shade: Shade) -> list[list[int]]:
    """256 colours of a scale as [red, green, blue]."""
    colors: list[list[int]] = (
        np.rint(mixed(shade.scale, np.linspace(0, 1, LEVELS))).astype(int).tolist()
    )
    return colors


def _share(values: Numbers, shade: Shade) -> Numbers:
    return (shade.place(values.astype(np.float64)) - shade.low) / (shade.high - shade.low)


def _seen(pieces: Sequence[str]) -> list[str]:
    """As a person sees them; most pieces of a grid say what another one says."""
    known = {piece: visible(piece) for piece in set(pieces)}
    return [known[piece] for piece in pieces]


def _notes(values: Numbers, shade: Shade) -> list[str]:
    return [printed_number(float(value), shade) for value in values.ravel()]
