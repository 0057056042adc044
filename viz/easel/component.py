"""A component of ours: its folder's JavaScript, styles and HTML, put together and registered.

In a folder `stream` stand `stream.js`, whose default export Streamlit calls, `stream.css`, and
`stream.html` if the root element does not begin empty. The JavaScript files are plain ES modules
that import each other, so that node can test and tsc can check them; Streamlit takes one module,
and gets them joined.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

Component = Callable[..., Any]

EASEL = Path(__file__).parent
_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def component(
    wrapper: str, name: str, *, testid: str = "", styles: Sequence[str] = (), isolate: bool = True
) -> Component:
    """Register the component in a folder, once, at import.

    Args:
        wrapper: a Python file in the folder, whose name its other files have.
        name: of the component among all of them, without "headlight".
        testid: of a root element that begins empty; "": the folder has an HTML file.
        styles: more style sheets of the folder.
        isolate: behind a shadow root, with the easel's style sheet.
    """
    folder = Path(wrapper).parent
    own = folder / folder.name
    empty = f'<div class="easel {folder.name}" data-testid="{testid}">\n</div>'
    html = empty if testid else _text(own.with_suffix(".html"))
    sheets = [own.with_suffix(".css"), *(folder / style for style in styles)]
    if isolate:
        sheets.insert(0, EASEL / "easel.css")
    registered: Component = st.components.v2.component(
        f"headlight.{name}",
        html=html,
        css="\n".join(map(_text, sheets)),
        js=joined(own.with_suffix(".js")),
        isolate_styles=isolate,
    )
    return registered


def joined(entry: Path) -> str:
    """One module of a JavaScript file and all that it imports; each comes after its own imports.

    The files share one scope, so their top-level names must differ.
    """
    order: list[Path] = []
    _visit(entry.resolve(), order, set())
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _text(path))) for path in order)


def _visit(path: Path, order: list[Path], visited: set[Path]) -> None:
    if path in visited:
        return
    visited.add(path)
    for other in _IMPORT.findall(_text(path)):
        _visit((path.parent / other).resolve(), order, visited)
    order.append(path)


def on_report(key: str, name: str, act: Callable[[Any], None] | None) -> Callable[[], None]:
    """What a component calls after its browser reported `name`: `act` gets the value.

    Streamlit keeps a value only if the component has a callback for it, so this returns one even
    if `act` is None.
    """

    def report() -> None:
        value = reported(key).get(name)
        if value is not None and act is not None:
            act(value)

    return report


def reported(key: str) -> dict[str, Any]:
    """Everything that the browser has reported for the component under `key`."""
    return dict(st.session_state.get(key) or {})


@cache
def _text(path: Path) -> str:
    """Most components take the easel's files; each is read once."""
    return path.read_text(encoding="utf-8")
