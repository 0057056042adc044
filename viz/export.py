"""Files to take away: a figure as a page that opens with no network, arrays as NPZ.

Every file carries the settings that it was made with.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

Settings = Mapping[str, Any]


def to_html(figure: go.Figure, settings: Settings) -> bytes:
    """A page of one figure with plotly inside; the settings are a JSON script in it."""
    page: str = figure.to_html(include_plotlyjs=True, full_html=True)
    told = json.dumps(dict(settings)).replace("<", "\\u003c")
    script = f'<script type="application/json" id="settings">{told}</script>'
    return page.replace("</body>", f"{script}</body>").encode()


def to_npz(arrays: Mapping[str, NDArray[Any]], settings: Settings) -> bytes:
    """The arrays under their names, and `settings`, a JSON text."""
    file = io.BytesIO()
    content: dict[str, Any] = {"settings": np.array(json.dumps(dict(settings))), **arrays}
    np.savez_compressed(file, **content)
    return file.getvalue()
