"""Save: a picture and its arrays as files, with the settings inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

import gpt
from pages.shared.loads import Look
from viz import export

Figures = Callable[[], go.Figure]
Arrays = Callable[[], Mapping[str, np.ndarray]]


def save_button(
    name: str,
    *,
    figures: Mapping[str, Figures],
    arrays: Arrays,
    look: Look | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Draw a button that offers what is on the page as files.

    Args:
        name: of the files and the widgets; one a page.
        figures: what can be saved as a picture, by title; made only when asked for.
        arrays: the numbers, under the names of DESIGN.md's stages where they are one.
        look: what was run; its run, prompt and switches go into each file.
        settings: whatever else made the picture (view, head, ...), as JSON types.
    """
    told = _told(look) | dict(settings or {})
    with st.popover("Save", icon=":material/download:"):
        for title, figure in figures.items():
            st.download_button(
                f"{title} (HTML)",
                partial(_html, figure, told),
                file_name=f"{name}.html",
                key=f"save_{name}_{title}",
                on_click="ignore",
            )
        st.download_button(
            "Numbers (NPZ)",
            lambda: export.to_npz(arrays(), told),
            file_name=f"{name}.npz",
            key=f"save_{name}_npz",
            on_click="ignore",
        )


def _told(look: Look | None) -> dict[str, Any]:
    told: dict[str, Any] = {"headlight": gpt.__version__}
    if look is not None:
        prompt = look.checkpoint.tokenizer.decode(list(look.ids))
        told |= {"run": look.run, "prompt": prompt, "switches": look.switches.to_dict()}
    return told


def _html(figure: Figures, told: Mapping[str, Any]) -> bytes:
    return export.to_html(figure(), told)
