"""The matrix that is normalized by hand: drawn from a seed, or typed."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.inspect.stream.normalizing import random_matrix, read_matrix
from pages.parts.normalization.normalization_state import SOURCES, NormalizationState
from pages.parts.normalization.number_fields import real, whole
from pages.shared import url_controls
from pages.shared.page_state import control

LARGEST = (8, 6)


def source(state: NormalizationState) -> str:
    """Draw the choice of the source of the numbers."""
    return url_controls.choice(
        "Numbers", state, "numbers", SOURCES, "Drawn as torch.randn draws them, or your own."
    )


def chosen(source: str, state: NormalizationState) -> tuple[np.ndarray, dict[str, Any]]:
    """Draw the controls of a source; return its matrix, and the values for the URL.

    Raises:
        ConfigError: the typed text is not a matrix.
    """
    if source == "typed":
        text: str = st.text_input(
            "Rows between semicolons",
            **control("matrix"),
            width=360,
            help="One row an example, one column a feature; at most 8 × 6.",
        )
        return read_matrix(text, LARGEST), {"matrix": text}
    seed = whole("Seed", state, "seed", 0, 10_000)
    B = whole("Examples (B)", state, "examples", 2, LARGEST[0])
    C = whole("Features (C)", state, "features", 2, LARGEST[1])
    spread = real("× spread", state, "spread", 100.0, "Multiplies every number drawn.")
    shift = real("+ shift", state, "shift", 100.0, "Added to every number drawn.")
    settings = {"seed": seed, "examples": B, "features": C, "spread": spread, "shift": shift}
    return random_matrix(B, C, seed, shift, spread), settings
