"""Points in a plane as a Streamlit component: hover, click, zoom, arrow keys.

`viz.figures.points_figure` draws the same points in plotly, for files, for notebooks and
for space. Streamlit builds a plotly chart anew whenever a number in it changes, which
takes the browser some 100 ms; drawn here, the same points take a few.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from viz.easel.component import component, on_report

_component = component(__file__, "plane_view", testid="plane")


def plane_view(
    data: Mapping[str, Any], *, key: str, on_choose: Callable[[int], None] | None = None
) -> None:
    """Draw points; `data` is from `viz.point_picture.plane_data` and should be cached.

    Args:
        on_choose: called with the id of a point that was clicked, before the rerun that follows;
            None if points cannot be chosen.
    """
    sent = {**data, "choose": on_choose is not None}
    _component(key=key, data=sent, on_point_change=on_report(key, "point", on_choose))
