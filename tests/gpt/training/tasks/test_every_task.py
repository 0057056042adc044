"""What every task has in common: it learns, it writes a whole run, and it goes on exactly."""

from __future__ import annotations

import json
import shutil
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import CheckpointError
from gpt.training import snapshots
from gpt.training.control import Control, Wish
from gpt.training.initial import initial
from gpt.training.loop import Trainer, train
from gpt.training.pack import pack
from gpt.training.runs import Run
from tests.gpt.training.comparing import AskAt, assert_same_runs
from tests.gpt.training.task_runs import RUNS, classify_run, reviews, translate_run

pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")
MEASURED = {
    "classify": {"accuracy"},
    "translate": {"exact_match", "bleu", "chrf"},
    "masked": {"accuracy"},
}


def trainer(run: Run) -> Trainer:
    return Trainer(run, Control(), lambda line, status: None)


@pytest.fixture(scope="module", params=RUNS)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of 12 steps, evaluated at 0, 4, 8 and 12."""
    run = RUNS[request.param](tmp_path_factory.mktemp("runs") / request.param)
    assert train(run).state == "done"
    return run


def task_name(run: Run) -> str:
    return run.training_config().task


def test_each_evaluation_measures_what_the_task_has(done: Run) -> None:
    evaluated = [line for line in done.metrics() if line.get("val_loss") is not None]
    assert [line["step"] for line in evaluated] == [0, 4, 8, 12]
    for line in evaluated:
        numbers: dict[str, Any] = dict(line)
        expected = MEASURED[task_name(done)]
        assert set(numbers) & {"accuracy", "exact_match", "bleu", "chrf"} == expected
        assert all(0 <= numbers[name] <= 100 for name in expected)
    assert done.status().best_val_loss == min(line["val_loss"] for line in evaluated)


def test_each_evaluation_leaves_a_sample_and_a_snapshot(done: Run) -> None:
    assert [sample["step"] for sample in done.samples()] == [0, 4, 8, 12]
    assert snapshots.steps(done.path) == [0, 4, 8, 12]
    snapshot, loaded = snapshots.read(done.path, 12), gpt.load(done.path)
    source = None if snapshot.source is None else snapshot.source.tolist()
    traced = gpt.trace(loaded.model, snapshot.ids.tolist(), source=source)
    np.testing.assert_allclose(snapshot.weights, traced.weights[:], atol=0.005)
    assert len(snapshot.others) == len(traced.sites) - 1
    for site, weights in snapshot.others.items():
        np.testing.assert_allclose(weights, traced.site(site).weights[:], atol=0.005)


def test_the_first_weights_can_be_drawn_again(done: Run) -> None:
    assert initial(done).confirmed


def test_the_data_is_read_again_as_it_was(done: Run) -> None:
    info = done.config()
    assert info["data"]["sha256"]
    if task_name(done) == "masked":
        return
    with pytest.raises(CheckpointError, match=", not from one text"):
        done.corpus()
    assert info["split"]["training"] == 80
    assert (info["split"]["validation"], info["split"]["test"]) == (10, 10)


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_run_paused_at_some_moments_goes_on_as_if_it_never_was(
    tmp_path: Path, name: str, optimizer: str
) -> None:
    """Also in the middle of an evaluation, the first one included, and of its translations."""
    settings: dict[str, Any] = dict(
        model=dict(dropout=0.2), optimizer=optimizer, steps=5, eval_interval=3
    )
    if name != "masked":
        settings |= dict(token_dropout=0.2, label_smoothing=0.1)
    straight = RUNS[name](tmp_path / "straight", **settings)
    train(straight)
    for look in count(0, 3):
        run = RUNS[name](tmp_path / f"paused-{look}", **settings)
        status = train(run, AskAt(Wish.PAUSE, look))
        if status.state == "done":
            break
        assert (status.state, status.pid) == ("paused", None)
        torch.manual_seed(99)  # the process that goes on has random numbers of its own
        assert train(run).state == "done"
        assert_same_runs(straight, run)
        shutil.rmtree(run.path)
    assert look >= 5


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("name", RUNS)
def test_a_run_killed_before_a_checkpoint_goes_on_from_the_last_one(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight, killed = RUNS[name](tmp_path / "straight"), RUNS[name](tmp_path / "killed")
    train(straight)
    real, calls = Run.commit, count()

    def kill(run: Run, writers: Any) -> None:
        if next(calls) == 2:
            raise Killed
        real(run, writers)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "commit", kill)
        with pytest.raises(Killed):
            train(killed)
    assert train(killed).state == "done"
    assert_same_runs(straight, killed)


@pytest.mark.parametrize("name", RUNS)
def test_the_batch_of_a_step_depends_on_the_seed_and_the_step_alone(
    tmp_path: Path, name: str
) -> None:
    own = trainer(RUNS[name](tmp_path / "run"))
    first, other = own._batch(3), own._batch(4)
    again = trainer(RUNS[name](tmp_path / "again"))._batch(3)
    assert torch.equal(first.ids, again.ids) and torch.equal(first.targets, again.targets)
    assert first.ids.shape != other.ids.shape or not torch.equal(first.ids, other.ids)


@pytest.mark.parametrize("name", RUNS)
def test_the_loss_falls(tmp_path: Path, name: str) -> None:
    settings: dict[str, Any] = dict(learning_rate=0.01, batch_size=16, eval_batches=8)
    run = RUNS[name](
        tmp_path / "run", steps=150, eval_interval=75, log_interval=75, warmup_steps=10, **settings
    )
    assert train(run).state == "done"
    losses = [line["train_loss"] for line in run.metrics() if line["train_loss"]]
    assert losses[2] < losses[0] - 0.02


def test_a_packed_run_has_both_tokenizers_and_its_labels(tmp_path: Path) -> None:
    run = translate_run(tmp_path / "run", shared=False)
    train(run)
    pack(run.path, tmp_path / "packed")
    packed = gpt.load(tmp_path / "packed")
    assert packed.source_tokenizer.to_json() == gpt.load(run.path).source_tokenizer.to_json()
    assert packed.own_source_tokenizer is not None
    assert json.loads((tmp_path / "packed" / "config.json").read_text())["data"]["kind"] == "pairs"


def test_a_run_shared_without_its_examples_says_so(tmp_path: Path) -> None:
    run = classify_run(tmp_path / "run", reviews().take(range(100)))
    assert train(run, AskAt(Wish.PAUSE, 3)).state == "paused"
    shutil.rmtree(run.path / "text")
    status = train(run)
    assert status.state == "failed" and "was shared without its text" in status.reason


def test_a_sample_of_a_task_holds_its_examples(tmp_path: Path) -> None:
    classified, translated = classify_run(tmp_path / "c"), translate_run(tmp_path / "t")
    for run in (classified, translated):
        train(run)
    checkpoint, shown = gpt.load(classified.path), classified.samples()[-1]["examples"]
    assert len(shown) == 6 and {example["label"] for example in shown} == set(checkpoint.labels)
    for example in shown:
        given = gpt.classify(checkpoint, example["text"])
        assert example["probability"] == pytest.approx(given[example["label"]], abs=1e-4)
    translator, pairs = gpt.load(translated.path), translated.samples()[-1]["examples"]
    assert len(pairs) == 4
    for example in pairs:
        assert example["reference"] == example["text"][::-1]
        assert gpt.translate(translator, example["text"]).startswith(example["output"])
