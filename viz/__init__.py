"""viz: arrays and tokens in, plotly figures out; for pages and notebooks alike.

The components (the linked attention view, the dialog that saves a picture) are Streamlit's and are
imported by their own names, `viz.views.attention`, so that a notebook needs no Streamlit.
"""

from viz.figures.heads.head_grid import head_grid
from viz.figures.heads.heatmap import heatmap
from viz.figures.heads.stage_maps import stages
from viz.figures.predictions.next_token import next_token_bars
from viz.figures.runs.curves import loss_curves

__all__ = ["head_grid", "heatmap", "loss_curves", "next_token_bars", "stages"]
