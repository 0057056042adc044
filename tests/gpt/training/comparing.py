"""What two runs have in common: for tests that stop one of them and not the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from gpt.training.control import Control, Wish
from gpt.training.runs import Run

CLOCK = ("seconds", "tok_per_s")  # what no two runs agree on


def lines(run: Run) -> list[dict[str, Any]]:
    """The metrics, without what the clock says."""
    return [{k: v for k, v in line.items() if k not in CLOCK} for line in run.metrics()]


def assert_same_tensors(first: Path, second: Path) -> None:
    """Two safetensors files agree bit for bit."""
    a, b = load_file(first), load_file(second)
    assert sorted(a) == sorted(b)
    for name in a:
        assert torch.equal(a[name], b[name]), name


def assert_same_runs(first: Run, second: Run) -> None:
    """Weights, optimizer, losses, samples and snapshots agree bit for bit."""
    assert lines(first) == lines(second)
    for name in ("model.safetensors", "best.safetensors", "optimizer.safetensors"):
        assert_same_tensors(first.path / name, second.path / name)
    progress = [json.loads((run.path / "trainer.json").read_text()) for run in (first, second)]
    for one in progress:
        del one["seconds"], one["elapsed"]
    assert progress[0] == progress[1]
    assert first.samples() == second.samples()
    shots = [sorted((run.path / "snapshots").iterdir()) for run in (first, second)]
    assert [a.name for a in shots[0]] == [b.name for b in shots[1]]
    assert [a.read_bytes() for a in shots[0]] == [b.read_bytes() for b in shots[1]]


class AskAt(Control):
    """Asks for something when its wish is looked at for the nth time, from 0."""

    def __init__(self, wish: Wish, look: int) -> None:
        super().__init__()
        self._looks, self._later, self._look = 0, wish, look

    def wish(self) -> Wish:
        """What is asked for now."""
        if self._looks == self._look:
            self.ask(self._later)
        self._looks += 1
        return super().wish()
