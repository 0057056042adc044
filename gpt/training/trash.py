"""The trash: deleted runs, kept for a while beside the others so that they can come back.

A deleted run is moved to `.trash/` in the folder of runs, where no page lists it. The newest
deletions are kept, for some days; what is older goes for good at the next deletion (docs/adr/0042).
"""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from gpt.errors import TrainingError
from gpt.names import free_name
from gpt.training.runs import Run

TRASH = ".trash"
MOST = 10
"""Deleted runs that are kept."""
DAYS = 7.0
NAME = re.compile(r"(\d{1,20})-(.+)", re.DOTALL)
NANOSECONDS = 10**9


@dataclass(frozen=True)
class DeletedRun:
    """A run in the trash.

    Fields:
        path: where it is now.
        name: of the run.
        seconds: when it was deleted, since 1970.
    """

    path: Path
    name: str
    seconds: float


def throw_away(run: Run) -> DeletedRun:
    """Move a run to the trash, and remove from there what is too old or too much.

    Raises:
        TrainingError: a process is training it, or has it in line.
    """
    run.check_idle()
    now = time.time_ns()
    trash = run.path.parent / TRASH
    trash.mkdir(exist_ok=True)
    target = trash / f"{now}-{run.name}"
    run.path.rename(target)
    remove_old(run.path.parent, now / NANOSECONDS)
    return DeletedRun(target, run.name, now / NANOSECONDS)


def deleted_runs(root: Path) -> list[DeletedRun]:
    """The runs in the trash of a folder of runs, the last deleted one first."""
    trash = root / TRASH
    if not trash.is_dir():
        return []
    matches = [(path, NAME.fullmatch(path.name)) for path in trash.iterdir() if path.is_dir()]
    deleted = [
        DeletedRun(path, match[2], int(match[1]) / NANOSECONDS) for path, match in matches if match
    ]
    return sorted(deleted, key=lambda run: run.seconds, reverse=True)


def put_back(deleted: DeletedRun) -> Run:
    """Move a run from the trash back to the others; under another name if its own is taken.

    Raises:
        TrainingError: it is not in the trash any more.
    """
    root = deleted.path.parent.parent
    if not deleted.path.is_dir():
        raise TrainingError(f"the run {deleted.name!r} is not in the trash any more")
    target = root / free_name(root, deleted.name)
    deleted.path.rename(target)
    return Run(target)


def remove_old(root: Path, now: float) -> None:
    """Remove for good what was deleted more than DAYS ago, and all but the newest MOST."""
    for rank, deleted in enumerate(deleted_runs(root)):
        if rank >= MOST or now - deleted.seconds > DAYS * 24 * 3600:
            remove(deleted)


def remove(deleted: DeletedRun) -> None:
    """Remove a run from the trash for good."""
    if deleted.path.is_symlink():
        deleted.path.unlink()
    else:
        shutil.rmtree(deleted.path)
