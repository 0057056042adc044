"""Reporting: what a training process writes and says about itself while it works."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from typing import Any

from gpt.training.progress import Progress
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status

Report = Callable[[dict[str, Any], Status], None]
"""Called with each line of metrics and the status."""

HEARTBEAT = 1.0
"""Seconds between two heartbeats at least."""
MEASURED = ("loss", "train_loss", "val_loss", "lr", "tok_per_s", "grad_norm")
"""What a line of metrics may hold; a line that does not measure one has None."""


class Reporter:
    """Writes the metrics and the status of one run.

    Args:
        progress: of the run; the loop changes it, the reporter reads it.
        begun: `time.perf_counter()` when this process began to work on the run.
    """

    def __init__(
        self, run: Run, config: TrainingConfig, progress: Progress, report: Report, begun: float
    ) -> None:
        self.run, self.config, self.progress, self.report = run, config, progress, report
        self._begun = begun - progress.elapsed
        self._last_beat = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds of work so far, pauses and what `leave_out` names left out."""
        return time.perf_counter() - self._begun

    def leave_out(self, seconds: float) -> None:
        """Count some seconds before the first step as none: they foretell nothing of the rest."""
        self._begun += seconds

    def log(self, measured: dict[str, Any]) -> None:
        """Add one line to the metrics, and report it."""
        progress = self.progress
        line = {
            "step": progress.step,
            "tokens": progress.tokens,
            "seconds": round(progress.seconds, 3),
            **dict.fromkeys(MEASURED),
            **measured,
        }
        self.run.append_metrics(line)
        self.report(line, self.write_running())

    def beat(self) -> None:
        """Show that the process is alive, once a second at most."""
        if time.monotonic() - self._last_beat > HEARTBEAT:
            self.write_running()

    def write_running(self) -> Status:
        """Write that this process trains the run now."""
        left = self.progress.seconds_left(self.config, self.elapsed)
        pid, host = os.getpid(), socket.gethostname()
        self._last_beat = time.monotonic()
        return self._write("running", heartbeat=time.time(), seconds_left=left, pid=pid, host=host)

    def write_end(self, state: str, reason: str) -> Status:
        """Write why this process leaves the run."""
        return self._write(state, heartbeat=time.time(), reason=reason)

    def _write(self, state: str, **fields: Any) -> Status:
        progress = self.progress
        status = Status(
            state,
            step=progress.step,
            steps=self.config.steps,
            elapsed=self.elapsed,
            best_val_loss=progress.best_val_loss,
            **fields,
        )
        self.run.write_status(status)
        return status
