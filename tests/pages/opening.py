"""A page of the app run whole, without a browser, and what it shows."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from pages.shared import folders
from pages.shared.plain import APART

SHELL = str(folders.ROOT / "pages" / "shared" / "shell.py")
SECONDS = 90
SAYING = ("markdown", "caption", "info", "warning", "error", "code")


def opened(page: str, **query: Any) -> AppTest:
    """A page, after its first run.

    Args:
        page: its file's name, without the ending.
        query: parameters of its URL.
    """
    app = AppTest.from_file(SHELL, default_timeout=SECONDS)
    if page == "import_model":
        app.run()  # its address is not its file's name, and has to be known first
        app.query_params.clear()
    app.switch_page(str(folders.ROOT / "pages" / f"{page}.py"))
    app.query_params.update({name: str(value) for name, value in query.items()})
    app.run()
    assert not app.exception
    return app


def charts(app: AppTest) -> list[dict[str, Any]]:
    """The plotly figures of a page, in its order."""
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def ways(app: AppTest) -> list[Any]:
    """The links of a page to others, without those of its foot to its neighbours in the menu."""
    links = [each.proto for each in app.get("page_link")]
    return [link for link in links if not link.label.startswith(("Previous: ", "Next: "))]


def said(app: AppTest) -> str:
    """All that a page says, markdown's escapes taken off."""
    return "\n".join(
        one.value.replace("\\", "").replace(APART, "") for kind in SAYING for one in app.get(kind)
    )


def numbers(values: Any) -> np.ndarray:
    """An array of a figure, which plotly sends as it is or in base64."""
    if isinstance(values, dict):
        flat = np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"]))
        return flat.reshape([int(n) for n in str(values.get("shape", len(flat))).split(",")])
    return np.array(values, dtype=float)
