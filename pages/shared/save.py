"""Save: a picture and its arrays as files, with the settings inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import numpy as np
import plotly.graph_objects as go
import streamlit as st

import gpt
from pages.shared import imports, switch_text
from pages.shared.figures import theme_color
from pages.shared.loads import Look
from viz import export
from viz.views.save_picture import save_picture

Figures = Callable[[], go.Figure]
Arrays = Callable[[], Mapping[str, np.ndarray]]

EVERYTHING = "All of them"


def save_button(
    name: str,
    *,
    figures: Mapping[str, Figures],
    arrays: Arrays,
    look: Look | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Draw a button that offers the page's pictures and numbers as files.

    It stands at the right of the page's header, wherever it is called (style.css).

    Args:
        name: of the files and the widgets; one for each page.
        figures: the pictures, by title; made only when a person asks for one.
        arrays: the numbers; stages have their names of `gpt.Trace`.
        look: its run, prompt and switches go into each file.
        settings: what else the picture depends on (view, head, …), as JSON types.
    """
    with st.container(key=f"save_corner_{name}"):
        pressed = st.button(
            "Save",
            icon=":material/download:",
            type="tertiary",
            key=f"save_{name}",
            help="The pictures as PNG, SVG or a page that opens offline; the numbers as CSV or "
            "NPZ.",
        )
    if pressed:
        settings = _all_settings(name, look, dict(settings or {}))
        _dialog(_file_name(name, look), figures, arrays, settings)


@st.dialog("Save", width="large", icon=":material/download:")
def _dialog(
    name: str, figures: Mapping[str, Figures], arrays: Arrays, settings: Mapping[str, Any]
) -> None:
    """The dialog; a choice in it runs nothing but the dialog."""
    imports.bring(imports.INSIDE_FUNCTIONS)  # a table is saved with pandas
    if figures:
        _picture(name, figures, settings)
    _numbers(name, arrays(), settings)
    st.caption(
        "Each file holds the model's name, the prompt, the switches and Headlight's version: "
        "HTML and SVG as JSON in an element `settings`, PNG in a text chunk `headlight`, NPZ in "
        "an array `settings`, CSV in its first line, which starts with `#`."
    )


def _picture(name: str, figures: Mapping[str, Figures], settings: Mapping[str, Any]) -> None:
    titles = list(figures)
    title = titles[0]
    if len(titles) > 1:
        title = st.selectbox("Picture", titles, key="save_picture", width=420)
    paper, ink = (theme_color("backgroundColor"), theme_color("textColor"))
    figure = export.dressed(figures[title](), paper=paper, ink=ink)
    file = f"{name}-{_slug(title)}" if len(titles) > 1 else name
    save_picture(figure, {"picture": title, **settings}, name=file, title=title, key="save_preview")


def _numbers(name: str, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> None:
    """A menu of the arrays, and buttons for the two formats."""
    if not arrays:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen: str = st.selectbox(
            "Numbers",
            [EVERYTHING, *arrays],
            format_func=lambda array: _label(array, arrays),
            key="save_array",
            width=320,
        )
        several = chosen == EVERYTHING
        picked = dict(arrays) if several else {chosen: arrays[chosen]}
        file = name if several else f"{name}-{_slug(chosen)}"
        _csv(file, picked, several, settings)
        st.download_button(
            "NPZ",
            lambda: export.to_npz(picked, settings),
            file_name=f"{file}.npz",
            mime="application/octet-stream",
            key="save_npz",
            on_click="ignore",
        )


def _csv(
    file: str, picked: Mapping[str, np.ndarray], several: bool, settings: Mapping[str, Any]
) -> None:
    """A button for one table, or for a zip of several.

    Off, with a reason, if a table is too big.
    """
    big = [name for name, array in picked.items() if np.size(array) > export.LARGEST_TABLE]
    ending, mime = ("csv.zip", "application/zip") if several else ("csv", "text/csv")
    (only,) = picked if not several else ("",)
    st.download_button(
        "CSV (zip)" if several else "CSV",
        lambda: (
            export.to_zip(picked, settings)
            if several
            else export.to_csv(only, picked[only], settings)
        ),
        file_name=f"{file}.{ending}",
        mime=mime,
        key="save_csv",
        on_click="ignore",
        disabled=bool(big),
        help=f"Too many numbers for a table: {', '.join(big)}. Take the NPZ." if big else None,
    )


def _label(array: str, arrays: Mapping[str, np.ndarray]) -> str:
    if array == EVERYTHING:
        return f"{EVERYTHING} ({len(arrays)})"
    return f"{array}  {' × '.join(map(str, np.shape(arrays[array]))) or 'one number'}"


def _all_settings(name: str, look: Look | None, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings inside every file."""
    origin: dict[str, Any] = {}
    if look is not None:
        prompt = look.checkpoint.tokenizer.decode(list(look.ids))
        origin = {
            "run": look.run,
            "prompt": prompt,
            "switches": switch_text.settings(look.switches),
        }
        if look.source:
            origin["source"] = look.checkpoint.source_tokenizer.decode(list(look.source))
            origin["site"] = look.site or "decoder"
    link = f"?{urlencode(st.query_params.to_dict())}"
    return origin | settings | {"page": name, "link": link, "headlight": gpt.__version__}


def _file_name(name: str, look: Look | None) -> str:
    return "-".join(["headlight", _slug(name), *([_slug(look.run)] if look else [])])


def _slug(text: str) -> str:
    """A text as part of a file name that every system takes.

    >>> _slug("Layer 0, head 1: weights")
    'layer-0-head-1-weights'
    """
    letters = "".join(char if char.isascii() and char.isalnum() else " " for char in text.lower())
    return "-".join(letters.split()) or "picture"
