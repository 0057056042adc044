"""viz: arrays and tokens in, plotly figures out; for pages and notebooks alike.

The components (the linked attention view, the dialog that saves a picture) are Streamlit's and are
imported by their own names, `viz.attention_view`, so that a notebook needs no Streamlit.
"""

from viz.curves import loss_curves
from viz.head_grid import head_grid
from viz.heatmap import heatmap
from viz.next_token import next_token_bars
from viz.stages import stages

__all__ = ["head_grid", "heatmap", "loss_curves", "next_token_bars", "stages"]
