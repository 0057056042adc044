"""Controls whose value is in the URL, as several pages have them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shared.page_state import PageState, State, control, fitted
from pages.shared.parameters import OneHead

Head = tuple[int, int]


def choice(
    label: str, state: PageState, name: str, options: Sequence[str], help: str | None = None
) -> str:
    """A row of options for a field; the first stands in for one that is not possible here."""
    state = fitted(state, name, options, options[0], f"it can be {', '.join(options)} here")
    chosen = st.segmented_control(label, options, **control(name), required=True, help=help)
    return chosen or options[0]


def whole(
    label: str,
    state: PageState,
    name: str,
    low: int,
    high: int,
    range: str = "",
    default: int | None = None,
    width: int = 130,
    step: int = 1,
    help: str | None = None,
) -> int:
    """A number from low to high. It is held against them here, and not by the browser, which would
    leave what is too large in its field without a word.

    Args:
        range: what is possible, in words.
        default: stands in where nothing was chosen.
    """
    wanted = getattr(state, name)
    nearest = low if wanted is None else min(max(wanted, low), high)
    instead = nearest if wanted is not None or default is None else default
    told = range or f"choose {low:,} to {high:,}"
    fitted(state, name, within(low, high), instead, told)
    return int(st.number_input(label, step=step, **control(name), width=width, help=help))


def within(low: int, high: int) -> range:
    """The numbers from low to high."""
    return range(low, high + 1)


def fit_head(state: State, shape: tuple[int, ...]) -> State:
    """The state with a layer and a head that a model of (L, H) has, the nearest ones."""
    assert isinstance(state, OneHead)
    (L, H), (l, h) = shape[:2], (state.layer, state.head)
    state = fitted(state, "layer", range(L), min(l, L - 1), f"this model has layers 0 to {L - 1}")
    return fitted(state, "head", range(H), min(h, H - 1), f"a layer here has heads 0 to {H - 1}")


def within_shape(head: Head, shape: tuple[int, ...]) -> Head:
    """The head, or the nearest one that a model of (L, H) has."""
    return min(head[0], shape[0] - 1), min(head[1], shape[1] - 1)
