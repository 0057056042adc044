"""A part that runs by itself tells its errors as every page does."""

from __future__ import annotations

import re

from streamlit.testing.v1 import AppTest

from pages.shared import folders

SCRIPT = """
import streamlit as st

from gpt.errors import CheckpointError
from pages.shared.page_parts import part, repeated


def missing(name: str) -> None:
    raise CheckpointError(f"the snapshot of {name} is missing")


@part
def broken() -> None:
    raise RuntimeError("a slip of ours")


repeated(missing, 5.0)("good")
broken()
st.markdown("what follows")
"""


def test_an_error_is_told_once_and_what_follows_is_drawn() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert not app.exception
    errors = [one.value for one in app.error]
    assert errors[0].replace("\\", "") == "The snapshot of good is missing."
    assert errors[1].startswith("This page met an error that is ours, not yours")
    assert len(errors) == 2
    assert app.markdown[0].value == "what follows"


def test_there_is_no_other_way_to_make_one() -> None:
    sources = (folders.ROOT / "pages").rglob("*.py")
    users = [path.name for path in sources if re.search(r"st\.fragment\b", path.read_text())]
    assert users == ["page_parts.py"]
