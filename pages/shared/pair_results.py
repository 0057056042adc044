"""Results of an experiment's runs: curves over each other, a table, samples side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.durations import duration
from gpt.training.pairs import findings
from gpt.training.pairs.experiments import Experiment
from gpt.training.pairs.findings import Entropies, Finding
from gpt.training.runs import Run
from pages.shared import folders, run_data
from pages.shared.plain import plain
from pages.shared.run_series import Runs
from pages.shared.save import save_button
from viz.figures.runs.curves import Curve, loss_curves
from viz.figures.runs.entropy_curves import HeadEntropies, entropy_curves
from viz.text import readable

ATTENTION = folders.ROOT / "pages" / "attention.py"
HEAD = (
    "| | validation loss | training loss | loss of the unseen next token | entropy of the heads, "
    "first → last | training |\n|:--|--:|--:|--:|--:|--:|"
)


def results(experiment: Experiment, runs: Runs) -> None:
    """Draw all results so far."""
    if not any(run is not None and run.metrics() for run in runs):
        return
    if _has_heads(experiment):
        left, right = st.columns(2, gap="large")
        with left:
            _loss_chart(experiment, runs)
        with right:
            _entropy_chart(experiment, runs)
    else:
        _loss_chart(experiment, runs)
    _table(experiment, runs)
    _samples(experiment, runs)


def _loss_chart(experiment: Experiment, runs: Runs) -> None:
    st.markdown("Loss: how surprised by the next token")
    figure = _loss_figure(experiment, runs)
    st.plotly_chart(figure, key="pair_curves", config={"displayModeBar": False})


def _entropy_chart(experiment: Experiment, runs: Runs) -> None:
    st.markdown("Entropy: how widely the heads spread their weights")
    figure = _entropy_figure(experiment, runs)
    st.plotly_chart(figure, key="pair_entropies", config={"displayModeBar": False})


def _has_heads(experiment: Experiment) -> bool:
    """Whether the runs have heads; a bigram has none, so it has no entropies."""
    return all(experiment.model_of(arm, 1).n_layer for arm in experiment.arms)


def save(experiment: Experiment, seed: int, runs: Runs) -> None:
    """Offer the pictures and their numbers as files."""
    pictures = {"loss": _loss_figure, "entropy": _entropy_figure}
    if not _has_heads(experiment):
        del pictures["entropy"]
    save_button(
        "pairs",
        figures={
            f"{experiment.title}: {name}": partial(figure, experiment, runs)
            for name, figure in pictures.items()
        },
        arrays=partial(arrays, experiment, runs),
        settings={
            "experiment": experiment.name,
            "seed": seed,
            "runs": [run.name for run in runs if run is not None],
            "different": experiment.differences(),
        },
    )


def arrays(experiment: Experiment, runs: Runs) -> Mapping[str, np.ndarray]:
    """The numbers of both pictures, by arm."""
    numbers: dict[str, np.ndarray] = {}
    for arm, curve in zip(experiment.arms, _curves(experiment, runs), strict=True):
        kinds = {"train_loss": curve.train, "val_loss": curve.val, "batch_loss": curve.batch}
        numbers |= {f"{arm.name}/{kind}": losses for kind, losses in kinds.items()}
        numbers[f"{arm.name}/steps"] = curve.steps
    for arm, heads in zip(experiment.arms, _entropies(experiment, runs), strict=True):
        numbers |= {
            f"{arm.name}/entropy": heads.heads,
            f"{arm.name}/entropy_steps": heads.steps,
        }
    return numbers


def _loss_figure(experiment: Experiment, runs: Runs) -> go.Figure:
    there = [run for run in runs if run is not None]
    baseline = run_data.baseline(there[0]) if there else None
    return loss_curves(_curves(experiment, runs), baseline, _steps(experiment))


def _entropy_figure(experiment: Experiment, runs: Runs) -> go.Figure:
    return entropy_curves(_entropies(experiment, runs), _steps(experiment))


def _steps(experiment: Experiment) -> int:
    return experiment.training_of(experiment.arms[0], experiment.seed).steps


def _curves(experiment: Experiment, runs: Runs) -> list[Curve]:
    """One curve for each arm, under its label.

    An empty one if the arm has not begun, so that colours stay.
    """
    nothing = Curve("", *(np.zeros(0) for _ in range(4)))
    curves = [nothing if run is None else run_data.curve(run) for run in runs]
    return [
        replace(curve, name=arm.label) for arm, curve in zip(experiment.arms, curves, strict=True)
    ]


def _entropies(experiment: Experiment, runs: Runs) -> list[HeadEntropies]:
    nothing = Entropies(np.zeros(0), np.zeros((0, 1, 1)), 0.0)
    entropies = [nothing if run is None else run_entropies(run) for run in runs]
    return [
        HeadEntropies(arm.label, values.steps, values.heads, values.uniform)
        for arm, values in zip(experiment.arms, entropies, strict=True)
    ]


def run_entropies(run: Run) -> Entropies:
    """The entropies of a run's heads so far."""
    return _run_entropies(run.name, run_data.file_stamp(run.path / "samples.jsonl"), run)


@st.cache_resource(max_entries=32, show_spinner=False)
def _run_entropies(name: str, stamp: int, _run: Run) -> Entropies:
    return findings.entropies(_run)


def run_finding(run: Run) -> Finding | None:
    """The result of a finished run; None while it trains."""
    if run.status().state != "done":
        return None
    return _run_finding(run.name, run_data.file_stamp(run.path / "model.safetensors"), run)


@st.cache_resource(max_entries=32, show_spinner="Measuring the loss of the unseen next token…")
def _run_finding(name: str, stamp: int, _run: Run) -> Finding | None:
    return findings.finding(_run)


def _table(experiment: Experiment, runs: Runs) -> None:
    findings = [None if run is None else run_finding(run) for run in runs]
    if not any(findings):
        return
    rows = [
        _row(arm.label, finding)
        for arm, finding in zip(experiment.arms, findings, strict=True)
        if finding is not None
    ]
    with st.container(key="pair_table"):
        st.markdown("\n".join([HEAD, *rows]))
    st.caption(_facts(experiment, [finding for finding in findings if finding is not None]))


def _row(label: str, finding: Finding) -> str:
    means = finding.entropies.mean
    numbers = (
        f"{finding.val_loss:.4f}",
        f"{finding.train_loss:.4f}",
        f"{finding.unseen_loss:.4f}",
        f"{means[0]:.4f} → {means[-1]:.4f}" if finding.entropies.heads.size else "no heads",
        f"{finding.seconds:.1f} s",
    )
    return f"| {plain(label)} | {' | '.join(numbers)} |"


def _facts(experiment: Experiment, findings: list[Finding]) -> str:
    """What differs, what was learned from, and how long it took; losses and entropies in nats."""
    differs = "; ".join(
        f"{name} {' | '.join(map(str, values))}"
        for name, values in experiment.differences().items()
    )
    total = duration(max(finding.total_seconds for finding in findings))
    return plain(
        f"Losses and entropies in nats. Different: {differs}; all else the same. Text: "
        f"{experiment.recipe.text}, {experiment.length:,} characters. From the click to the last "
        f"step, evaluations and loading included: {total}."
    )


def _samples(experiment: Experiment, runs: Runs) -> None:
    columns = st.columns(len(runs), gap="large")
    for column, arm, run in zip(columns, experiment.arms, runs, strict=True):
        if run is not None:
            with column:
                _sample(arm.label, run)


def _sample(label: str, run: Run) -> None:
    """Draw what an arm writes by itself, and a link to look inside it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        samples = run.samples()
        step: Any = samples[-1].get("step", 0) if samples else 0
        st.caption(plain(f"{label}: what it writes by itself, at step {step:,}"))
        st.page_link(
            ATTENTION,
            label=plain(run.name),
            icon=":material/grid_on:",
            query_params={"run": run.name},
            disabled=not folders.has_weights(run.path),
            help="Opens this run's latest weights on the Attention page.",
        )
    text = str(samples[-1].get("text", "")) if samples else ""
    with st.container(key=f"pair_sample_{run.name}"):
        st.code(readable(text), language=None, wrap_lines=True, height=220)
