"""Jobs: the training processes of one server, one at a time; the others wait in line.

Each is a niced `python -m gpt train --resume RUN --controlled`, which is asked to pause or stop
through its standard input. When the server goes, that input closes and the run saves itself as
paused.

While a run waits or trains here, this server holds its lock `WAITING`. Other servers on the same
folder leave the run alone; when this server is gone, the lock is free and they may take it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gpt.errors import TrainingError
from gpt.training import beside
from gpt.training.control import Wish
from gpt.training.lock import TRAINING, WAITING, Lock, is_held, take
from gpt.training.runs import Run, list_runs

PROJECT = Path(__file__).resolve().parents[2]
LOOK_EVERY = 5.0  # seconds between looks at the room on the disk
LOG_END = 8 * 1024  # bytes at the end of a log, in which its last line is looked for


class Jobs:
    """The line of training jobs; safe to be used from several threads."""

    def __init__(
        self,
        root: Path,
        minutes: float | None = None,
        full_disk: Callable[[], str] | None = None,
    ) -> None:
        """Begin with an empty line.

        Args:
            minutes: after this time a run is paused, so that the next one has its turn.
            full_disk: asked every few seconds while a run trains: why it has no room for more,
                upon which it is paused; "" if it has.
        """
        self._minutes = minutes
        self._full_disk = full_disk
        self._lock = threading.RLock()
        self._waiting: deque[Run] = deque()
        self._current: tuple[Run, subprocess.Popen[bytes]] | None = None
        self._claims: dict[str, Lock] = {}
        for run in list_runs(root):
            if run.status().state == "queued":
                _pause_if_abandoned(run)

    def start(self, run: Run) -> None:
        """Train a run now, or put it in line behind the others.

        Raises:
            TrainingError: it is being trained or waits already, or was shared without what is
                needed to go on.
            OSError: its folder does not exist, or cannot be written.
        """
        with self._lock:
            if run.name in self.waiting() or is_held(run.path, TRAINING) or self._is_current(run):
                raise TrainingError(f"the run {run.name!r} is training or waiting already")
            claim = take(run.path, WAITING)
            if claim is None:
                raise TrainingError(f"the run {run.name!r} waits in the line of another server")
            try:
                run.check_resumable()
                run.write_status(replace(run.status(), state="queued", reason=""))
            except BaseException:
                claim.release()
                raise
            self._claims[run.name] = claim
            self._waiting.append(run)
            self._advance()

    def waiting(self) -> list[str]:
        """Names of the runs in line, the next one first."""
        with self._lock:
            return [run.name for run in self._waiting]

    def current(self) -> str | None:
        """Name of the run that this server trains now."""
        with self._lock:
            return self._current[0].name if self._current else None

    def ask(self, run: Run, wish: Wish) -> None:
        """Ask a run of this server to pause or stop; take it out of the line if it waits.

        Raises:
            TrainingError: it is not one of this server's jobs.
        """
        with self._lock:
            if run.name in self.waiting():
                self._waiting = deque(r for r in self._waiting if r.name != run.name)
                _mark_paused(run, "taken out of the line; resume when you like")
                self._leave(run)
            elif self._current is not None and self._is_current(run):
                _write_line(self._current[1], wish.value)
            else:
                raise TrainingError(
                    f"the run {run.name!r} is not trained by this server; pause it where it was "
                    "started, with Ctrl-C"
                )

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the current job has ended."""
        current = self._current
        if current is not None:
            current[1].wait(timeout)

    def close(self) -> None:
        """Empty the line and let the current job save itself and leave."""
        with self._lock:
            for name in self.waiting():
                self.ask(next(run for run in self._waiting if run.name == name), Wish.PAUSE)
            if self._current is not None and self._current[1].stdin is not None:
                self._current[1].stdin.close()

    def _is_current(self, run: Run) -> bool:
        return self._current is not None and self._current[0].name == run.name

    def _advance(self) -> None:
        while self._current is None and self._waiting:
            run = self._waiting.popleft()
            try:
                process = _launch(run)
            except OSError as error:  # the others in line must not wait for this one
                _mark_failed(run, f"its process could not be started: {error}")
                self._leave(run)
                continue
            self._current = (run, process)
            threading.Thread(target=self._watch, args=(run, process), daemon=True).start()
            if self._minutes is not None:
                self._pause_after(self._minutes, process)

    def _pause_after(self, minutes: float, process: subprocess.Popen[bytes]) -> None:
        """Pause a process after some minutes; one that has ended by then is not affected."""
        turn = threading.Timer(60 * minutes, _write_line, (process, Wish.PAUSE.value))
        turn.daemon = True
        turn.start()

    def _watch(self, run: Run, process: subprocess.Popen[bytes]) -> None:
        code, full = self._ended(process)
        with self._lock:
            # Its folder may be deleted, or made anew; or another process trains the run now.
            if self._claims[run.name].stands and not is_held(run.path, TRAINING):
                with contextlib.suppress(OSError):  # the disk may be full
                    _explain_exit(run, code)
                    if full and run.status().state == "paused":
                        _mark_paused(run, full)
            self._leave(run)
            self._current = None
            self._advance()

    def _ended(self, process: subprocess.Popen[bytes]) -> tuple[int, str]:
        """Wait until a process has ended, and pause it once the disk is full.

        Returns:
            Its exit status, and why it was paused for want of room; "" if it was not.
        """
        while self._full_disk is not None:
            try:
                return process.wait(LOOK_EVERY), ""
            except subprocess.TimeoutExpired:
                if full := self._full_disk():
                    _write_line(process, Wish.PAUSE.value)
                    return process.wait(), full
        return process.wait(), ""

    def _leave(self, run: Run) -> None:
        """Let others have a run that neither waits nor trains here any more."""
        self._claims.pop(run.name).release()


def _pause_if_abandoned(run: Run) -> None:
    """Take a run out of the line of a server that is gone, but not of another one's."""
    with contextlib.suppress(OSError):  # its folder may not be writable
        claim = take(run.path, WAITING)
        if claim is None:
            return
        if not is_held(run.path, TRAINING) and run.status().state == "queued":
            _mark_paused(run, "it was waiting when the server went; resume when you like")
        claim.release()


def _launch(run: Run) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gpt", "train", "--resume", str(run.path.resolve())]
    with (run.path / "log.txt").open("ab") as log:
        return subprocess.Popen(
            [*command, "--controlled"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=PROJECT,
            env=beside.environment(),
            start_new_session=True,
        )


def _write_line(process: subprocess.Popen[bytes], word: str) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(f"{word}\n".encode())
        process.stdin.flush()
    except (BrokenPipeError, ValueError):
        pass  # it has ended already, or its input was closed


def _mark_paused(run: Run, reason: str) -> None:
    run.write_status(replace(run.status(), state="paused", reason=reason))


def _mark_failed(run: Run, reason: str) -> None:
    with contextlib.suppress(OSError):
        run.write_status(replace(run.status(), state="failed", reason=reason))


def _last_line(log: Path) -> str:
    """The last line of a log that is not empty, looked for at the log's end."""
    with log.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_END))
        lines = file.read(LOG_END).decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def _explain_exit(run: Run, code: int) -> None:
    """Write why a process ended, if it did not write that itself."""
    status = run.status()
    if status.state not in ("queued", "running"):
        return
    if code > 0:
        reason = _last_line(run.path / "log.txt") or f"it ended with exit status {code}"
        run.write_status(replace(status, state="failed", reason=reason, pid=None))
    else:
        reason = f"its process was ended by signal {-code}; resume from the last checkpoint"
        run.write_status(replace(status, state="paused", reason=reason, pid=None))
