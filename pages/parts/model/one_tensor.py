"""One tensor: what it does, where to see it at work, and the distribution of its numbers."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect import tensor_summary
from gpt.inspect.tensor_summary import Summary
from pages.parts.model.tensor_uses import places
from pages.shared import loads
from pages.shared.figures import inked
from pages.shared.plain import plain
from viz.figures.runs.number_histogram import number_histogram


def draw(run: str, tensor: str) -> None:
    """Draw its uses and its numbers."""
    st.markdown(f"##### {plain(tensor)}")
    checkpoint = loads.checkpoint(run)
    places_of_tensor = places(checkpoint.config, tensor)
    st.markdown(places_of_tensor.meaning)
    with st.container(horizontal=True, gap="medium", key="places"):
        for link in places_of_tensor.links:
            st.page_link(
                link.path,
                label=link.label,
                icon=link.icon,
                query_params={"run": run, **link.query},
            )
    summary = _summary(run, loads.stamp(run), tensor)
    _numbers(summary)
    st.plotly_chart(inked(figure(run, tensor)), key="numbers", config={"displayModeBar": False})


def figure(run: str, tensor: str) -> go.Figure:
    """The histogram."""
    summary = _summary(run, loads.stamp(run), tensor)
    return number_histogram(summary.edges, summary.counts)


def arrays(run: str, tensor: str) -> dict[str, np.ndarray]:
    """The tensor itself, and its histogram."""
    summary = _summary(run, loads.stamp(run), tensor)
    values = tensor_summary.numbers(loads.checkpoint(run).model, tensor)
    return {tensor: values, "bin_edges": summary.edges, "bin_counts": summary.counts}


def _numbers(summary: Summary) -> None:
    ends = {
        "mean": summary.mean,
        "std": summary.deviation,
        "min": summary.least,
        "max": summary.most,
    }
    with st.container(horizontal=True, gap="small", key="tensor_numbers"):
        for label, value in ends.items():
            st.markdown(f"{label} **{_number(value)}**", width="content")
    counts = f"{summary.count:,} numbers"
    counts += f"; {summary.zeros:,} of them are exactly 0" if summary.zeros else ""
    counts += (
        f"; {summary.broken:,} are nan or infinite: this model diverged" if summary.broken else ""
    )
    st.caption(f"{counts}.")


def _number(value: float) -> str:
    """A number with four decimals, or in powers of ten if it is smaller."""
    text = f"{value:.4f}"
    written = f"{value:.2e}" if text.strip("-0.") == "" and value else text
    return written.replace("-", "−")


@st.cache_resource(max_entries=64, show_spinner=False)
def _summary(run: str, stamp: int, tensor: str) -> Summary:
    return tensor_summary.summarize(tensor_summary.numbers(loads.checkpoint(run).model, tensor))
