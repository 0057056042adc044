"""viz: arrays and tokens in, plotly figures out; for pages and notebooks alike.

The linked attention view is a Streamlit component and is imported by its own name,
`viz.attention_view`, so that a notebook needs no Streamlit.
"""

from viz.curves import loss_curves
from viz.heatmap import heatmap
from viz.next_token import next_token_bars

__all__ = ["heatmap", "loss_curves", "next_token_bars"]
