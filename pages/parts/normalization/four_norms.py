"""Four norms: one (B, T, C) block, and which of its numbers share a mean and a deviation."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.inspect.stream.norm_kinds import NormKind, norm_kinds
from pages.parts.normalization.normalization_state import GROUPS, KINDS, NormalizationState
from pages.parts.normalization.number_fields import chart, number, table, whole
from pages.shared import url_controls
from pages.shared.save import save_button
from viz.figures.equation import Matrix, equation

B, T, C = 3, 3, 4
CELL = 32  # px
TAKEN = {
    "LayerNorm": "one position over its channels",
    "batch norm": "one channel over all examples and positions",
    "instance norm": "one channel of one example over its positions",
    "group norm": "a group of channels of one example over its positions",
}


def show(state: NormalizationState) -> dict[str, Any]:
    """Draw a block, whose mean a chosen number shares, and all four norms in a table."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = url_controls.choice("Norm", state, "kind", KINDS)
        groups = url_controls.choice("Groups of channels", state, "groups", GROUPS)
        seed = whole("Seed", state, "seed", 0, 9999)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        cell = (
            whole("Example", state, "example", 0, B - 1, default=0),
            whole("Position", state, "position", 0, T - 1, default=0),
            whole("Feature", state, "feature", 0, C - 1),
        )
    x = block(seed)
    kinds = norm_kinds(x, int(groups))
    matrices = _matrices(x, kinds[name], cell)
    for column, matrix in zip(st.columns(len(matrices)), matrices, strict=True):
        with column:
            chart(equation([matrix], cell=CELL), f"norm_four_{matrix.title.split()[0]}")
    st.markdown(_words(kinds[name], cell))
    st.markdown(_table(kinds))
    link = {"kind": name, "groups": groups, "seed": seed}
    link |= dict(zip(("example", "position", "feature"), cell, strict=True))
    save_button(
        "normalization: four norms",
        figures={name: lambda: equation(matrices, cell=CELL)},
        arrays=lambda: {"x": x, **{key: kind.out for key, kind in kinds.items()}},
        settings=link,
    )
    return link


def block(seed: int) -> np.ndarray:
    """(B, T, C) numbers of a seed, each channel with a mean and a spread of its own."""
    draws = np.random.default_rng(seed)
    spread, shift = draws.uniform(0.5, 3, C), draws.uniform(-4, 4, C)
    return np.round(draws.normal(size=(B, T, C)) * spread + shift, 2)


def _matrices(x: np.ndarray, kind: NormKind, cell: tuple[int, int, int]) -> list[Matrix]:
    """The block, the numbers that share the cell's mean, and the block after the norm."""
    rows = [f"{b}.{t}" for b in range(B) for t in range(T)]
    shares = (kind.shared == kind.shared[cell]).astype(float)
    return [
        Matrix("before", _flat(x), "signed", rows),
        Matrix("shares its mean", _flat(shares), "weights", rows),
        Matrix(f"after: {kind.name}", _flat(kind.out), "signed", rows),
    ]


def _flat(block: np.ndarray) -> np.ndarray:
    """(B, T, C) to (B · T, C): a row for each position of each example."""
    return block.reshape(B * T, C)


def _words(kind: NormKind, cell: tuple[int, int, int]) -> str:
    example, position, feature = cell
    mine = int((kind.shared == kind.shared[cell]).sum())
    return (
        f"Rows are *example.position*. With **{kind.name}** the number at example {example}, "
        f"position {position}, feature {feature} is measured by the mean and deviation of {mine} "
        f"numbers: {TAKEN[kind.name]}. It becomes **{number(float(kind.out[cell]), 4)}**."
    )


def _table(kinds: dict[str, NormKind]) -> str:
    """What each norm takes, learns and remembers; the last two by PyTorch's own modules."""
    head = ["norm", "mean over", "means", "learns", "buffers", "from PyTorch"]
    rows = [
        [
            name,
            TAKEN[name],
            str(kind.means),
            _names(kind.parameters),
            _names(kind.buffers) or "none",
            f"{kind.difference:.0e}",
        ]
        for name, kind in kinds.items()
    ]
    return table(head, rows)


def _names(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name} {size}" for name, size in sizes.items())
