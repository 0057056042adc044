"""Jobs: one training process at a time, told what to do through its standard input."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import gpt
from gpt.errors import RunGoneError, TrainingError
from gpt.nn.model import GPT
from gpt.training import jobs as jobs_module
from gpt.training import snapshots
from gpt.training import status as statuses
from gpt.training.control import Wish
from gpt.training.jobs import Jobs
from gpt.training.lock import TRAINING, WAITING
from gpt.training.loop import train
from gpt.training.runs import Run, list_runs
from gpt.training.status import Status
from tests.gpt.tiny import new_run
from tests.gpt.training.processes import ROOT, fork, wait_until

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
    return run.status().display_state


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


def test_a_turn_ends_after_its_minutes_and_the_next_run_starts(tmp_path: Path) -> None:
    first, second = (new_run(tmp_path / name, **ENDLESS) for name in "ab")
    jobs = Jobs(tmp_path, minutes=0.02)
    try:
        jobs.start(first)
        jobs.start(second)
        assert jobs.waiting() == ["b"]
        wait_until(lambda: state(first) == "paused")
        wait_until(lambda: state(second) == "paused")  # it had its turn, and that ended too
        wait_until(lambda: jobs.current() is None)
    finally:
        jobs.close()
        jobs.wait(60)


def test_a_full_disk_pauses_a_run_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "LOOK_EVERY", 0.1)
    run, full = new_run(tmp_path / "a", **ENDLESS), ""
    jobs = Jobs(tmp_path, full_disk=lambda: full)
    try:
        jobs.start(run)
        wait_until(lambda: is_training(run))
        full = "the runs fill the disk"
        wait_until(lambda: jobs.current() is None)
        assert (state(run), run.status().reason) == ("paused", full)
        assert run.has_checkpoint
    finally:
        jobs.close()
        jobs.wait(60)


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


def test_when_the_server_is_killed_its_run_saves_itself_and_leaves(tmp_path: Path) -> None:
    runs = [new_run(tmp_path / name, **ENDLESS) for name in "ab"]
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], cwd=ROOT)
    try:
        wait_until(lambda: is_training(runs[0]))
    finally:
        server.kill()
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


HOLDER = """
import sys, time
from pathlib import Path
from gpt.training import lock
assert lock.take(Path(sys.argv[1]), sys.argv[2]) is not None
print("held", flush=True)
time.sleep(600)
"""


@contextmanager
def holder(run: Run, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds a lock of a run until it is killed."""
    command = [sys.executable, "-c", HOLDER, str(run.path), name]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"held\n"
        yield process
    finally:
        process.kill()
        process.wait(30)
        process.stdout.close()


def test_a_run_trains_while_its_lock_is_held_and_no_longer(tmp_path: Path) -> None:
    run = new_run(tmp_path / "a")
    # The number of a process that is alive, and not the one that trained: what a reused one says.
    run.write_status(
        Status("running", pid=os.getpid(), host=socket.gethostname(), heartbeat=time.time())
    )
    with holder(run, TRAINING):
        assert (state(run), run.status().alive) == ("running", True)
    assert (state(run), run.status().alive) == ("interrupted", False)
    assert train(run).state == "done"


def test_a_folder_that_was_copied_without_its_lock_is_not_trained(tmp_path: Path) -> None:
    run = new_run(tmp_path / "a")
    run.write_status(Status("running", host=socket.gethostname(), heartbeat=time.time()))
    assert not (run.path / TRAINING).exists()
    assert (state(run), run.status().alive) == ("interrupted", False)


def test_a_run_that_ends_while_it_is_looked_at_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(tmp_path / "a")
    run.write_status(Status("running", host=socket.gethostname(), heartbeat=time.time()))

    def end(folder: Path, name: str) -> None:
        run.write_status(Status("done"))

    monkeypatch.setattr(statuses, "is_held", end)
    assert state(run) == "done"


@pytest.mark.parametrize(
    ("ago", "shown"), [(1, "running"), (-1, "running"), (61, "interrupted"), (-61, "interrupted")]
)
def test_another_machine_s_heartbeat_counts_for_a_minute(
    tmp_path: Path, ago: float, shown: str
) -> None:
    run = new_run(tmp_path / "a")
    beat = time.time() - ago
    run.write_status(Status("running", pid=1, host="elsewhere", heartbeat=beat))
    assert state(run) == shown


def test_a_second_server_leaves_the_first_one_s_line_alone(tmp_path: Path) -> None:
    run = new_run(tmp_path / "a")
    run.write_status(replace(run.status(), state="queued"))
    with holder(run, WAITING):
        second = Jobs(tmp_path)
        assert state(run) == "queued"
        with pytest.raises(TrainingError, match="'a' waits in the line of another server"):
            second.start(run)
        with pytest.raises(TrainingError, match="'a' waits in line; take it out first"):
            run.delete()
        words = tmp_path / "words.txt"
        fork("train", "--resume", str(run.path), output=words).join(60)
        assert "waits in the line of the app" in words.read_text()
        assert state(run) == "queued"
    Jobs(tmp_path)
    assert state(run) == "paused"
    assert "waiting when the server went" in run.status().reason


def test_of_two_processes_that_train_a_run_one_is_refused(tmp_path: Path) -> None:
    run = new_run(tmp_path / "a", **ENDLESS)
    words = tmp_path / "words.txt"
    both = [fork("train", "--resume", str(run.path), output=words) for _ in range(2)]
    try:
        wait_until(lambda: any(process.exitcode is not None for process in both), 200)
        refused = next(process for process in both if process.exitcode is not None)
        assert "being trained already" in words.read_text()
        assert refused.exitcode != 0
        (left,) = (process for process in both if process is not refused)
        wait_until(lambda: is_training(run))
        assert run.status().pid == left.pid
    finally:
        for process in both:
            process.kill()
            process.join(30)


def test_a_job_that_is_refused_leaves_the_other_s_status_alone(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(tmp_path / "a", **ENDLESS)
    mine = Status("running", step=7, host=socket.gethostname(), pid=os.getpid())
    launch, others = jobs_module._launch, []

    def too_late(run: Run) -> subprocess.Popen[bytes]:
        others.append(run.lock())  # another process was faster
        run.write_status(mine)
        return launch(run)

    monkeypatch.setattr(jobs_module, "_launch", too_late)
    jobs.start(run)
    wait_until(lambda: jobs.current() is None, 200)
    assert "being trained already" in (run.path / "log.txt").read_text()
    assert (run.status(), run.status().alive) == (mine, True)
    others[0].release()


@pytest.mark.parametrize("anew", [False, True])
def test_a_run_that_is_deleted_while_it_trains_stays_deleted(tmp_path: Path, anew: bool) -> None:
    run = new_run(tmp_path / "a")
    new_files: list[dict[str, bytes]] = []

    def delete(line: dict[str, Any], status: Status) -> None:
        if line["step"] == 6:
            shutil.rmtree(run.path)
            if anew:
                new_run(run.path, seed=5)
                new_files.append(contents(run.path))

    with pytest.raises(RunGoneError, match="'a' was deleted while it was trained"):
        train(run, report=delete)
    if anew:
        assert contents(run.path) == new_files[0]
    else:
        assert not run.path.exists()


def test_a_run_that_is_deleted_during_a_save_stays_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, write = new_run(tmp_path / "a"), snapshots.write

    def delete(model: GPT, ids: list[int], step: int, path: Path, *rest: Any) -> None:
        if step == 4:
            shutil.rmtree(run.path)
        write(model, ids, step, path, *rest)

    monkeypatch.setattr(snapshots, "write", delete)
    with pytest.raises(RunGoneError, match="nothing was saved"):
        train(run)
    assert list(tmp_path.iterdir()) == []


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
