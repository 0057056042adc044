"""Messages: the one place where errors become what a person reads."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from gpt.errors import HeadlightError
from pages.shared.plain import plain

ICON = ":material/error:"


@contextmanager
def told(page: str) -> Iterator[None]:
    """Tell an error that ends what is done here; the log has the details of those that are ours.

    Args:
        page: its name, for the log.
    """
    try:
        yield
    except HeadlightError as error:
        st.error(plain(str(error)), icon=ICON)
    except Exception:
        logging.getLogger("headlight").exception("page %s", page)
        st.error(
            "This page met an error that is ours, not yours; the server's log has the details. "
            "Your runs are as they were: reload the page, or go on with another.",
            icon=ICON,
        )
