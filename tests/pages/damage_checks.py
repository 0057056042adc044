"""What is asked of runs after damage, and how much memory and time an answer may take."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from gpt.errors import HeadlightError
from gpt.training import snapshots
from gpt.training.ladder.climbing import climbs
from gpt.training.ladder.standing import standings
from gpt.training.pairs.attention_pairs import PAIRS
from gpt.training.pairs.experiments import find_runs
from gpt.training.runs import Run
from pages.parts.runs import run_table
from pages.shared import folders, loads, run_data, run_state
from tests.pages import damage

GIB = 2**30
SECONDS = 10.0
TEXT = "To be, or not to be: that is the question.\n" * 40


def restore(bad: Path, files: dict[str, bytes]) -> None:
    """Make the folder what it was."""
    damage.remove(bad)
    for name, content in files.items():
        (bad / name).parent.mkdir(parents=True, exist_ok=True)
        (bad / name).write_bytes(content)


def everywhere(root: Path) -> list[run_table.Row]:
    """What the Runs page and the pages of other runs ask of every run; the table's rows."""
    rows = run_table.all_rows()
    pd.DataFrame([asdict(row) for row in rows]).to_string()
    folders.run_names()
    folders.default_run()
    run_data.known_runs()
    for climb in climbs(root):
        standings(root, climb.sha256, climb.seed)
    for experiment in PAIRS.values():
        find_runs(root, experiment, 1)
    return rows


def own(run: Run) -> list[Callable[[], object]]:
    """What the pages of a run ask of it."""
    steps = snapshots.steps(run.path)
    return [
        lambda: run_state.moment(run),
        lambda: run_data.curve(run),
        lambda: run_data.baseline(run),
        lambda: run_data.columns(run),
        lambda: run_data.film_payload(run, steps),
        lambda: run_data.snapshot_payload(run, steps[-1], (0, 0)) if steps else None,
        lambda: loads.checkpoint(run.name),
        run.samples,
        run.counts,
        run.corpus,
        run.training_config,
    ]


def told(ask: Callable[[], object]) -> None:
    """Ask, and let it fail by an error that a person can read."""
    try:
        ask()
    except HeadlightError as error:
        assert str(error) and "\n" not in str(error)


def finite(row: run_table.Row) -> bool:
    numbers = [value for value in asdict(row).values() if isinstance(value, float)]
    return all(map(math.isfinite, numbers))
