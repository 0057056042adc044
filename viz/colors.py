"""The project's colours, in one place; plotly figures and the canvas component read the same lists.

Both scales run in equal steps of OKLab distance, and the lightness of `WEIGHTS` only rises, so
order survives colour blindness and grey printing. Source of OKLab: Ottosson (2020), "A perceptual
color space for image processing". The accents and the masked grey have a contrast of at least
4.2 : 1 on white and on Streamlit's dark background (#0e1117) alike.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from viz.given import Numbers

Stop = tuple[float, str]
"""A place on a scale, 0 to 1, and its colour as #rrggbb."""

WEIGHTS: tuple[str, ...] = (
    "#1a224b", "#1d2f5d", "#1f3c70", "#204a82", "#1d5a8f", "#166b99", "#0a7ca1", "#038ca6",
    "#079ca8", "#1aaca6", "#35bba1", "#54c899", "#74d38c", "#94dd7d", "#b6e674", "#d9ed72",
    "#faf372",
)  # fmt: skip
"""Weight 0 to 1. Fixed: never stretched to one head's range."""

SIGNED: tuple[str, ...] = (
    "#0e4786", "#185da1", "#2873ba", "#448acc", "#64a1d9", "#85b7e3", "#a7ccec", "#cce0f2",
    "#f3f3f3", "#f2dcc5", "#eec49a", "#e7aa73", "#df8e50", "#d3742f", "#bd5d1b", "#a34a16",
    "#8a3915",
)  # fmt: skip
"""Scores and differences, -limit to +limit; the middle stop is 0."""

QUERIES = "#3c79d1"
KEYS = "#c25c19"
VALUES = "#158a57"
SOURCE = "#925ed9"
"""The text that an encoder reads, and of which cross-attention takes its keys and values."""

TARGET = "#158596"
"""The text that a decoder writes, and of which cross-attention takes its queries."""

MASKED = "#787e87"
INVALID = "#d6336c"
"""A number that is not a number (nan, infinity): a model that diverged must be seen."""

ACCENTS = {
    "queries": QUERIES, "keys": KEYS, "values": VALUES, "masked": MASKED, "invalid": INVALID,
    "source": SOURCE, "target": TARGET,
}  # fmt: skip
"""What the components get, as custom properties of their styles."""

SHARE = WEIGHTS[6]
"""Bars of probabilities and of counts."""

UP, DOWN = SIGNED[13], SIGNED[3]
"""Bars above and below 0."""


def stops(colors: Sequence[str], power: float = 1.0) -> list[Stop]:
    """Places `colors` at (k / (n - 1)) ** power.

    >>> stops(("#000000", "#777777", "#ffffff"), power=2.0)
    [(0.0, '#000000'), (0.25, '#777777'), (1.0, '#ffffff')]
    """
    last = len(colors) - 1
    return [((k / last) ** power, color) for k, color in enumerate(colors)]


WEIGHTS_SCALE: list[Stop] = stops(WEIGHTS, power=2.0)
"""Colour follows the square root of the weight: with 64 keys an even share is 0.016, and on a
linear scale nearly all of a map would be black. Use as plotly's `colorscale`, zmin=0, zmax=1."""

SIGNED_SCALE: list[Stop] = stops(SIGNED)
"""Use as plotly's `colorscale` with zmin=-limit, zmax=limit."""


def mixed(scale: Sequence[Stop], shares: Numbers) -> NDArray[np.float64]:
    """The colours of a scale at places from 0 to 1: (n, 3) red, green, blue, 0 to 255.

    >>> mixed([(0.0, "#000000"), (1.0, "#0064c8")], np.array([0.5])).tolist()
    [[0.0, 50.0, 100.0]]
    """
    places, colors = zip(*scale, strict=True)
    channels = [[int(color[at : at + 2], 16) for color in colors] for at in (1, 3, 5)]
    return np.stack([np.interp(shares, places, channel) for channel in channels], axis=-1)


def hexes(scale: Sequence[Stop], shares: Numbers) -> list[str]:
    """The same as #rrggbb."""
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.rint(mixed(scale, shares)).astype(int)]


def lightness(scale: Sequence[Stop], shares: Numbers) -> NDArray[np.float64]:
    """How light a scale is at places from 0 to 1: (n,), 0 black to 1 white. Source: ITU-R BT.601.

    >>> lightness([(0.0, "#000000"), (1.0, "#ffffff")], np.array([0.25])).tolist()
    [0.25]
    """
    return np.asarray(mixed(scale, shares) @ (0.299, 0.587, 0.114) / 255)


def inks(scale: Sequence[Stop], shares: Numbers) -> list[str]:
    """Black or white, whichever reads better at places from 0 to 1; what is no number is at 0."""
    light = lightness(scale, np.clip(np.nan_to_num(shares), 0, 1)) > 0.5
    return ["#000000" if is_light else "#ffffff" for is_light in light]


RUNS: tuple[str, ...] = ("#4477aa", "#b58900", "#b0492f", "#00a0a8", "#8a63d2", "#ee6677")
"""One a run, where several are laid over each other; then from the start again. Each has a contrast
of at least 3 : 1 on both backgrounds, and any two stay apart (OKLab distance 0.06 or more) under
protanopia, deuteranopia and tritanopia (Machado et al., 2009)."""
