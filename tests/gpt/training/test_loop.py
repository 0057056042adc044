"""The loop: it learns, tells the truth about it, and can be stopped at any moment."""

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
from gpt import checkpoint
from gpt.errors import TextError, TrainingError
from gpt.text.corpus import Corpus, Document, from_builtin, from_bytes
from gpt.training import files, loop, runs, snapshots
from gpt.training.control import Control, Wish
from gpt.training.loop import Trainer, train
from gpt.training.observing import Observer
from gpt.training.reporting import Reporter
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status
from tests.gpt.tiny import MODEL, TRAINING, new_run
from tests.gpt.training.comparing import AskAt, assert_same_runs, lines

FIELDS = {"step", "tokens", "seconds", "train_loss", "val_loss", "lr", "tok_per_s", "grad_norm"}


@pytest.fixture(autouse=True)
def _no_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Syncing is against power cuts, which no test here makes, and takes most of the time."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# -- a run that goes through --------------------------------------------------------------------


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of 12 steps, logged at each and evaluated at 0, 4, 8 and 12."""
    run = new_run(tmp_path_factory.mktemp("runs") / "done")
    assert train(run).state == "done"
    return run


def test_a_run_ends_as_done(done: Run) -> None:
    status = done.status()
    assert (status.state, status.step, status.steps) == ("done", 12, 12)
    assert status.display_state == "done" and not status.alive
    assert status.pid is None and status.seconds_left is None
    assert status.best_val_loss == min(l["val_loss"] for l in lines(done) if l["val_loss"])


def test_every_step_is_logged_with_all_of_its_fields(done: Run) -> None:
    metrics = done.metrics()
    assert [line["step"] for line in metrics] == list(range(13))
    tokens_a_step = TRAINING["batch_size"] * MODEL["block_size"]
    assert [line["tokens"] for line in metrics] == [step * tokens_a_step for step in range(13)]
    for line in metrics:
        assert set(line) >= FIELDS
        evaluated = line["step"] % 4 == 0
        assert (line["val_loss"] is not None) == (line["train_loss"] is not None) == evaluated
        if line["step"]:
            assert all(line[name] > 0 for name in ("loss", "lr", "tok_per_s", "grad_norm"))
    seconds = [line["seconds"] for line in metrics]
    assert seconds == sorted(seconds)


def test_the_learning_rate_logged_is_the_schedules(done: Run) -> None:
    config = TrainingConfig(**TRAINING)
    for line in done.metrics()[1:]:
        assert line["lr"] == pytest.approx(
            config.learning_rate * config.rate_factor(line["step"] - 1)
        )


def test_before_the_first_step_the_loss_is_about_ln_V(done: Run) -> None:
    first = done.metrics()[0]
    V = gpt.load(done.path).config.vocab_size
    assert first["train_loss"] == pytest.approx(math.log(V), abs=0.05)
    assert first["val_loss"] == pytest.approx(math.log(V), abs=0.05)


def test_each_evaluation_leaves_a_sample_and_a_snapshot(done: Run) -> None:
    assert [sample["step"] for sample in done.samples()] == [0, 4, 8, 12]
    assert all(len(sample["text"]) == TRAINING["sample_tokens"] for sample in done.samples())
    assert snapshots.steps(done.path) == [0, 4, 8, 12]
    last, loaded = snapshots.read(done.path, 12), gpt.load(done.path)
    traced = gpt.trace(loaded.model, last.ids.tolist())
    assert abs(last.weights - traced.weights).max() < 0.005


def test_the_checkpoint_is_of_the_last_step(done: Run) -> None:
    assert gpt.load(done.path).info["weights"]["step"] == "12"
    assert json.loads((done.path / "trainer.json").read_text())["step"] == 12


def test_nothing_temporary_is_left(done: Run) -> None:
    assert sorted(path.name for path in done.path.iterdir()) == [
        "best.safetensors",
        "config.json",
        "metrics.jsonl",
        "model.safetensors",
        "optimizer.safetensors",
        "samples.jsonl",
        "snapshots",
        "status.json",
        "tokenizer.json",
        "trainer.json",
    ]


def test_the_config_tells_the_whole_story(done: Run) -> None:
    config = done.config()
    assert config["training"]["seed"] == 1337
    assert config["data"]["builtin"] == "names"
    assert config["versions"]["torch"] == torch.__version__
    assert done.corpus().describe() == config["data"]


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize(("name", "by"), [("names", 0.3), ("copy", 0.02)])
def test_the_loss_falls(tmp_path: Path, name: str, by: float, optimizer: str) -> None:
    corpus = from_builtin(name, length=3000)
    training = dict(steps=80, batch_size=8, eval_interval=40, log_interval=20, eval_batches=8)
    run = new_run(tmp_path / "run", corpus, optimizer=optimizer, **training)
    assert train(run).state == "done"
    losses = [line["train_loss"] for line in run.metrics() if line["train_loss"]]
    assert losses[0] > losses[1] > losses[2]
    assert losses[2] < losses[0] - by


def test_the_best_weights_are_kept_when_the_loss_rises_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    falling_then_rising = iter([9.0, 3.0, 9.0, 2.0, 9.0, 2.5, 9.0, 2.25])  # train, val, …
    monkeypatch.setattr(loop, "estimate_loss", lambda *_, **__: next(falling_then_rising))
    run = new_run(tmp_path / "run")
    train(run)
    assert gpt.load(run.path, "best").info["weights"]["step"] == "4"
    assert gpt.load(run.path, "latest").info["weights"]["step"] == "12"
    assert run.status().best_val_loss == 2.0


def test_evaluating_and_logging_more_often_leaves_the_training_unchanged(tmp_path: Path) -> None:
    changes = dict(eval_interval=1, eval_batches=1, sample_tokens=9)
    often = new_run(tmp_path / "often", model=dict(dropout=0.2), **changes)
    seldom = new_run(tmp_path / "seldom", model=dict(dropout=0.2), sample_tokens=0)
    for run in (often, seldom):
        train(run)
    assert [l["loss"] for l in lines(often)] == [l["loss"] for l in lines(seldom)]


def test_the_seed_decides_everything(tmp_path: Path) -> None:
    first, again, other = (
        new_run(tmp_path / name, model=dict(dropout=0.2), seed=seed)
        for name, seed in (("a", 5), ("b", 5), ("c", 6))
    )
    for run in (first, again, other):
        train(run)
    assert_same_runs(first, again)
    assert lines(first) != lines(other)


def test_the_report_hears_each_line_as_it_is_written(tmp_path: Path) -> None:
    heard: list[tuple[int, str, float | None]] = []

    def report(line: dict[str, Any], status: Status) -> None:
        heard.append((line["step"], status.state, status.seconds_left))

    train(new_run(tmp_path / "run"), report=report)
    assert [step for step, _, _ in heard] == list(range(13))
    assert {state for _, state, _ in heard} == {"running"}
    assert heard[0][2] is None and all(left is not None for _, _, left in heard[1:])


Heard = list[tuple[int, float | None]]


def clocked(run: Run, patch: pytest.MonkeyPatch, control: Control | None = None) -> Heard:
    """Train by a clock on which a step takes 1 s and an evaluation 10; return each line's
    (step, seconds left)."""
    now, heard = [0.0], []

    def takes(name: str, seconds: float) -> None:
        real = getattr(Trainer, name)

        def slow(self: Trainer, *args: Any) -> Any:
            now[0] += seconds
            return real(self, *args)

        inner.setattr(Trainer, name, slow)

    with patch.context() as inner:
        inner.setattr(time, "perf_counter", lambda: now[0])
        takes("_batch", 1.0)
        takes("_evaluate", 10.0)
        train(run, control, lambda line, status: heard.append((status.step, status.seconds_left)))
    return heard


def test_the_time_left_is_of_steps_and_evaluations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 10 steps, evaluated at 0, 4, 8 and 10."""
    run = new_run(tmp_path / "run", steps=10, log_interval=1)
    heard = dict(clocked(run, monkeypatch))
    assert heard[0] is None
    assert [heard[step] for step in (1, 3, 4, 8, 9, 10)] == [39, 37, 26, 12, 11, 0]
    assert run.status().elapsed == 4 * 10 + 10


def test_the_time_of_work_goes_on_counting_after_a_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(tmp_path / "run", steps=10)
    clocked(run, monkeypatch, AskAt(Wish.PAUSE, 6))
    first = run.status()
    assert first.state == "paused" and 0 < first.elapsed < 50
    clocked(run, monkeypatch)
    assert run.status().elapsed >= 50 and run.status().state == "done"


# -- pausing and stopping -------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_run_paused_at_any_moment_goes_on_as_if_it_never_was(
    tmp_path: Path, optimizer: str
) -> None:
    """Also in the middle of an evaluation, the first and the last one included."""
    settings: dict[str, Any] = dict(
        model=dict(dropout=0.2), optimizer=optimizer, steps=5, eval_interval=3
    )
    straight = new_run(tmp_path / "straight", **settings)
    train(straight)
    for look in count():  # one look before each step, and after each batch of an evaluation
        run = new_run(tmp_path / f"paused-{look}", **settings)
        status = train(run, AskAt(Wish.PAUSE, look))
        if status.state == "done":
            break
        assert (status.state, status.display_state, status.pid) == ("paused", "paused", None)
        torch.manual_seed(99)  # the process that goes on has random numbers of its own
        assert train(run).state == "done"
        assert_same_runs(straight, run)
        shutil.rmtree(run.path)
    assert look >= 5 + 3 * 2 * TRAINING["eval_batches"]


def test_a_run_may_be_paused_at_every_step(done: Run, tmp_path: Path) -> None:
    halting = new_run(tmp_path / "halting")
    pauses = 0
    for pauses in count():  # noqa: B007
        control = Control()

        def pause(line: dict[str, Any], status: Status, control: Control = control) -> None:
            control.ask(Wish.PAUSE)

        if train(halting, control, pause).state == "done":
            break
    assert pauses >= 12
    assert_same_runs(done, halting)


def test_a_run_may_be_told_to_stop(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    status = train(run, AskAt(Wish.STOP, 10))
    assert (status.state, status.reason) == ("done", f"stopped at step {status.step} on request")
    assert 0 < status.step < 12
    assert gpt.load(run.path).info["weights"]["step"] == str(status.step)


def test_a_pause_before_anything_was_done_loses_nothing(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    status = train(run, AskAt(Wish.PAUSE, 0))
    assert (status.state, status.step) == ("paused", 0)
    assert gpt.load(run.path).info["weights"]["step"] == "0"


def test_going_on_with_a_run_that_is_done_changes_nothing(done: Run, tmp_path: Path) -> None:
    again = Run(tmp_path / "again")
    shutil.copytree(done.path, again.path)
    assert train(again).state == "done"
    assert_same_runs(done, again)


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
    real, calls = loop.cross_entropy, count(1)

    def spoiled(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return real(logits, targets) * (bad if next(calls) == 7 else 1)

    run = new_run(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(loop, "cross_entropy", spoiled)
        status = train(run)
    assert status == run.status()
    assert status.state == "failed" and status.pid is None
    assert f"the loss became {bad}" in status.reason and "at step 7" in status.reason
    assert "try a lower learning rate" in status.reason
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
    real, calls = checkpoint.save_file, count()

    def full(*arguments: Any, **more: Any) -> None:
        if next(calls) >= 6:  # three files at step 0, three at step 4
            raise error
        real(*arguments, **more)

    run = new_run(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save_file", full)
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

    monkeypatch.setattr(loop, "draw", fail)
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


# -- the text ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["line\r\nline\n", "old\rmac\r", "a\x0bb\x0cc\x1cd\x85e\u2028f"])
def test_a_text_of_ones_own_is_kept_character_for_character(tmp_path: Path, text: str) -> None:
    corpus = from_bytes([("mine.txt", text.encode() * 20), ("more.txt", b"more\n" * 9)])
    run = new_run(tmp_path / "run", corpus)
    assert run.corpus().text == corpus.text
    assert run.corpus().describe() == run.config()["data"] == corpus.describe()
    assert train(run).state == "done"
