"""What a notebook needs of viz is there on a machine that has no Streamlit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import sys
sys.modules["streamlit"] = None  # importing it fails, as where it is not installed
import numpy as np
import viz
from viz import export
weights = np.eye(2)
for figure in (
    viz.heatmap(weights, "ab"),
    viz.head_grid(weights[None, None], "ab"),
    viz.stages({"weights": weights}, "ab"),
    viz.next_token_bars(weights[0], weights[0], ["a", "b"]),
    viz.loss_curves([]),
):
    assert b"plotly" in export.to_html(export.dressed(figure), {"run": "none"})
assert "torch" not in sys.modules and "gpt" not in sys.modules
"""


def test_every_figure_is_drawn_and_kept_without_streamlit() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
