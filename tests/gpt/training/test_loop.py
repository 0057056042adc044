"""The loop: what a run that goes through writes, and how it is paused and stopped."""

from __future__ import annotations

import json
import math
import shutil
import time
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

import gpt
from gpt.text.corpus import from_builtin, from_bytes
from gpt.training import snapshots
from gpt.training.control import Control, Wish
from gpt.training.loop import Trainer, train
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status
from gpt.training.tasks import next_token_task
from gpt.training.tasks.next_token_task import NextToken
from tests.gpt.tiny import MODEL, TRAINING, new_run
from tests.gpt.training.comparing import AskAt, assert_same_runs, lines

FIELDS = {"step", "tokens", "seconds", "train_loss", "val_loss", "lr", "tok_per_s", "grad_norm"}
pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")


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
    monkeypatch.setattr(
        next_token_task, "estimate_loss", lambda *_, **__: next(falling_then_rising)
    )
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
    """Train by a clock on which a step takes 1 s, an evaluation 10, and what comes before the first
    step 100, which counts for nothing; return each line's (step, seconds left)."""
    now, heard = [0.0], []

    def takes(name: str, seconds: float, owner: type = Trainer) -> None:
        real = getattr(owner, name)

        def slow(self: Any, *args: Any) -> Any:
            now[0] += seconds
            return real(self, *args)

        inner.setattr(owner, name, slow)

    with patch.context() as inner:
        inner.setattr(time, "perf_counter", lambda: now[0])
        takes("prepare", 100.0, NextToken)
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


# -- the text ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["line\r\nline\n", "old\rmac\r", "a\x0bb\x0cc\x1cd\x85e\u2028f"])
def test_a_text_of_ones_own_is_kept_character_for_character(tmp_path: Path, text: str) -> None:
    corpus = from_bytes([("mine.txt", text.encode() * 20), ("more.txt", b"more\n" * 9)])
    run = new_run(tmp_path / "run", corpus)
    assert run.corpus().text == corpus.text
    assert run.corpus().describe() == run.config()["data"] == corpus.describe()
    assert train(run).state == "done"
