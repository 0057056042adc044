"""Files to take away: a figure as a page that opens with no network, arrays as CSV and NPZ.

Every file carries the settings that it was made with, as one JSON text: the page in a script
element (and in words below the picture), the NPZ as the array `settings`, the CSV in its first
line. PNG and SVG are made where the picture is drawn, in the browser: `viz.views.save_picture`.
"""

from __future__ import annotations

import csv
import html
import io
import json
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from viz.given import Array
from viz.text import readable

if TYPE_CHECKING:
    import pandas as pd

Settings = Mapping[str, Any]

WIDTH, HEIGHT = 960, 520
"""Size of a saved picture, in px, if its figure has none."""

BESIDE = 140
"""px that a square map has beside it for labels and the colour bar, more than below it."""

LARGEST_TABLE = 4_000_000
"""Numbers in a CSV, at most: above, it would be hundreds of megabytes that nothing opens."""

MAP = ("layer", "head", "query", "key")
VECTOR = ("layer", "head", "position", "dimension")
AXES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("scores", "scaled", "masked", "weights", "visible"), MAP),
    **dict.fromkeys(("queries", "keys", "values", "head_out"), VECTOR),
    "contribution": ("layer", "head", "position", "channel"),
    "logits": ("position", "token"),
    "probs": ("position", "token"),
}
"""What the axes of the stages are called in a table; of fewer axes, the last ones."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ margin: 16px; background: {paper}; color: {ink}; font: 13px/1.5 sans-serif; }}
#told {{ max-width: {width}px; overflow-wrap: anywhere; opacity: 0.75; }}
</style>
</head>
<body>
{figure}
<p id="told">{caption}</p>
<script type="application/json" id="settings">{settings}</script>
</body>
</html>
"""


def dressed(figure: go.Figure, *, paper: str = "#ffffff", ink: str = "#1d2126") -> go.Figure:
    """A copy of a figure with a size, a background and the colour of its text settled.

    Args:
        paper, ink: as #rrggbb; a figure that was coloured for a dark page needs a dark paper.
    """
    dark = int(paper[1:3], 16) < 128
    copy = go.Figure(figure)
    copy.update_layout(
        template="plotly_dark" if dark else "plotly_white",
        paper_bgcolor=paper,
        font={"color": ink, "family": "sans-serif"},
        width=figure.layout.width or _width(figure),
        height=figure.layout.height or HEIGHT,
    )
    return copy


def _width(figure: go.Figure) -> int:
    """What is drawn to scale needs no more width than its height gives it, and no less."""
    layout, height = figure.layout, figure.layout.height or HEIGHT
    if layout.yaxis.scaleanchor is None:
        return WIDTH
    wide = height
    if layout.xaxis.range and layout.yaxis.range:
        across, down = (abs(end - start) for start, end in (layout.xaxis.range, layout.yaxis.range))
        wide = round(height * across / (down * (layout.yaxis.scaleratio or 1)))
    return max(wide, height) + BESIDE


def to_html(figure: go.Figure, settings: Settings, title: str = "Headlight") -> bytes:
    """A page of one figure with plotly inside; the settings are a JSON script in it."""
    layout = figure.layout
    drawn = figure.to_html(
        include_plotlyjs=True,
        full_html=False,
        div_id="figure",
        config={"displaylogo": False, "responsive": False},
    )
    page = _PAGE.format(
        title=html.escape(title),
        paper=layout.paper_bgcolor or "#ffffff",
        ink=layout.font.color or "#1d2126",
        width=layout.width or WIDTH,
        figure=drawn,
        caption=html.escape(caption(settings)),
        settings=to_json(settings).replace("<", "\\u003c"),
    )
    return page.encode()


def to_npz(arrays: Mapping[str, ArrayLike], settings: Settings) -> bytes:
    """The arrays under their names, and `settings`, a JSON text.

    Raises:
        ValueError: an array called `settings`, or one that could only be pickled.
    """
    checked = {name: _checked(name, array) for name, array in arrays.items()}
    file = io.BytesIO()
    content: dict[str, Any] = {"settings": np.array(to_json(settings)), **checked}
    np.savez_compressed(file, **content)
    return file.getvalue()


def to_csv(name: str, array: ArrayLike, settings: Settings) -> bytes:
    """One array as a table: a row for each place on all axes but the last, which is the columns.

    Two lines that start with `# ` come first: the settings as JSON, and what the axes are.
    `pandas.read_csv(file, comment="#")` passes over them. Numbers are printed so that they read
    back exactly; −inf (masked) stays `-inf`.

    Raises:
        ValueError: more than `LARGEST_TABLE` numbers.
    """
    values = _checked(name, array)
    if values.size > LARGEST_TABLE:
        raise ValueError(
            f"{name} has {values.size:,} numbers; a CSV takes {LARGEST_TABLE:,} at most, an NPZ "
            "takes them all"
        )
    axes = axis_names(name, values.ndim)
    shape = " × ".join(f"{axis} {n}" for axis, n in zip(axes, values.shape, strict=True))
    head = f"# {to_json(settings)}\n# {name}: {shape or 'one value'}\n"
    table = _table(name, values, axes).to_csv(
        index=values.ndim > 0, na_rep="nan", lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )
    return f"{head}{table}".encode()


def to_zip(arrays: Mapping[str, ArrayLike], settings: Settings) -> bytes:
    """Every array as a CSV, in one file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            archive.writestr(f"{name}.csv", to_csv(name, array, settings))
    return file.getvalue()


def to_json(settings: Settings) -> str:
    """The settings as every file holds them: JSON in ASCII, in one line."""
    return json.dumps(dict(settings))


def caption(settings: Settings) -> str:
    """The settings in words; empty ones are left out, and so is the link, which repeats them.

    >>> caption({"run": "copy", "prompt": "ab\\n", "switches": {}, "top_k": None})
    'run: copy · prompt: ab↵ · switches: none'
    """
    known = {name: value for name, value in settings.items() if value not in (None, "", [])}
    known.pop("link", None)
    return " · ".join(f"{name}: {_said(value)}" for name, value in known.items())


def axis_names(name: str, ndim: int) -> list[str]:
    """What the axes of an array are called.

    >>> axis_names("weights", 3), axis_names("norms", 2)
    (['head', 'query', 'key'], ['axis 0', 'axis 1'])
    """
    known = AXES.get(name, ())
    if ndim <= len(known):
        return list(known[len(known) - ndim :])
    return [f"axis {n}" for n in range(ndim)]


def _table(name: str, values: Array, axes: list[str]) -> pd.DataFrame:
    import pandas as pd  # here: it takes as long as a page, and few save a table

    if values.ndim < 2:
        index = pd.RangeIndex(values.size, name=axes[0] if axes else None)
        return pd.DataFrame({name: values.reshape(-1)}, index=index)
    rows = pd.MultiIndex.from_product([range(n) for n in values.shape[:-1]], names=axes[:-1])
    columns = [f"{axes[-1]} {n}" for n in range(values.shape[-1])]
    return pd.DataFrame(values.reshape(len(rows), -1), index=rows, columns=columns)


def _checked(name: str, array: ArrayLike) -> Array:
    values = np.asarray(array)
    if name == "settings":
        raise ValueError("an array cannot be called settings: the file's own settings are")
    if values.dtype == object:
        raise ValueError(f"{name} holds Python objects; give numbers, booleans or texts")
    return values


def _said(value: Any) -> str:
    """One value in words; a big array by its size only, since the JSON has it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_said(part)}" for name, part in value.items()) or "none"
    if isinstance(value, list):
        rows = len(value)
        if value and isinstance(value[0], list) and rows * len(value[0]) > 20:
            return f"a {rows} × {len(value[0])} array"
        return "[" + ", ".join(map(_said, value)) + "]"
    return readable(str(value)).replace("\n", "↵")
