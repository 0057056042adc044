"""Observing: what each evaluation keeps of a model besides its weights: its heads and a sample."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from gpt.nn.model import GPT
from gpt.run_files import MOST_FILE, SAMPLES
from gpt.training import snapshots
from gpt.training.files import Writers
from gpt.training.runs import Run
from gpt.training.tasks.task import Task


class Observer:
    """Watches one model on the probe and the samples of its task."""

    def __init__(self, run: Run, model: GPT, task: Task) -> None:
        self.run, self.model, self.task = run, model, task

    def writers(self, step: int) -> Writers:
        """The files that keep what the model does after a step."""
        files: Writers = {snapshots.name(step): partial(self._snapshot, step)}
        sample = self.task.sample(self.model)
        if sample is not None:
            samples: list[Any] = [*self.run.samples(), {"step": step, **sample}]
            files[SAMPLES] = partial(_write_samples, samples)
        return files

    def _snapshot(self, step: int, path: Path) -> None:
        probe = self.task.probe
        snapshots.write(self.model, probe.ids, step, path, probe.source)


def _write_samples(samples: list[Any], path: Path) -> None:
    """Write the newest samples, as many as `read_samples` reads again."""
    left, kept = MOST_FILE[SAMPLES], []
    for line in (json.dumps(sample) + "\n" for sample in reversed(samples)):
        left -= len(line)
        if left < 0:
            break
        kept.append(line)
    path.write_text("".join(reversed(kept)), encoding="utf-8")
