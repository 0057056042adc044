"""The boxes of a whole model as bars: how long what each adds to one token's stream is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from viz.figures.plot_parts import LEGEND_ABOVE, column_bars, framed
from viz.figures.stream.stream_norms import stream_line

HEIGHT = 420
TOP = 60  # px: the title, and the legend below it


class BoxLength(NamedTuple):
    """A box: its name on the axis, its kind in the legend, its colour and its length."""

    name: str
    kind: str
    color: str
    length: float


def whole_lengths(boxes: Sequence[BoxLength], stream: Mapping[int, float], title: str) -> go.Figure:
    """Draw the boxes as bars, in their order, and the stream as a line over them.

    Args:
        stream: the length of the stream after a box, by the box's place.
        title: as plotly prints it, so escaped.

    Raises:
        ValueError: the stream has a length after a box that is not there.
    """
    if not set(stream) <= set(range(len(boxes))):
        raise ValueError(f"{len(boxes)} boxes, but the stream is known after {list(stream)}")
    figure = go.Figure()
    for kind in dict.fromkeys(box.kind for box in boxes):
        places = [index for index, box in enumerate(boxes) if box.kind == kind]
        lengths, color = [boxes[index].length for index in places], boxes[places[0]].color
        hover = f"{kind} %{{y:.4f}}<extra></extra>"
        figure.add_trace(column_bars(kind, places, lengths, color, hover))
    figure.add_trace(stream_line(list(stream), list(stream.values())))
    names = [box.name for box in boxes]
    figure.update_xaxes(tickvals=list(range(len(boxes))), ticktext=names, showgrid=False)
    figure.update_yaxes(title="length of the vector", rangemode="tozero")
    heading = {"text": title, "font": {"size": 14}}
    return framed(figure, HEIGHT, top=TOP, title=heading, legend=LEGEND_ABOVE, dragmode=False)
