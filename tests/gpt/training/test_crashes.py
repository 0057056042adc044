"""Runs that are killed, or that fail: the last checkpoint stays, and the reason is said."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
import socket
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError

import gpt
from gpt import weights_file
from gpt.errors import TextError, TrainingError
from gpt.text.corpus import Corpus, Document
from gpt.training import files, runs
from gpt.training.control import Wish
from gpt.training.loop import train
from gpt.training.observing import Observer
from gpt.training.reporting import Reporter
from gpt.training.runs import Run
from gpt.training.status import Status
from gpt.training.tasks import next_token_task
from tests.gpt.tiny import new_run
from tests.gpt.training.comparing import AskAt, assert_same_runs

pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- crashes --------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("at", ["append_metrics", "commit_group", "writers", "beat"])
@pytest.mark.parametrize("call", [0, 2, 3])
def test_a_killed_run_goes_on_as_if_it_never_was(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, call: int
) -> None:
    killed = new_run(tmp_path / "killed")
    owners = {"append_metrics": Run, "commit_group": runs, "writers": Observer, "beat": Reporter}
    owner: Any = owners[at]
    real, calls = getattr(owner, at), count()

    def kill(*arguments: Any) -> Any:
        if next(calls) == call:
            raise Killed
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(owner, at, kill)
        with pytest.raises(Killed):
            train(killed)
    killed.write_status(Status("running", pid=2**22 + 1, host="elsewhere"))
    assert killed.status().display_state == "interrupted"
    assert train(killed).state == "done"
    assert_same_runs(done, killed)


@pytest.mark.parametrize("commit", [0, 1, 2])
@pytest.mark.parametrize("moved", [0, 1, 2, 3, 5])
def test_a_run_killed_while_a_checkpoint_moves_into_place_goes_on(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commit: int, moved: int
) -> None:
    killed = new_run(tmp_path / "killed")
    real, committed = os.replace, []

    def kill(source: Path, target: Path) -> None:
        if files.COMMIT in source.parts:
            committed.append(target)
            if len(committed) > 6 * commit + moved:  # six files each, while the loss falls
                raise Killed
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", kill)
        with pytest.raises(Killed):
            train(killed)
    assert (killed.path / files.COMMIT).is_dir()
    killed.write_status(Status("running", pid=2**22 + 1, host="elsewhere"))
    assert train(killed).state == "done"
    assert_same_runs(done, killed)


@pytest.mark.parametrize("torn", ['{"step": 13, "tok', "\x00\x00\x00", "[]\n", "\n\n"])
def test_a_torn_last_line_of_the_metrics_is_left_out(done: Run, tmp_path: Path, torn: str) -> None:
    run = new_run(tmp_path / "run")
    train(run, AskAt(Wish.PAUSE, 14))
    before = run.metrics()
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write(torn)
    assert run.metrics() == before
    assert train(run).state == "done"
    assert_same_runs(done, run)


def test_metrics_of_steps_that_no_checkpoint_holds_are_taken_again(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    train(run, AskAt(Wish.PAUSE, 14))
    step = run.status().step
    run.append_metrics({"step": step + 1, "loss": 99.0})
    train(run)
    assert [line["step"] for line in run.metrics()] == list(range(13))
    assert all(line["loss"] != 99.0 for line in run.metrics())


# -- what goes wrong ------------------------------------------------------------------------


def loads_and_is_finite(run: Run, step: int) -> None:
    loaded = gpt.load(run.path)
    assert loaded.info["weights"]["step"] == str(step)
    assert all(p.isfinite().all() for p in loaded.model.parameters())


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_no_number_fails_with_the_reason(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: float
) -> None:
    real, calls = next_token_task.cross_entropy, count(1)

    def spoiled(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return real(logits, targets) * (bad if next(calls) == 7 else 1)

    run = new_run(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(next_token_task, "cross_entropy", spoiled)
        status = train(run)
    assert status == run.status()
    assert status.state == "failed" and status.pid is None
    assert f"the loss became {bad}" in status.reason and "at step 7" in status.reason
    assert "try a lower learning rate" in status.reason
    assert status.reason.endswith(". The last checkpoint is whole")
    loads_and_is_finite(run, 4)
    assert train(run).state == "done"
    assert_same_runs(done, run)


def test_a_learning_rate_far_too_high_fails_with_the_reason(tmp_path: Path) -> None:
    settings = dict(learning_rate=100.0, grad_clip=0.0, warmup_steps=0, steps=400)
    run = new_run(tmp_path / "run", model=dict(activation="squared_relu", norm="none"), **settings)
    status = train(run)
    assert status.state == "failed"
    assert "became" in status.reason
    loads_and_is_finite(run, json.loads((run.path / "trainer.json").read_text())["step"])


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        SafetensorError("I/O error: No space left on device (os error 28)"),  # its own words
    ],
)
def test_a_full_disk_fails_with_the_reason_and_goes_on_later(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    real, calls = weights_file.save_file, count()

    def full(*arguments: Any, **more: Any) -> None:
        if next(calls) >= 6:  # three files at step 0, three at step 4
            raise error
        real(*arguments, **more)

    run = new_run(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(weights_file, "save_file", full)
        status = train(run)
    assert status.state == "failed"
    assert status.reason.startswith("the disk is full. The last checkpoint is whole; make room")
    loads_and_is_finite(run, 4)
    assert train(run).state == "done"
    assert_same_runs(done, run)


@pytest.mark.parametrize("error", [RuntimeError("CUDA out of memory"), MemoryError("no room")])
def test_too_little_memory_fails_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(next_token_task, "draw", fail)
    run = new_run(tmp_path / "run")
    status = train(run)
    assert status.state == "failed"
    assert str(error) in status.reason


def test_a_text_too_short_is_refused_with_nothing_left_behind(tmp_path: Path) -> None:
    for text in ("short\n", "a" * 79):
        with pytest.raises(TextError, match="block_size = 7 at least 80 are needed"):
            new_run(tmp_path / "deep" / "run", Corpus("short", (Document("short", text),)))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_finished_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Run, "write_status", full)
    with pytest.raises(OSError, match="No space"):
        new_run(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["..", "a b", "-rf", ".hidden", "é", "a" * 65, "a\n"])
def test_a_name_that_makes_no_good_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TrainingError, match="cannot name a run"):
        new_run(tmp_path / "runs" / name)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_there_is_not_overwritten(done: Run) -> None:
    before = contents(done.path)
    with pytest.raises(TrainingError, match="there is a run 'done' already"):
        new_run(done.path)
    assert contents(done.path) == before


def test_a_run_that_another_process_trains_is_left_alone(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    host = socket.gethostname()
    run.write_status(Status("running", pid=os.getpid(), host=host, heartbeat=time.time()))
    other = run.lock()
    before = contents(run.path)
    with pytest.raises(TrainingError, match=f"being trained already .pid {os.getpid()} on {host}"):
        train(run)
    with pytest.raises(TrainingError, match="stop it first"):
        run.delete()
    assert contents(run.path) == before
    other.release()
    assert train(run).state == "done"


def spoil(name: str, content: bytes | None) -> Callable[[Path], object]:
    if content is None:
        return lambda folder: (folder / name).unlink()
    return lambda folder: (folder / name).write_bytes(content)


def drop_training(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    del config["training"]
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("spoil_it", "named"),
    [
        (spoil("trainer.json", b'{"epoch": 3}'), "trainer.json"),
        (spoil("trainer.json", b"[1]"), "trainer.json"),
        (spoil("trainer.json", b'{"step": 4'), "trainer.json"),
        (spoil("trainer.json", b'{"step": "four"}'), "trainer.json"),
        (spoil("trainer.json", b'{"step": 4, "tokens": []}'), "trainer.json"),
        (spoil("trainer.json", b'{"step": 4, "best_val_loss": "low"}'), "trainer.json"),
        (spoil("trainer.json", b'{"step": 4, "seconds": 1e999}'), "trainer.json"),
        (spoil("trainer.json", b'{"step": 4, "owed": [1]}'), "trainer.json"),
        (spoil("trainer.json", b'{"step": true}'), "trainer.json"),
        (spoil("optimizer.safetensors", b"\x80\x04pickle"), "optimizer.safetensors"),
        (spoil("optimizer.safetensors", b""), "optimizer.safetensors"),
        (spoil("model.safetensors", b"<html>"), "model.safetensors"),
        (spoil("tokenizer.json", b"{}"), "tokenizer"),
        (drop_training, "config.json"),
    ],
)
def test_a_damaged_run_fails_by_the_file_at_fault_and_loses_nothing(
    done: Run, tmp_path: Path, spoil_it: Callable[[Path], object], named: str
) -> None:
    run = Run(tmp_path / "run")
    shutil.copytree(done.path, run.path)
    spoil_it(run.path)
    before = contents(run.path)
    status = train(run)
    assert status.state == "failed"
    assert named in status.reason
    changed = {path for path, content in contents(run.path).items() if before[path] != content}
    assert {Path(path).name for path in changed} == {"status.json"}


@pytest.mark.parametrize(
    "lost",
    [("trainer.json",), ("optimizer.safetensors",), ("trainer.json", "optimizer.safetensors")],
)
def test_a_run_shared_to_be_looked_at_is_not_started_over(
    done: Run, tmp_path: Path, lost: tuple[str, ...]
) -> None:
    run = Run(tmp_path / "run")
    shutil.copytree(done.path, run.path)
    for name in lost:
        (run.path / name).unlink()
    before = contents(run.path)
    with pytest.raises(TrainingError, match="shared to be looked at and cannot be resumed"):
        train(run)
    assert contents(run.path) == before
