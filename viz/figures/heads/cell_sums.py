"""The story's two sums as plotly figures, to take away."""

from __future__ import annotations

import plotly.graph_objects as go

from viz.cell_story import CellStory, Shares
from viz.colors import DOWN, MASKED, UP
from viz.figures.plot_parts import framed, name_rows, row_bars, whole_ticks
from viz.text import plotly_label


def products_figure(story: CellStory) -> go.Figure:
    """The D products of a query and a key as bars that add up to the score."""
    numbers = [float(product) for product in story.products]
    figure = go.Figure()
    figure.add_bar(
        x=list(range(len(numbers))),
        y=numbers,
        marker={"color": [DOWN if number < 0 else UP for number in numbers]},
        hovertemplate="dimension %{x}: %{y:.4f}<extra></extra>",
    )
    query, key = plotly_label(story.tokens[story.query]), plotly_label(story.keys[story.key])
    figure.update_xaxes(title="dimension of the head", **whole_ticks(len(numbers)))
    figure.update_yaxes(title="query × key", zeroline=True, zerolinecolor=MASKED)
    cell = f"{story.title}, query {story.query} {query} · key {story.key} {key}"
    title = {"text": f"{cell}: score {story.score:.4f}", "font": {"size": 14}}
    return framed(figure, 340, top=40, title=title)


def shares_figure(shares: Shares) -> go.Figure:
    """What one look adds to the logits of the tokens that it moves most, the most raised on top."""
    numbers = [float(number) for number in shares.look]
    colors = [DOWN if number < 0 else UP for number in numbers]
    bars = row_bars(numbers, colors, 0.8, cliponaxis=False, textposition="outside")
    figure = go.Figure(bars.update(text=[f"{number:.{shares.digits}f}" for number in numbers]))
    name_rows(figure, [plotly_label(token) for token in shares.tokens], 12)
    figure.update_xaxes(title="added to the logit", zerolinecolor=MASKED)
    return framed(figure, 360, right=40, top=20)
