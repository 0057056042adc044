"""Training of rungs: all small ones at a click, or one; pausing, going on, and progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gpt.errors import HeadlightError
from gpt.text.corpus import Corpus
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.ladder import climbing, results
from gpt.training.ladder.rungs import RUNGS, SMALL, Rung
from gpt.training.ladder.standing import Standing, free_seed, is_lectures
from gpt.training.runs import Run
from pages.parts.ladder.climb_text import ClimbText
from pages.parts.train import training_text
from pages.parts.train.training_pace import pace_line
from pages.shared import folders, page_state, run_data, run_series
from pages.shared.plain import plain
from pages.shared.run_series import Press, Runs
from pages.shared.run_state import moment, run_progress

ALL = "Train all small rungs"
LARGE = (
    "The last one is for a GPU: 10.8 million parameters and 5,000 steps of 64 × 256 tokens. On two "
    "cores a step takes seconds, and all of them a night or two; it can be paused and goes on."
)


def runs(standings: Sequence[Standing]) -> Runs:
    """The run of each rung; None if it was not started here."""
    return [_own(standing) for standing in standings]


def offered(row: DeltaGenerator, chosen: ClimbText, action: Callable[[], None]) -> None:
    """Draw what trains here, or, if the text is not on this machine, what brings it."""
    with row:
        if chosen.has_text:
            action()
        elif is_lectures(chosen.sha256):
            training_text.fetch_button("Fetch the text, to train them yourself")
        else:
            st.caption("The text of these runs is not here: choose another one to train on.")


def actions(chosen: ClimbText, standings: Sequence[Standing]) -> None:
    """Draw the one button that fits, and a menu of single rungs."""
    small = standings[: len(SMALL)]
    left = [standing.rung for standing in small if not _finished(standing)]
    label = "Train the small rungs that are left" if len(left) < len(small) else ALL
    moving = run_series.live(run_series.moments(runs(standings)))
    run_series.action(
        "ladder",
        runs(standings if moving else small),
        Press(label, partial(start, chosen, left)),
        partial(_again, chosen),
    )
    with st.popover("Train one", icon=":material/stairs:", key="ladder_one"):
        for standing in standings:
            rung_button(chosen, standing, wide=True)
        st.caption(LARGE)
        with st.container(horizontal=True, vertical_alignment="center", key="ladder_pace"):
            _time(chosen, RUNGS[-1])


def _time(chosen: ClimbText, rung: Rung) -> None:
    """The time that a rung takes here, as on Train, measured on request."""
    model = rung.model_config(chosen.vocab_size)
    pace_line(model, rung.training_config(chosen.seed), partial(_read, chosen))


def _read(chosen: ClimbText) -> tuple[Corpus, CharacterTokenizer]:
    corpus = chosen.corpus()
    return corpus, CharacterTokenizer.of(corpus.text)


def rung_action(chosen: ClimbText, standing: Standing) -> None:
    """Train one rung, or pause it."""
    if run_series.live(run_series.moments(runs([standing]))):
        press = Press(standing.rung.title, partial(start, chosen, [standing.rung]))
        run_series.action(f"ladder_{standing.rung.name}", runs([standing]), press)
    else:
        rung_button(chosen, standing)


def rung_button(chosen: ClimbText, standing: Standing, wide: bool = False) -> None:
    """Draw a button that trains one rung, or goes on with it; off if it is done or moves."""
    own = _own(standing)
    done, now = _finished(standing), None if own is None else moment(own)
    word = "done" if done else now.word if now is not None and now.live else ""
    label = f"{standing.rung.title}: {word}" if word else f"Train: {standing.rung.title}"
    st.button(
        plain(f"{label} (for a GPU)" if standing.rung is RUNGS[-1] else label),
        key=f"ladder_train_{standing.rung.name}",
        on_click=partial(start, chosen, [standing.rung]),
        disabled=bool(word),
        width="stretch" if wide else "content",
    )


def start(chosen: ClimbText, rungs: Sequence[Rung]) -> None:
    """Put rungs in the line of jobs, the lowest first."""
    run_series.start(partial(_prepare, chosen, rungs))


def _prepare(chosen: ClimbText, rungs: Sequence[Rung]) -> list[Run]:
    return climbing.prepare_all(folders.checkpoints(), rungs, chosen.corpus(), chosen.seed)


def _again(chosen: ClimbText) -> Press:
    seed = free_seed(folders.checkpoints(), chosen.sha256, chosen.seed)
    return Press(f"Train all again with seed {seed}", partial(_start_other, chosen, seed))


def _start_other(chosen: ClimbText, seed: int) -> None:
    page_state.put(climb_seed=seed)
    start(chosen.with_seed(seed), SMALL)


def progress(standings: Sequence[Standing]) -> None:
    """Draw a bar for all small rungs, and one for each that trains or was interrupted.

    The table says which ones wait in line.
    """
    moments = run_series.moments(runs(standings))
    small = len(SMALL) if len(standings) > 1 else 0
    run_series.together("The climb", moments[:small], [rung.work for rung in SMALL[:small]])
    for standing, now in zip(standings, moments, strict=True):
        if now is None or now.status.finished or now.word == "waiting":
            continue
        if now.word == "paused" and not now.status.step:
            continue  # taken out of the line before it began
        run_progress(standing.rung.title, now)


def state(standing: Standing) -> str:
    """The state of a rung in one or two words, for the table."""
    if standing.run is None:
        return "not trained"
    if standing.run.is_shared:
        return "comes trained"
    now = moment(standing.run)
    if _finished(standing):
        return "done"
    if now.status.state == "done":
        return f"stopped at step {now.status.step:,}"
    return f"{now.word} at step {now.status.step:,}" if now.status.step else now.word


def measure(standings: Sequence[Standing]) -> bool:
    """Measure the finished rungs that are not measured yet; return whether there were any.

    If one cannot be measured, the page says why once, and does not try again with the same weights.
    """
    waiting = [
        standing.run for standing in standings if standing.unmeasured and standing.run is not None
    ]
    reasons = [_measured(run.name, _stamp(run), run) for run in waiting]
    for reason in filter(None, reasons):
        st.warning(plain(reason), icon=":material/warning:")
    return len(reasons) > len(list(filter(None, reasons)))


@st.cache_resource(max_entries=64, show_spinner="Measuring over the whole validation split…")
def _measured(name: str, stamp: int, _run: Run) -> str:
    try:
        results.measure(_run)
    except (HeadlightError, OSError) as error:
        return f"{name} cannot be measured: {error}"
    return ""


def _stamp(run: Run) -> int:
    return run_data.file_stamp(run.path / "model.safetensors")


def _finished(standing: Standing) -> bool:
    own = _own(standing)
    return own is not None and own.status().finished


def _own(standing: Standing) -> Run | None:
    """The run of a rung that was started here; one that was shared can be looked at only."""
    return None if standing.run is None or standing.run.is_shared else standing.run
