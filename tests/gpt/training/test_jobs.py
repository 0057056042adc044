"""Jobs: one training process at a time, told what to do through its standard input."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import gpt
from gpt.errors import TrainingError
from gpt.training.control import Wish
from gpt.training.jobs import Jobs
from gpt.training.loop import train
from gpt.training.runs import PROCESS_LOST, Run, Status, list_runs
from tests.gpt.tiny import new_run
from tests.gpt.training.processes import ROOT, wait_until

pytestmark = pytest.mark.slow
ENDLESS = dict(steps=1_000_000, eval_interval=1_000_000, eval_batches=1)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    jobs = Jobs(tmp_path)
    yield jobs
    jobs.close()
    jobs.wait(60)
    for run in list_runs(tmp_path):
        if run.status().alive:
            os.kill(run.status().pid or 0, signal.SIGKILL)


def state(run: Run) -> str:
    return run.status().shown_state


def is_training(run: Run) -> bool:
    return state(run) == "running" and run.status().step > 0


def test_the_second_run_waits_and_then_starts_by_itself(jobs: Jobs, tmp_path: Path) -> None:
    first, second, third = (new_run(tmp_path / name, **ENDLESS) for name in "abc")
    for run in (first, second, third):
        jobs.start(run)
    wait_until(lambda: is_training(first))
    assert jobs.current() == "a"
    assert jobs.waiting() == ["b", "c"]
    assert [state(run) for run in (first, second, third)] == ["running", "queued", "queued"]

    for run in (first, second):
        with pytest.raises(TrainingError, match=f"{run.name!r} is training or waiting already"):
            jobs.start(run)

    jobs.ask(third, Wish.PAUSE)
    assert jobs.waiting() == ["b"]
    assert state(third) == "paused"

    pid = first.status().pid
    assert pid is not None
    assert os.getpriority(os.PRIO_PROCESS, pid) >= 10
    jobs.ask(first, Wish.PAUSE)
    wait_until(lambda: is_training(second))
    assert jobs.current() == "b" and jobs.waiting() == []
    assert (state(first), first.status().pid) == ("paused", None)
    with pytest.raises(ProcessLookupError):  # it has left, and nothing holds its memory
        os.kill(pid, 0)
    step = first.status().step
    assert gpt.load(first.path).info["weights"]["step"] == str(step)

    jobs.ask(second, Wish.STOP)
    wait_until(lambda: jobs.current() is None)
    assert state(second) == "done"
    assert "on request" in second.status().reason

    jobs.start(first)
    wait_until(lambda: is_training(first) and first.status().step > step)


def test_a_killed_process_leaves_its_run_paused_with_the_reason(jobs: Jobs, tmp_path: Path) -> None:
    run = new_run(tmp_path / "a", **ENDLESS)
    jobs.start(run)
    wait_until(lambda: is_training(run))
    pid = run.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: jobs.current() is None)
    assert state(run) == "paused"
    assert "ended by signal 9; resume from the last checkpoint" in run.status().reason
    assert run.status().pid is None


def test_a_process_that_fails_says_why_and_the_next_run_starts(jobs: Jobs, tmp_path: Path) -> None:
    broken, good = new_run(tmp_path / "a"), new_run(tmp_path / "b")
    (broken.path / "tokenizer.json").write_text("{")
    jobs.start(broken)
    jobs.start(good)
    wait_until(lambda: state(good) == "done")
    assert state(broken) == "failed"
    assert "a/tokenizer.json is not JSON" in broken.status().reason
    assert "step" in (good.path / "log.txt").read_text()


SERVER = """
import sys, time
import time
from pathlib import Path
from gpt.training.jobs import Jobs
from gpt.training.runs import Run
jobs = Jobs(Path(sys.argv[1]))
for name in ("a", "b"):
    jobs.start(Run(Path(sys.argv[1]) / name))
time.sleep(600)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_when_the_server_goes_its_run_saves_itself_and_leaves(tmp_path: Path, end: int) -> None:
    runs = [new_run(tmp_path / name, **ENDLESS) for name in "ab"]
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], cwd=ROOT)
    try:
        wait_until(lambda: is_training(runs[0]))
    finally:
        server.send_signal(end)
        server.wait(30)
    wait_until(lambda: state(runs[0]) == "paused")
    assert gpt.load(runs[0].path).info["weights"]["step"] == str(runs[0].status().step)
    assert runs[0].status().pid is None

    next_server = Jobs(tmp_path)
    assert next_server.current() is None and next_server.waiting() == []
    assert state(runs[1]) == "paused"
    assert "waiting when the server went" in runs[1].status().reason


def test_closing_lets_the_current_run_save_itself(tmp_path: Path) -> None:
    runs = [new_run(tmp_path / name, **ENDLESS) for name in "ab"]
    jobs = Jobs(tmp_path)
    for run in runs:
        jobs.start(run)
    wait_until(lambda: is_training(runs[0]))
    jobs.close()
    if jobs.current() == "a":
        jobs.ask(runs[0], Wish.STOP)  # too late to be heard, and no error
    wait_until(lambda: jobs.current() is None)
    assert [state(run) for run in runs] == ["paused", "paused"]


def test_a_run_of_another_server_cannot_be_asked(jobs: Jobs, tmp_path: Path) -> None:
    run = new_run(tmp_path / "a")
    with pytest.raises(TrainingError, match="'a' is not trained by this server; pause it where"):
        jobs.ask(run, Wish.PAUSE)


def test_a_run_shared_to_be_looked_at_is_not_put_in_line(jobs: Jobs, tmp_path: Path) -> None:
    run = new_run(tmp_path / "a")
    train(run)
    (run.path / "trainer.json").unlink()
    before = run.status()
    with pytest.raises(TrainingError, match="shared to be looked at"):
        jobs.start(run)
    assert run.status() == before
    assert jobs.waiting() == [] and jobs.current() is None


def test_a_run_whose_process_is_gone_is_shown_as_interrupted(tmp_path: Path) -> None:
    run = new_run(tmp_path / "a")
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    here = Status("running", pid=gone.pid, host=os.uname().nodename, heartbeat=time.time())
    run.write_status(here)
    assert (state(run), run.status().alive) == ("interrupted", False)
    run.write_status(replace(here, pid=os.getpid()))
    assert (state(run), run.status().alive) == ("running", True)
    run.write_status(replace(here, pid=os.getpid(), heartbeat=time.time() - 2 * PROCESS_LOST))
    assert state(run) == "interrupted"  # the number is another process's by now
    run.write_status(replace(here, pid=os.getpid(), host="elsewhere", heartbeat=1.0))
    assert state(run) == "interrupted"
