"""A training process killed at random moments ends as one that was never stopped."""

from __future__ import annotations

import os
import random
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import gpt
from gpt.training.loop import train
from gpt.training.runs import Run
from tests.gpt.tiny import new_run
from tests.gpt.training.comparing import assert_same_runs
from tests.gpt.training.processes import fork, wait_until

KILLS = 2
APART = 60
"""Steps; the second kill comes well before the end, however fast the machine is."""
SETTINGS: dict[str, Any] = dict(steps=240, eval_interval=20, eval_batches=1, sample_tokens=2)


@pytest.mark.slow
@pytest.mark.skipif(
    "HEADLIGHT_TEST_ROUNDING" in os.environ, reason="the killed process is on the real processor"
)
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_run_killed_at_random_moments_ends_as_if_it_never_was(
    tmp_path: Path, optimizer: str
) -> None:
    settings = dict(model=dict(dropout=0.1), optimizer=optimizer, **SETTINGS)
    straight, killed = (
        new_run(tmp_path / "straight", **settings),
        new_run(tmp_path / "killed", **settings),
    )
    assert train(straight).state == "done"
    words = tmp_path / "words.txt"
    rng = random.Random(20)
    for n in range(KILLS):
        process = fork("train", "--resume", str(killed.path), output=words)
        assert process.pid is not None
        least = rng.randrange(n * APART, (n + 1) * APART)
        wait_until(partial(has_come_to, least, killed, process.pid))
        time.sleep(rng.uniform(0.0, 0.01))
        os.kill(process.pid, signal.SIGKILL)
        process.join(30)
        where = killed.status().step
        print(f"killed near step {where}, at {least} or soon after: {process.exitcode}")
        if killed.status().state == "done":  # it was faster than the killer
            break
        assert killed.status().display_state == "interrupted"
        if (killed.path / "trainer.json").is_file():
            gpt.load(killed.path)
    process = fork("train", "--resume", str(killed.path), output=words)
    process.join(120)
    assert process.exitcode == 0, words.read_text()
    assert killed.status().state == "done"
    assert_same_runs(straight, killed)


def has_come_to(step: int, run: Run, pid: int) -> bool:
    status = run.status()
    return (status.pid == pid and status.step >= step) or status.state == "done"
