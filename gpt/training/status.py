"""Status: what a run's status.json says, and whether a process trains the run now."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from gpt.errors import CheckpointError
from gpt.run_files import STATUS, read_status
from gpt.training.files import write_json
from gpt.training.lock import TRAINING, is_held

HEARTBEAT_LOST = 60.0
"""Seconds between a heartbeat and now beyond which nobody is behind it; a clock may be ahead."""
STATES = ("queued", "running", "paused", "done", "failed")


@dataclass(frozen=True)
class Status:
    """What status.json says.

    Fields:
        state: one of `STATES`.
        step, steps: done, and in all.
        reason: why it stopped, for a person.
        heartbeat: when the process last wrote, in seconds since 1970.
        seconds_left: estimated, while running.
        elapsed: seconds of work so far, without pauses; 0 if the file does not say.
        best_val_loss: lowest estimate so far, in nats.
        pid, host: the process that trains it, while running; for a person.
        alive: whether a process was training it when this was read; not in the file.
    """

    state: str
    step: int = 0
    steps: int = 0
    reason: str = ""
    heartbeat: float = 0.0
    seconds_left: float | None = None
    elapsed: float = 0.0
    best_val_loss: float | None = None
    pid: int | None = None
    host: str = ""
    alive: bool = field(default=False, compare=False)

    @property
    def finished(self) -> bool:
        """Whether all steps are done, and not only those before it was stopped."""
        return self.state == "done" and self.step >= self.steps

    @property
    def display_state(self) -> str:
        """The state that a person sees: a run whose process is gone is interrupted."""
        return "interrupted" if self.state == "running" and not self.alive else self.state


def read(folder: Path) -> Status:
    """The status of a run; a folder without one counts as done.

    Raises:
        CheckpointError: status.json is damaged or of another kind.
    """
    if not (folder / STATUS).exists() and not (folder / STATUS).is_symlink():
        return Status("done", reason="status.json is missing")
    status = Status(**read_status(folder))
    if status.state == "running" and _is_alive(folder, status.host, status.heartbeat):
        return replace(status, alive=True)
    # A run that was running when it was read may have ended before its lock was looked at.
    return Status(**read_status(folder)) if status.state == "running" else status


def read_or_failed(folder: Path) -> Status:
    """The status of a run; one whose status.json is damaged counts as failed."""
    try:
        return read(folder)
    except CheckpointError as error:
        return Status("failed", reason=f"{error}. Its weights may be whole.")


def write(folder: Path, status: Status) -> None:
    """Replace status.json; on a full disk, overwrite it in place.

    Raises:
        OSError: the folder does not exist, or cannot be written.
    """
    value = _to_dict(status)
    path = folder / STATUS
    try:
        write_json(path, value)
    except OSError as error:
        if not path.is_file():  # a run that is being created
            raise error
        with path.open("r+", encoding="utf-8") as file:
            file.write(json.dumps(value))
            file.truncate()


def _to_dict(status: Status) -> dict[str, Any]:
    names = (field.name for field in fields(Status) if field.name != "alive")
    return {name: getattr(status, name) for name in names}


def _is_alive(folder: Path, host: str, heartbeat: float) -> bool:
    """Whether a process trains a run that says it is running.

    On this machine the lock answers, and nobody trains a run without the lock's file. The lock of
    another machine may be invisible here, and some file systems have none: then a heartbeat of the
    last minute counts.
    """
    held = is_held(folder, TRAINING)
    is_free = held is False or not (folder / TRAINING).exists()
    if held or (is_free and host == socket.gethostname()):
        return bool(held)
    return abs(time.time() - heartbeat) < HEARTBEAT_LOST
