"""Failures: why a run stopped, in words for a person, kept in its status."""

from __future__ import annotations

import errno
from dataclasses import replace

from gpt.errors import HeadlightError, TrainingError
from gpt.training.runs import Run
from gpt.training.status import Status


def fail(run: Run, error: Exception) -> Status:
    """Write the status of a run that an error has ended, and return it."""
    status = replace(
        run.status(), state="failed", reason=explain(run, error), pid=None, seconds_left=None
    )
    run.write_status(status)
    return status


def explain(run: Run, error: Exception) -> str:
    """Return what to tell a person about an error that has ended a run."""
    if isinstance(error, TrainingError) and error.amid_steps:
        return f"{error}. {kept(run)}"
    if isinstance(error, HeadlightError):
        return str(error)
    if not isinstance(error, OSError):
        return f"{type(error).__name__}: {error}"
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return f"the run folder cannot be written: {error}"
    return f"the disk is full. {kept(run)}; make room, then resume the run"


def kept(run: Run) -> str:
    """What a run that has stopped can go on from."""
    if run.has_checkpoint:
        return "The last checkpoint is whole"
    return "No checkpoint was saved yet: the run begins anew"
