"""Files to save from Runs: the curves, one snapshot, the comparison of two runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.checkpoint import model_config
from gpt.training import snapshots
from gpt.training.runs import Run
from gpt.training.snapshots import Snapshot
from pages.shared import run_data
from pages.shared.figures import Figures, weight_figures
from pages.shared.large_traces import to_save
from pages.shared.loads import Look, all_logits, attention
from pages.shared.run_data import metrics
from pages.shared.save import save_button
from pages.shared.snapshot_sites import at_site, texts

Head = tuple[int, int]


def save_curves(runs: Sequence[Run], figure: go.Figure) -> None:
    """Save the curves over each other, and all metrics."""
    save_button(
        "runs",
        figures={"Loss curves": lambda: figure},
        arrays=lambda: metrics(runs),
        settings={"run": ", ".join(run.name for run in runs)},
    )


def save_moment(run: Run, step: int, head: Head, site: str = "") -> None:
    """Save the attention of one snapshot at one site."""
    snapshot = _moment(run.name, step, run_data.file_stamp(run.path / snapshots.name(step)), run)
    of = at_site(snapshot, model_config(run.config()), site)
    sides = texts(run, of)
    arrays = {"weights": of.weights, "ids": of.ids, "tokens": np.array(sides["tokens"])}
    if of.key_ids is not None:
        arrays |= {"key_ids": of.key_ids, "key_tokens": np.array(sides["key_tokens"])}
    save_button(
        "attention-over-time",
        figures=weight_figures(of.weights, sides["tokens"], of.visible, head, sides["key_tokens"]),
        arrays=lambda: arrays,
        settings={
            "run": run.name,
            "step": step,
            "site": of.site,
            "prompt": run.tokenizer().decode(snapshot.ids),
            "switches": {},
            "weights_exact_to": 0.004,
        },
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _moment(name: str, step: int, stamp: int, _run: Run) -> Snapshot:
    return snapshots.read(_run.path, step)


def save_compared(sides: Mapping[str, tuple[Look, Head]]) -> None:
    """Save both runs' reading of the prompt.

    Args:
        sides: look and selected head, by "a" and "b"; without a side that cannot read the prompt.
    """
    prompts = [look.checkpoint.tokenizer.decode(list(look.ids)) for look, _ in sides.values()]
    save_button(
        "compare",
        figures={
            f"{side.upper()} {look.run}: {title}": figure
            for side, (look, head) in sides.items()
            for title, figure in _figures(look, head).items()
        },
        arrays=partial(_arrays, sides),
        settings={
            "run": ", ".join(look.run for look, _ in sides.values()),
            "prompt": max(prompts, key=len),  # a model may read only its last block
            "switches": {},
        },
    )


def _figures(look: Look, head: Head) -> Figures:
    site = attention(look)
    maps = site.maps("weights")
    return weight_figures(maps, look.tokens, site.visible, head, look.key_tokens)


def _arrays(sides: Mapping[str, tuple[Look, Head]]) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for side, (look, head) in sides.items():
        maps = attention(look).maps("weights")
        arrays[f"{side}.weights"] = to_save(look, head, maps)
        arrays[f"{side}.logits"] = all_logits(look)
        arrays[f"{side}.tokens"] = np.array(look.tokens)
    return arrays
