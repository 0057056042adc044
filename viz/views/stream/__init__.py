"""The grid of the residual stream as a Streamlit component: hover, click and arrow keys.

`viz.figures.stream.state_grid` draws the same as a plotly figure, for files and notebooks; plotly
takes more than a second to draw a thousand words in cells, and canvas a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from viz.easel.component import component, on_report
from viz.state_shade import Numbers, Shade
from viz.views.stream.stream_payload import grid_data

_component = component(__file__, "stream_view", testid="stream")


def stream_view(
    values: Numbers,
    shade: Shade,
    tokens: Sequence[str],
    states: Sequence[str],
    *,
    key: str,
    on_choose: Callable[[int, int], None],
    cells: Sequence[Sequence[str]] | None = None,
    notes: Sequence[Sequence[str]] | None = None,
    following: Sequence[str] | None = None,
    chosen: tuple[int, int] | None = None,
    first: int = 0,
) -> None:
    """Draw a number for each state and position; see `viz.figures.stream.state_grid.state_grid`.

    Args:
        first: the position of the first column, as a person counts; `chosen` and `on_choose`
            count columns.
        on_choose: called with the row and the column of a cell that was clicked or gone to,
            before the rerun that follows.
    """
    data = grid_data(values, shade, tokens, states, cells, notes, following, chosen)
    data["first"] = first
    _component(
        key=key, data=data, on_cell_change=on_report(key, "cell", lambda cell: on_choose(*cell))
    )
