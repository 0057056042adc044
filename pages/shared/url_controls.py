"""Controls whose value is in the URL, as several pages have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st

from pages.shared.page_state import control, fitted
from pages.shared.parameters import HIGHEST_SEED
from pages.shared.url_fields import PageState


def choice(
    label: str,
    state: PageState,
    name: str,
    options: Sequence[str],
    help: str | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> str:
    """Draw a row of options for a field; the first stands in for a value that is not among them."""
    state = fitted(state, name, options, options[0], f"it can be {', '.join(options)} here")
    chosen = st.segmented_control(
        label,
        options,
        **control(name),
        required=True,
        help=help,
        label_visibility=label_visibility,
    )
    return chosen or options[0]


def tabs(state: PageState, name: str, options: Sequence[str]) -> str:
    """The same for what a whole page shows: a row of its own, whose options need no label."""
    return choice("Show", state, name, options, label_visibility="collapsed")


def named(
    label: str, state: PageState, name: str, titles: Mapping[str, str], help: str | None = None
) -> str:
    """The same for options that are called otherwise on the page than in the URL."""
    options = list(titles)
    fitted(state, name, options, options[0], f"it can be {', '.join(options)} here")
    chosen = st.segmented_control(
        label, options, format_func=titles.__getitem__, **control(name), required=True, help=help
    )
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
    """Draw a field for a whole number from low to high.

    The limits are checked here: the browser would leave a larger number in its field and say
    nothing.

    Args:
        range: the possible numbers, in words.
        default: stands in if nothing was chosen.
    """
    wanted = getattr(state, name)
    nearest = low if wanted is None else min(max(wanted, low), high)
    instead = nearest if wanted is not None or default is None else default
    limits = range or f"choose {low:,} to {high:,}"
    fitted(state, name, within(low, high), instead, limits)
    return int(st.number_input(label, step=step, **control(name), width=width, help=help))


def within(low: int, high: int) -> range:
    """The numbers from low to high."""
    return range(low, high + 1)


def seed(state: PageState, name: str, default: int, help: str) -> int:
    """Draw a field for a seed; return its value.

    Args:
        state, name: of the page, and of its field.
        default: if nothing was chosen.
        help: what the seed decides.
    """
    return whole("Seed", state, name, 0, HIGHEST_SEED, default=default, help=help)
