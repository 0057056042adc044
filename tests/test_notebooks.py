"""The example notebook runs from its first cell to its last, and its pictures are the trace's."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import plotly.graph_objects as go
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

import gpt

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "docs" / "notebooks" / "look-inside.ipynb"
PLOTLY = "application/vnd.plotly.v1+json"


class ThisPython(AsyncKernelManager):
    """A kernel of the Python that runs the tests, whatever kernels are registered here."""

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        return [sys.executable, "-m", "ipykernel_launcher", "-f", self.connection_file]


@pytest.fixture(scope="module")
def ran() -> Iterator[Any]:
    """The notebook after it has run; a cell that fails fails the test with its own trace."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_manager_class=ThisPython,
        resources={"metadata": {"path": str(NOTEBOOK.parent)}},
    )
    yield client.execute()


@pytest.fixture(scope="module")
def traced() -> gpt.Trace:
    checkpoint = gpt.load(ROOT / "checkpoints" / "shakespeare")
    prompt = "First Citizen:\nBefore we proceed"
    return gpt.trace(checkpoint.model, checkpoint.tokenizer.encode(prompt))


def figures(notebook: Any) -> list[go.Figure]:
    """Every picture that a cell shows, as plotly reads it."""
    bundles = [
        output.data[PLOTLY]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if PLOTLY in output.get("data", {})
    ]
    return [go.Figure(data=bundle["data"], layout=bundle["layout"]) for bundle in bundles]


def array(spec: Any) -> np.ndarray:
    """A matrix of a figure, as the notebook's front end gets it: a list, or bytes in base64."""
    if not isinstance(spec, dict):
        return np.asarray(spec, dtype=float)
    flat = np.frombuffer(base64.b64decode(spec["bdata"]), dtype=spec["dtype"])
    return flat.reshape([int(n) for n in spec["shape"].split(",")]).astype(float)


def test_it_is_committed_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None
    assert NOTEBOOK.stat().st_size < 20_000


@pytest.mark.slow
def test_it_shows_the_figures_that_it_promises(ran: Any, traced: gpt.Trace) -> None:
    grid, heat, stages, unmasked, bars = figures(ran)
    T = len(traced.ids)
    previous = np.diagonal(traced.weights, -1, 2, 3).mean(-1)
    layer, head = np.unravel_index(previous.argmax(), previous.shape)
    shown = np.where(traced.visible, traced.weights[layer, head], np.nan)
    assert np.allclose(array(heat.data[0].z), shown, atol=1e-6, equal_nan=True)
    assert f"Layer {layer}, head {head}" in heat.layout.title.text
    tiles = array(grid.data[0].z)
    assert np.allclose(tiles[-T:, -T:][traced.visible], traced.weights[-1, -1][traced.visible])
    assert len([trace for trace in stages.data if trace.meta]) == 9
    assert not np.isnan(array(unmasked.data[0].z)).any()
    edited = traced.weights[layer, head].copy()
    edited[-1] = np.eye(T)[0]
    after = gpt.trace(
        gpt.load(ROOT / "checkpoints" / "shakespeare").model,
        traced.ids.tolist(),
        gpt.Switches(weights_edit={(int(layer), int(head)): edited}),
    )
    likeliest = np.argsort(-traced.probs[-1], kind="stable")[:10]
    assert np.allclose(bars.data[0].x[:10], traced.probs[-1][likeliest], atol=1e-6)
    assert np.allclose(bars.data[1].x[:10], after.probs[-1][likeliest], atol=1e-6)
    assert not np.allclose(after.probs[-1], traced.probs[-1], atol=1e-3)


@pytest.mark.slow
def test_what_it_says_of_the_mask_is_so(ran: Any, traced: gpt.Trace) -> None:
    said = "".join(
        output.text for cell in ran.cells for output in cell.get("outputs", []) if "text" in output
    )
    loss = -np.log(traced.probs[np.arange(len(traced.ids) - 1), traced.ids[1:]]).mean()
    assert f"loss with the mask {loss:.3f}, without " in said
    assert "MiB of HTML" in said
