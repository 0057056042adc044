"""One tensor: what it does, where it is at work, and what its numbers are like."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect import tensor_summary
from gpt.inspect.tensor_summary import Summary
from pages.parts.model.places import places
from pages.shared import loads
from pages.shared.figures import inked
from pages.shared.plain import plain
from viz.figures.runs.number_histogram import number_histogram


def draw(run: str, tensor: str) -> None:
    """Its place, its numbers."""
    st.markdown(f"##### {plain(tensor)}")
    checkpoint = loads.checkpoint(run)
    place = places(checkpoint.config, tensor)
    st.markdown(place.meaning)
    with st.container(horizontal=True, gap="medium", key="places"):
        for link in place.links:
            st.page_link(
                link.path,
                label=link.label,
                icon=link.icon,
                query_params={"run": run, **link.query},
            )
    found = _summary(run, loads.stamp(run), tensor)
    _numbers(found)
    st.plotly_chart(inked(figure(run, tensor)), key="numbers", config={"displayModeBar": False})


def figure(run: str, tensor: str) -> go.Figure:
    """The histogram."""
    found = _summary(run, loads.stamp(run), tensor)
    return number_histogram(found.edges, found.counts)


def arrays(run: str, tensor: str) -> dict[str, np.ndarray]:
    """The tensor itself, and its histogram."""
    found = _summary(run, loads.stamp(run), tensor)
    values = tensor_summary.numbers(loads.checkpoint(run).model, tensor)
    return {tensor: values, "bin_edges": found.edges, "bin_counts": found.counts}


def _numbers(found: Summary) -> None:
    ends = {"mean": found.mean, "std": found.deviation, "min": found.least, "max": found.most}
    with st.container(horizontal=True, gap="small", key="tensor_numbers"):
        for label, value in ends.items():
            st.markdown(f"{label} **{_number(value)}**", width="content")
    told = f"{found.count:,} numbers"
    told += f"; {found.zeros:,} of them are exactly 0" if found.zeros else ""
    told += f"; {found.broken:,} are nan or infinite: this model diverged" if found.broken else ""
    st.caption(f"{told}.")


def _number(value: float) -> str:
    """Four places, or what a smaller number needs."""
    text = f"{value:.4f}"
    shown = f"{value:.2e}" if text.strip("-0.") == "" and value else text
    return shown.replace("-", "−")


@st.cache_resource(max_entries=64, show_spinner=False)
def _summary(run: str, stamp: int, tensor: str) -> Summary:
    return tensor_summary.summarize(tensor_summary.numbers(loads.checkpoint(run).model, tensor))
