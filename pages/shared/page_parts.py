"""Parts of a page that run by themselves, and the errors of a page or part as messages.

When one of a part's controls changes, the shell, the navigation and the prompt bar above it neither
run nor are drawn again (docs/adr/0018).
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from gpt.errors import HeadlightError
from pages.shared.page_memory import session_memory
from pages.shared.page_state import publish_asked
from pages.shared.plain import sentence

ICON = ":material/error:"
Given = ParamSpec("Given")


@contextmanager
def errors_as_messages(page: str) -> Iterator[None]:
    """Draw an error that ends the work here as a message; the log has the details of our own.

    What the person asked for stands in the address also then.

    Args:
        page: its name, for the log.
    """
    try:
        yield
    except HeadlightError as error:
        st.error(sentence(str(error)), icon=ICON)
        publish_asked()
    except Exception:
        logging.getLogger("headlight").exception("page %s", page)
        st.error(
            "This page met an error that is ours, not yours; the server's log has the details. "
            "Your runs are as they were: reload the page, or go on with another.",
            icon=ICON,
        )


def watch() -> None:
    """Let the tour look at what was done, if a person takes it."""
    if (look := session_memory().watch) is not None:
        look()


def part(function: Callable[Given, None]) -> Callable[Given, None]:
    """Make a function a part, which runs again when a control in it changes."""
    return repeated(function, None)


def repeated(function: Callable[Given, None], every: float | None) -> Callable[Given, None]:
    """The same, run again after some seconds too.

    A part that runs by itself runs outside the shell, so it draws its own errors.

    Args:
        every: seconds from one run to the next; None runs it only when a control in it changes.
    """
    name = Path(inspect.getfile(function)).stem  # its module is `__main__`, as every page's

    @wraps(function)
    def alone(*args: Given.args, **kwargs: Given.kwargs) -> None:
        with errors_as_messages(name):
            function(*args, **kwargs)
            watch()

    return st.fragment(alone, run_every=every)
