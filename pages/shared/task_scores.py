"""What a classifier or a translator was measured by at each evaluation, beside counting words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.errors import HeadlightError
from gpt.run_files import METRICS
from gpt.text.labelled import LabelledExamples
from gpt.training.held_out_scores import by_counting, label_scores, part_of
from gpt.training.runs import Run
from pages.shared import folders, loads, run_data
from pages.shared.plain import plain
from viz.figures.named_lines import named_lines
from viz.text import Label, visible
from viz.views.numbers import number_table

SCORES = {
    "accuracy": ("accuracy", 100.0),
    "bleu": ("BLEU", 1.0),
    "chrf": ("chrF", 1.0),
    "exact_match": ("exact match", 100.0),
}
"""By column of metrics.jsonl: its name, and what makes it a number from 0 to 100."""
UNITS = {"accuracy": " %", "exact_match": " %"}
HIGHEST = 104
"""Where the axis of the scores ends, with room for a line at 100."""
COUNTED = "naive Bayes on {}"
ABOUT = (
    "On held-out texts. The dotted lines are naive Bayes, which counts words and knows nothing of "
    "their order: what lies above them is what more than counting has brought."
)
MOST_LABELS = 12
"""Labels of the table of confusions."""


def measured(run: Run) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By column, the steps of the evaluations and the scores there, 0 to 100."""
    return _measured(run.name, run_data.file_stamp(run.path / METRICS), run)


@st.cache_resource(max_entries=64, show_spinner=False)
def _measured(name: str, stamp: int, _run: Run) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    columns = run_data.columns(_run)
    scores = {}
    for name, (_, unit) in SCORES.items():
        if name in columns and "step" in columns:
            there = ~np.isnan(columns[name])
            scores[name] = columns["step"][there], unit * columns[name][there]
    return scores


def in_words(run: Run) -> list[str]:
    """The latest of each score, as Markdown."""
    return [
        f"{SCORES[name][0]} **{values[-1]:.1f}{UNITS.get(name, '')}**"
        for name, (_, values) in measured(run).items()
        if len(values)
    ]


def figure(runs: Sequence[Run]) -> go.Figure | None:
    """The scores of runs over their steps; of one classifier, with what counting reaches."""
    several, lines, steps = len(runs) > 1, {}, np.array([], dtype=float)
    of_runs = {run.name: measured(run) for run in runs}
    for at, _ in (score for scores in of_runs.values() for score in scores.values()):
        steps = np.union1d(steps, at)
    for name, scores in of_runs.items():
        for column, (at, values) in scores.items():
            line = np.full(len(steps), np.nan)
            line[np.searchsorted(steps, at)] = values
            title = SCORES[column][0]
            lines[f"{name}: {title}" if several else title] = line
    if not lines or len(steps) == 0:
        return None
    levels = {} if several else counting(runs[0])
    chart = named_lines(
        lines, x=steps.tolist(), across="optimizer steps", up="0 to 100", levels=levels
    )
    return chart.update_traces(connectgaps=True, hovertemplate="%{y:.2f}").update_yaxes(
        range=[0, HIGHEST]
    )


def gives_labels(run: Run) -> bool:
    """Whether a run learned to give a text its label."""
    try:
        return run.training_config().task == "classify"
    except HeadlightError:  # an imported model
        return False


def counting(run: Run) -> dict[str, float]:
    """What naive Bayes reaches on a run's held-out texts, 0 to 100, by what it counts."""
    if not gives_labels(run):
        return {}
    return _counting(run.name, run_data.file_stamp(run.path / "config.json"), run)


@st.cache_data(max_entries=32, show_spinner="Counting words, for comparison…")
def _counting(name: str, stamp: int, _run: Run) -> dict[str, float]:
    try:
        examples = _run.examples(LabelledExamples)
    except HeadlightError:  # a run that was shared lies without its texts
        return {}
    learned, held_out = (examples.take(part_of(examples, p)) for p in ("training", "validation"))
    scores = by_counting(learned, held_out)
    return {COUNTED.format(what): 100 * score.value for what, score in scores.items()}


def confusions(run: Run, key: str) -> None:
    """Draw a switch, and with it how often each label of held-out texts was taken for which."""
    if not gives_labels(run) or not folders.has_weights(run.path):
        return
    if not st.toggle("Which label is taken for which", key=f"{key}_confusions"):
        return
    try:
        table = _confusions(run.name, loads.stamp(run.name), run)
    except HeadlightError as error:
        st.caption(plain(f"Its held-out texts cannot be read here: {error}"))
        return
    names = [visible(Label(label)) for label in loads.checkpoint(run.name).labels][:MOST_LABELS]
    rows = [
        [name, *(f"{count:,}" for count in row[:MOST_LABELS])]
        for name, row in zip(names, table, strict=False)
    ]
    number_table(["right label ↓  given →", *names], rows, key=f"{key}_confusion_table")
    right, total = int(table.trace()), int(table.sum())
    st.caption(f"Held-out texts: {right:,} of {total:,} have their right label.")


@st.cache_data(max_entries=16, show_spinner="Reading the held-out texts…")
def _confusions(name: str, stamp: int, _run: Run) -> np.ndarray:
    examples = _run.examples(LabelledExamples)
    held_out = examples.take(part_of(examples, "validation"))
    return label_scores(loads.checkpoint(name), held_out).confusion
