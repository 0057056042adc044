"""The seed, as a field of a page and in its URL."""

from __future__ import annotations

import streamlit as st

from gpt import numerals
from pages.shared import permalink

HIGHEST = 2**31 - 1


def seed_field(name: str, default: int, help: str) -> int:
    """Draw the field; return what it says.

    Args:
        name: in the URL.
        default: where the URL says none.
        help: what the seed decides.
    """
    permalink.bind(name, default, _read)
    return int(
        st.number_input("Seed", 0, HIGHEST, step=1, key=permalink.key(name), help=help, width=130)
    )


def _read(text: str) -> int:
    return numerals.whole(text, "seed", 0, HIGHEST)
