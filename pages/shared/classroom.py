"""Classroom: what a visitor may do to a server that is open to others (docs/adr/0024).

It is off unless HEADLIGHT_CLASSROOM is set. When it is on, only the browser that made a run and the
teacher may change it, everybody may look at everything, and each visitor has limits.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path

import streamlit as st

from gpt import numerals
from gpt.checkpoint import model_config
from gpt.errors import CheckpointError, TrainingError
from gpt.run_files import read_json
from gpt.shape_only import count_parameters
from gpt.training import trash
from gpt.training.files import write_json
from gpt.training.runs import Run, list_runs
from pages.shared import folders
from pages.shared.visitors import TEACHER, VISITOR, is_classroom, teacher_token

OWNER = "owner.json"
PREFIX = "HEADLIGHT_CLASSROOM_"
_owning = threading.Lock()
_measuring = threading.Lock()


@dataclass(frozen=True)
class Limits:
    """What one visitor may have; each is set by HEADLIGHT_CLASSROOM_ and its name in capitals.

    Fields:
        waiting: runs in the line of jobs, the one that trains included.
        runs: run folders.
        steps: of one run.
        parameters: of one model.
        minutes: that a run trains before it is paused and the next in line has its turn.
        upload_mb: MiB of all files of one import together.
        disk_mb: the folders of all runs of all visitors together.
    """

    waiting: int = 2
    runs: int = 12
    steps: int = 10_000
    parameters: int = 20_000_000
    minutes: int = 15
    upload_mb: int = 100
    disk_mb: int = 10_000


def limits() -> Limits:
    """The limits in force.

    Raises:
        ConfigError: a variable that is not a whole number from 1.
    """
    named = {field.name: PREFIX + field.name.upper() for field in fields(Limits)}
    chosen = {name: os.environ[v] for name, v in named.items() if v in os.environ}
    return Limits(**{name: numerals.whole(t, named[name], 1) for name, t in chosen.items()})


def may_change(run: Run) -> bool:
    """Whether this visitor may resume, pause, stop or delete a run."""
    if not is_classroom() or _is_teacher():
        return True
    owner = _owner(run)
    return owner is not None and hmac.compare_digest(owner, _visitor())


def check_mine(run: Run) -> None:
    """Check that the run is this visitor's.

    Raises:
        TrainingError: it is another visitor's.
    """
    if not may_change(run):
        raise TrainingError(
            f"the run {run.name!r} is not yours: look at it on every page, or train one of your own"
        )


def own(*runs: Run) -> None:
    """Note that this visitor made some runs just now; beyond a limit, remove them all.

    A page cannot forget to ask here: a run that nobody made is not trained for anybody.

    Raises:
        TrainingError: saying which limit is reached.
    """
    if not is_classroom():
        return
    try:
        with _owning:
            check_number(len(runs))
            for run in runs:
                _check_size(run)
            for run in runs:
                write_json(run.path / OWNER, {"visitor": _visitor()})
    except BaseException:
        for run in runs:
            shutil.rmtree(run.path, ignore_errors=True)
        raise


def check_number(more: int) -> None:
    """Check that this visitor may have so many runs more.

    Raises:
        TrainingError: how many there may be, or that the disk is full.
    """
    if not is_classroom() or not more:
        return
    check_disk()
    if _is_teacher():
        return
    most, kept = limits().runs, len(_mine())
    if kept + more > most:
        raise TrainingError(
            f"you have {kept} {'run' if kept == 1 else 'runs'}, and {most} are the most in this "
            f"class; delete {kept + more - most} first"
        )


def _check_size(run: Run) -> None:
    """Check that a run is not too large or too long.

    Raises:
        TrainingError: saying how large or long it may be.
    """
    if _is_teacher():
        return
    most, parameters = limits(), count_parameters(model_config(run.config()))
    steps = 0 if run.is_shared else run.training_config().steps
    if steps > most.steps:
        raise TrainingError(f"{steps:,} steps are too many in this class; choose {most.steps:,}")
    if parameters > most.parameters:
        raise TrainingError(
            f"{parameters:,} parameters are too many in this class; choose fewer layers or "
            f"channels, {most.parameters:,} at most"
        )


def check_disk() -> None:
    """Check that the runs leave room on the disk; the trash gives way if they do not.

    Raises:
        TrainingError: they take up all that the class may use.
    """
    most, root = limits().disk_mb, folders.checkpoints()
    if is_classroom() and _size(root) > most * 10**6:
        for deleted in trash.deleted_runs(root):
            trash.remove(deleted)
    if is_classroom() and _size(root) > most * 10**6:
        raise TrainingError(
            f"the runs of this class fill the {most:,} MB that they may; delete some, or ask the "
            "teacher to"
        )


def full_disk() -> str:
    """Why there is no room for more of any run; "" if there is."""
    try:
        with suppress(OSError):  # a folder is deleted meanwhile
            check_disk()
    except TrainingError as error:
        return str(error)
    return ""


@contextmanager
def one_measurement() -> Iterator[None]:
    """Hold the one place in which a class measures: each measurement takes a core.

    Raises:
        TrainingError: something is being measured already.
    """
    if not is_classroom():
        yield
        return
    if not _measuring.acquire(blocking=False):
        raise TrainingError("one measurement at a time in this class; try again in a minute")
    try:
        yield
    finally:
        _measuring.release()


def check_line(busy: list[str]) -> None:
    """Check that this visitor may put another run in line.

    Args:
        busy: names of the runs that train or wait.
    """
    most = limits().waiting
    if not is_classroom() or _is_teacher():
        return
    if len({run.name for run in _mine()} & set(busy)) >= most:
        raise TrainingError(f"{most} of your runs train or wait already; wait until one is done")


def most_upload() -> int | None:
    """Bytes of all files of one import together; None if only the server has a limit."""
    return limits().upload_mb * 2**20 if is_classroom() else None


def check_upload(size: int) -> None:
    """Raises: TrainingError where files are more bytes together than may be brought in."""
    most = most_upload()
    if most is not None and size > most:
        raise TrainingError(
            f"these files have {size / 2**20:,.0f} MB; bring {most // 2**20:,} MB at most"
        )
    check_disk()


def _mine() -> list[Run]:
    me = _visitor()
    return [run for run in list_runs(folders.checkpoints()) if _owner(run) == me]


def _owner(run: Run) -> str | None:
    """The hash of the token of a run's visitor; None for a shipped run or a teacher's."""
    try:
        owner: dict[str, str] = read_json(run.path / OWNER, dict[str, str], 4096)
    except CheckpointError:
        return None
    visitor = owner.get("visitor")
    return visitor if visitor and visitor.isascii() else None


def _visitor() -> str:
    """The hash that stands for a visitor in a run's folder; it does not give the token away."""
    token = st.context.cookies.get(VISITOR)
    if not token:  # a browser without cookies is known until it reloads
        token = st.session_state.setdefault("_visitor", secrets.token_urlsafe())
    return hashlib.sha256(token.encode()).hexdigest()


def _is_teacher() -> bool:
    token = teacher_token()
    cookie = st.context.cookies.get(TEACHER, "")
    return token is not None and hmac.compare_digest(cookie.encode(), token.encode())


def _size(folder: Path) -> int:
    """Bytes of all files below a folder; what is deleted meanwhile does not count."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += os.lstat(os.path.join(parent, name)).st_size
    return size
