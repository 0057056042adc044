"""The state of a run, in words and as a bar, and the requests that it can take now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from gpt.durations import duration
from gpt.errors import TrainingError
from gpt.training.control import Wish
from gpt.training.failures import kept
from gpt.training.files import COMMIT
from gpt.training.jobs import Jobs
from gpt.training.lock import WAITING, is_held
from gpt.training.runs import RESUME, Run
from gpt.training.status import Status
from pages.shared import classroom, folders
from pages.shared.plain import plain
from pages.shared.visitors import is_classroom

LEAVING = {Wish.PAUSE: "pausing", Wish.STOP: "stopping"}


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """This server's one line of training jobs, shared by every session."""
    if not is_classroom():
        return Jobs(folders.checkpoints())
    return Jobs(folders.checkpoints(), classroom.limits().minutes, classroom.full_disk)


@dataclass(frozen=True)
class Moment:
    """One look at a run.

    Fields:
        word: its state.
        why: more about it, as plain text; may be empty.
        status: what its folder says.
        live: whether it changes by itself, so that a page must look again soon.
        ours: whether this server trains it or has it in line, so that it can pause or stop it.
        hindrance: why it cannot be started or resumed now; None if it can.
    """

    word: str
    why: str
    status: Status
    live: bool
    ours: bool
    hindrance: str | None


def moment(run: Run) -> Moment:
    """Look at a run's folder and at this server's line of jobs."""
    now = _moment(run)
    if classroom.may_change(run):
        return now
    return replace(now, ours=False, hindrance="it is another visitor's run")


def _moment(run: Run) -> Moment:
    status, line = run.status(), jobs()
    waiting, current = line.waiting(), line.current()
    ours = current == run.name
    if run.name in waiting:
        number = waiting.index(run.name) + 1
        why = f"number {number} in line; {current or 'another run'} trains now"
        return Moment("waiting", why, status, True, True, "it waits in line already")
    if status.alive:
        return _training(run, status, ours)
    if ours and status.display_state in ("queued", "interrupted"):
        why = "a process of its own is loading PyTorch and the text; the first step comes soon"
        return Moment("starting", why, status, True, False, "it is starting")
    if ours:
        return Moment(status.state, status.reason, status, True, False, "it is saving")
    _forget_wish(run)
    if status.state == "queued" and is_held(run.path, WAITING):
        why = "it is in the line of another server on this folder"
        return Moment("waiting", why, status, True, False, "it waits in line already")
    return Moment(
        status.display_state, _why(run, status), status, False, False, _hindrance(run, status)
    )


def _training(run: Run, status: Status, ours: bool) -> Moment:
    wish = st.session_state.get(_wish_key(run))
    if wish is not None:
        why = "as soon as the step at hand is done and saved"
        return Moment(LEAVING[wish], why, status, True, False, "it is about to leave")
    why = "" if ours else "started elsewhere: pause it there, with Ctrl-C"
    return Moment("training", why, status, True, ours, "it is training")


def _why(run: Run, status: Status) -> str:
    if status.display_state == "interrupted":
        return f"its process is gone. {kept(run)}"
    if status.state == "queued":
        return "not started yet"
    return status.reason


def _hindrance(run: Run, status: Status) -> str | None:
    """Why a run cannot be resumed.

    Changes nothing, unlike Run.check_resumable, which may tidy up.
    """
    if status.finished:
        return "all its steps are done"
    if not (run.path / "model.safetensors").is_file():
        return None
    parts = (run.path, run.path / COMMIT)
    if all(any((part / name).is_file() for part in parts) for name in RESUME):
        return None
    return "it was shared to be looked at, without the files that it needs to go on"


def run_progress(title: str, now: Moment, speed: float | None = None) -> None:
    """Draw how far a run is: a bar with its state and step in words, or why it failed.

    Args:
        title: what the run is called here, as plain text.
        now: one look at it.
        speed: in tokens/s; None: it is not said.
    """
    status = now.status
    if now.word == "failed":
        st.error(plain(f"{title}: {status.reason}"), icon=":material/error:")
        return
    share = status.step / max(1, status.steps)
    st.progress(min(1.0, share), text=plain(_progress_text(title, now, speed)))


def _progress_text(title: str, now: Moment, speed: float | None) -> str:
    status = now.status
    parts = [f"{title}: {now.word}", f"step {status.step:,} of {status.steps:,}"]
    if speed is not None and now.word == "training":
        parts.append(f"{speed:,.0f} tokens/s")
    if status.seconds_left is not None and now.word == "training":
        parts.append(f"{duration(status.seconds_left)} left")
    elif now.why and now.word != "done" and not now.why.startswith(now.word):
        parts.append(now.why)
    return " · ".join(parts)


def ask(run: Run, wish: Wish) -> None:
    """Ask a run to pause or stop.

    Raises:
        TrainingError: it is not one of this server's, or another visitor's.
    """
    classroom.check_mine(run)
    waits = run.name in jobs().waiting()
    jobs().ask(run, wish)
    if not waits:
        st.session_state[_wish_key(run)] = wish


def begin(make: Callable[[], Run]) -> None:
    """Make a run, if this visitor may, and put it in line.

    Raises:
        HeadlightError: it cannot be made or started.
    """
    check_line()
    run = make()
    classroom.own(run)
    resume(run)


def resume(run: Run) -> None:
    """Go on with a run, or start one that has not begun.

    Raises:
        TrainingError: it cannot be resumed.
    """
    classroom.check_mine(run)
    classroom.check_disk()
    check_line()
    _forget_wish(run)
    try:
        jobs().start(run)
    except OSError as error:
        raise TrainingError(f"the run {run.name!r} cannot be started: {error}") from None


def check_line() -> None:
    """Check that this visitor may put another run in line.

    Raises:
        TrainingError: the visitor may not.
    """
    classroom.check_line([*jobs().waiting(), *filter(None, [jobs().current()])])


def _forget_wish(run: Run) -> None:
    st.session_state.pop(_wish_key(run), None)


def _wish_key(run: Run) -> str:
    return f"_asked_{run.name}"
