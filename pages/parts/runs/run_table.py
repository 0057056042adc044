"""The table of all runs, broken ones included, and the selection in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from gpt import numerals
from gpt.checkpoint import model_config
from gpt.errors import HeadlightError
from gpt.run_files import read_evaluation, tokenizer_kind
from gpt.shape_only import count_parameters
from gpt.training import status as statuses
from gpt.training.runs import Run
from pages.parts.runs.runs_state import RunsState
from pages.shared import folders, page_state, run_data, run_state
from pages.shared.plain import plain
from viz.text import readable

DRAWN, ROUND = "_runs_drawn", "_runs_round"
ROW_HEIGHT, MOST_ROWS = 35, 9


@dataclass(frozen=True)
class Row:
    """One run in the table; None for an unknown value."""

    name: str
    state: str
    preset: str | None = None
    text: str | None = None
    parameters: int | None = None
    step: int | None = None
    best: float | None = None
    full: float | None = None
    character: float | None = None
    speed: float | None = None
    created: str | None = None
    note: str = ""


COLUMNS: dict[str, Any] = {
    "name": st.column_config.TextColumn("Run", pinned=True),
    "state": st.column_config.TextColumn("State"),
    "preset": st.column_config.TextColumn("Preset"),
    "text": st.column_config.TextColumn("Text"),
    "parameters": st.column_config.NumberColumn("Parameters", format="localized"),
    "step": st.column_config.NumberColumn("Steps", format="localized"),
    "best": st.column_config.NumberColumn(
        "Best loss", format="%.4f", help="Lowest validation loss so far, over some random batches."
    ),
    "full": st.column_config.NumberColumn(
        "Full loss",
        format="%.4f",
        help="Loss over the whole validation split, where it was measured: "
        "python -m gpt evaluate checkpoints/NAME --save",
    ),
    "character": st.column_config.NumberColumn(
        "Nats/character",
        format="%.4f",
        help="The best loss by the character, so that runs of different tokenizers can be "
        "compared: a token of BPE writes several characters, and is harder to foresee. Only for "
        "runs that learned to continue a text.",
    ),
    "speed": st.column_config.NumberColumn("Tokens/s", format="localized"),
    "created": st.column_config.TextColumn("Created (UTC)"),
    "note": st.column_config.TextColumn("Note", width="large"),
}


def all_rows() -> list[Row]:
    """Every folder in `checkpoints/`; broken ones last, with the reason.

    As in menus, a person's own runs come first, the newest at the top, then the shipped ones.
    """
    rows = [row(path) for path in folders.all_folders()]
    rows.sort(key=lambda row: row.name)
    rows.sort(key=lambda row: row.created or "", reverse=True)
    rows.sort(key=lambda row: (row.state == "broken", folders.menu_rank(row.name)))
    return rows


def row(path: Path) -> Row:
    """One line of the table; it also says what is wrong with the folder."""
    try:
        return _row(Run(path))
    except (HeadlightError, OSError) as error:
        return Row(path.name, "broken", note=readable(str(error)))


def _row(run: Run) -> Row:
    statuses.read(run.path)  # a damaged one is a broken run here, and a failed one to others
    info, now = run.config(), run_state.moment(run)
    data = info.get("data") or {}
    speed, evaluation = run_data.latest(run, "tok_per_s"), read_evaluation(run.path)
    return Row(
        name=run.name,
        state=now.word,
        preset=_text(info.get("preset")),
        text=_text(data.get("name")),
        parameters=_parameters(json.dumps(info["model"], sort_keys=True)),
        step=now.status.step,
        best=now.status.best_val_loss,
        full=evaluation["val_loss"] if evaluation else None,
        character=_by_character(run, now.status.best_val_loss),
        speed=None if speed is None else round(speed),
        created=_text(info.get("created"))[:16].replace("T", " "),
        note=_note(run, now.why),
    )


def _note(run: Run, why: str) -> str:
    lacks = "" if folders.has_weights(run.path) else "no weights yet"
    return "; ".join(filter(None, [why, lacks, readable(run_data.damage(run))]))


@st.cache_data(max_entries=256, show_spinner=False)
def _parameters(model: str) -> int:
    return count_parameters(model_config({"model": json.loads(model)}))


def _by_character(run: Run, loss: float | None) -> float | None:
    """The loss by the character, if it is of next tokens whose characters are known."""
    if loss is None or not run.continues_text():
        return None
    counts = run.counts()
    if counts is not None:
        return counts.loss_per_character(loss)
    return loss if _writes_characters(run) else None


def _writes_characters(run: Run) -> bool:
    """Whether each token is one character, so that the loss is by the character already."""
    return _kind(run.name, run_data.file_stamp(run.path / "tokenizer.json"), run) == "characters"


@st.cache_data(max_entries=256, show_spinner=False)
def _kind(name: str, stamp: int, _run: Run) -> str | None:
    """The kind of a run's tokenizer; None if it cannot be read."""
    try:
        return tokenizer_kind(_run.path)
    except HeadlightError:
        return None


def _text(value: object) -> str:
    return "" if value is None else readable(str(value))


def choose_rows(rows: list[Row], state: RunsState) -> list[str]:
    """Draw the table; return the names of the chosen rows, in the table's order.

    The state chooses rows only if it is new; otherwise the table keeps a person's choice itself.
    """
    names = [row.name for row in rows]
    trained = [row.name for row in rows if row.speed is not None or row.best is not None]
    frame = pd.DataFrame([asdict(row) | {"name": readable(row.name)} for row in rows])
    _say_missing(names, state)
    wanted = _chosen_rows(names, trained or names, state)
    event = st.dataframe(
        frame,
        key=_key(names, wanted),
        column_config=COLUMNS,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": wanted}},
        placeholder="",
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (min(len(rows), MOST_ROWS) + 1) + 3,
    )
    chosen = [names[index] for index in event["selection"]["rows"] if index < len(names)]
    if chosen != [names[index] for index in wanted]:
        page_state.put(runs=",".join(chosen))
    st.session_state[DRAWN] = ",".join(chosen)
    return chosen


def _key(names: list[str], rows: list[int]) -> str:
    """The table's key; other runs, or a choice from a link, get a table of their own."""
    memory = st.session_state
    before = memory.setdefault(ROUND, {"names": names, "round": 0})
    wanted = ",".join(names[row] for row in rows)
    gone = f"runs_table_{before['round']}" not in memory
    if before["names"] != names or gone or wanted != memory.get(DRAWN):
        memory[ROUND] = {"names": names, "round": before["round"] + 1}
    return f"runs_table_{memory[ROUND]['round']}"


def _chosen_rows(names: list[str], trained: list[str], state: RunsState) -> list[int]:
    """Rows of the chosen runs.

    At first, or if none of them is here, of the run of the other pages, or of the newest with
    curves that was trained here, or of the one that other pages open with.
    """
    chosen = state.runs
    if chosen is None or (chosen and not any(name in names for name in chosen.split(","))):
        chosen = state.run if state.run in names else first_choice(trained, _is_own)
    return sorted(names.index(name) for name in (chosen or "").split(",") if name in names)


def first_choice(trained: Sequence[str], is_own: Callable[[str], bool]) -> str:
    """The run that is chosen at first, of those with curves, in the table's order; "" if none."""
    own = [name for name in trained if is_own(name)]
    opens = [name for name in folders.OPENS if name in trained]
    return next(iter([*own, *opens, *trained]), "")


def _is_own(name: str) -> bool:
    return run_data.is_own(Run(folders.folder_of(name)))


def _say_missing(names: list[str], state: RunsState) -> None:
    """Say which of the chosen runs are not here."""
    chosen = [name for name in (state.runs or "").split(",") if name]
    if missing := [numerals.brief(name) for name in chosen if name not in names]:
        here = ",".join(name for name in chosen if name in names)
        reason = f"there is no run {', '.join(missing[:5])} here"
        page_state.say_misfit(state, "runs", reason, here or None)


def say_damage(runs: list[Run]) -> None:
    """Say which lines the curves lack because they cannot be read."""
    for run in runs:
        if words := run_data.damage(run):
            st.caption(plain(f"{readable(run.name)}: {words}."))


def forget(name: str, state: RunsState) -> None:
    """Take a run out of the selection."""
    others = [other for other in (state.runs or "").split(",") if other != name]
    page_state.put(runs=",".join(others))
    if state.run == name:
        page_state.forget("run")
