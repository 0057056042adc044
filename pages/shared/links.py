"""Controls whose value is in the URL, as several pages have them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gpt import numerals
from pages.shared import permalink

Head = tuple[int, int]


def choice(label: str, name: str, options: Sequence[str], help: str | None = None) -> str:
    """A row of options under the URL parameter `name`; the first is the default."""
    if permalink.bind(name, options[0]) not in options:
        permalink.put(name, options[0])
    chosen = st.segmented_control(label, options, key=permalink.key(name), required=True, help=help)
    return chosen or options[0]


def head(suffix: str = "") -> Head:
    """The URL's `layer` and `head`, with a suffix; `within` makes them fit a model."""
    return permalink.bind(f"layer{suffix}", 0, index), permalink.bind(f"head{suffix}", 0, index)


def within(head: Head, shape: tuple[int, ...]) -> Head:
    """The head, or the nearest one that a model of (L, H) has."""
    return min(head[0], shape[0] - 1), min(head[1], shape[1] - 1)


def index(text: str) -> int:
    """A whole number from 0, out of the URL."""
    return numerals.whole(text)


def cell(text: str) -> tuple[int, int]:
    """(query, key), out of the URL: "12.5"."""
    query, key = text.split(".")
    return index(query), index(key)
