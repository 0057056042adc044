"""A part of a page that runs by itself when one of its controls changes.

The shell, the navigation and the prompt bar above it then neither run nor are drawn again
(docs/adr/0018).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from pages.shared import messages

Given = ParamSpec("Given")


def part(function: Callable[Given, None]) -> Callable[Given, None]:
    """Make a function such a part."""
    return repeated(function, None)


def repeated(function: Callable[Given, None], every: float | None) -> Callable[Given, None]:
    """The same, run again by itself.

    By itself a part runs outside the shell, which elsewhere tells of errors; so it does it itself.

    Args:
        every: seconds from one run to the next; None runs it only when a control in it changes.
    """
    name = Path(inspect.getfile(function)).stem  # its module is `__main__`, as every page's

    @wraps(function)
    def alone(*args: Given.args, **kwargs: Given.kwargs) -> None:
        with messages.told(name):
            function(*args, **kwargs)

    return st.fragment(alone, run_every=every)
