"""Several processes that train one run: the same losses as one, and nothing lost when one dies."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from gpt.errors import ConfigError
from gpt.nn.loss import IGNORED
from gpt.training.control import Wish
from gpt.training.loop import train
from gpt.training.ranks import Alone, Together, check_parts
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Batch
from tests.close import close
from tests.gpt.tiny import config, new_run
from tests.gpt.training.comparing import AskAt
from tests.gpt.training.processes import ROOT
from tests.gpt.training.two_ranks import HALF, orthogonal_in_float32, statistics_of

STEPS = 50
SETTINGS: dict[str, Any] = dict(
    **dict(steps=STEPS, batch_size=5, eval_interval=STEPS, log_interval=1, sample_tokens=0),
    **dict(dtype="float32", learning_rate=3e-3, warmup_steps=5),
)
NEAR = 1e-5
"""Between the losses of one process and of two, whose sums are added in another order."""


def launched(folder: Path) -> tuple[list[int], str]:
    """The exit statuses and the words of two processes that train what is in a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.gpt.training.two_ranks", str(folder)],
            cwd=ROOT,
            env={
                **os.environ,
                **dict(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2"),
                **dict(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), OMP_NUM_THREADS="1"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    words = "".join(process.communicate(timeout=120)[0] for process in processes)
    return [process.returncode for process in processes], words


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Runs that two processes have trained."""
    folder = tmp_path_factory.mktemp("together") / "runs"
    folder.mkdir()
    new_run(folder / "adamw", optimizer="adamw", **SETTINGS)
    new_run(folder / "muon", optimizer="muon", **SETTINGS)
    new_run(folder / "parts", accumulation=2, **SETTINGS)
    new_run(folder / "pauses", **SETTINGS)
    half = new_run(folder / "resumed", **SETTINGS)
    assert train(half, AskAt(Wish.PAUSE, HALF + 1)).state == "paused"
    new_run(folder / "z-dies", **SETTINGS)
    statuses, words = launched(folder)
    assert statuses[1] == 9, words
    assert "z-dies 0 failed" in words, words
    yield folder


@pytest.fixture(scope="module", params=["adamw", "muon"])
def alone(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same run in one process."""
    with pytest.MonkeyPatch.context() as patched:
        module = sys.modules["torch.optim._muon"]
        original = module._zeropower_via_newtonschulz  # type: ignore[attr-defined]
        patched.setattr(module, "_zeropower_via_newtonschulz", original)  # put back afterwards
        orthogonal_in_float32()
        run = new_run(
            tmp_path_factory.mktemp("alone") / request.param, optimizer=request.param, **SETTINGS
        )
        assert train(run).state == "done"
    return run


def losses(run: Run) -> np.ndarray:
    """The loss of each step, then the validation losses."""
    lines = run.metrics()
    taken = [line["loss"] for line in lines if line["loss"] is not None]
    return np.array([*taken, *(line["val_loss"] for line in lines if line["val_loss"] is not None)])


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one(folder: Path, alone: Run) -> None:
    together = Run(folder / alone.name)
    assert together.status().state == "done"
    assert len(losses(together)) == STEPS + 2
    assert np.abs(losses(together) - losses(alone)).max() < NEAR
    one, two = (load_file(run.path / "model.safetensors") for run in (alone, together))
    assert max(float((one[name] - two[name]).abs().max()) for name in one) < 1e-4
    tokens = [[line["tokens"] for line in run.metrics()] for run in (alone, together)]
    assert tokens[0] == tokens[1]


@pytest.mark.parametrize("alone", ["adamw"], indirect=True)
@pytest.mark.parametrize("name", ["parts", "resumed"])
def test_parts_of_a_batch_and_a_run_begun_in_one_process(
    folder: Path, alone: Run, name: str
) -> None:
    together = Run(folder / name)
    assert together.status().state == "done"
    assert np.abs(losses(together) - losses(alone)).max() < NEAR


@pytest.mark.parametrize("alone", ["adamw"], indirect=True)
def test_one_process_goes_on_where_two_were_asked_to_pause(folder: Path, alone: Run) -> None:
    paused = Run(folder / "pauses")  # the second process was asked, the first one writes
    assert (paused.status().state, paused.status().step) == ("paused", HALF)
    assert train(paused).state == "done"
    assert np.abs(losses(paused) - losses(alone)).max() < NEAR


@pytest.mark.parametrize("alone", ["adamw"], indirect=True)
def test_a_run_whose_second_process_died_goes_on_from_its_last_step(
    folder: Path, alone: Run
) -> None:
    left = Run(folder / "z-dies")
    status = left.status()
    assert (status.state, status.step) == ("failed", 7)
    assert (
        "one of the 2 processes has ended" in status.reason and "Step 7 was saved" in status.reason
    )
    assert train(left).state == "done"
    assert np.abs(losses(left) - losses(alone)).max() < NEAR


def test_statistics_of_two_processes_are_those_of_one(folder: Path) -> None:
    alone = statistics_of(folder / "adamw", Alone())
    for rank in range(2):
        arrays = np.load(folder.parent / f"statistics-{rank}.npz")
        patterns, queries, entropies, activations, peaks, count = (arrays[n] for n in arrays)
        assert patterns == close(alone.patterns.sums)
        assert queries.tolist() == alone.patterns.queries.tolist()
        assert (entropies, activations) == (close(alone.entropies), close(alone.activations))
        assert peaks == close(alone.peaks)
        assert int(count) == alone.queries == 15


def test_parts_of_a_batch_in_one_process(tmp_path: Path) -> None:
    settings = {**SETTINGS, "steps": 8, "eval_interval": 8}
    whole, parts = (
        new_run(tmp_path / str(count), accumulation=count, **settings) for count in (1, 3)
    )
    assert train(whole).state == train(parts).state == "done"
    assert losses(parts) == close(losses(whole))


def test_a_part_has_its_rows_and_its_share_of_the_targets() -> None:
    ids = torch.arange(15).view(5, 3)
    batch = Batch(ids, ids.masked_fill(ids % 2 == 1, IGNORED), ids + 100)
    first, second = batch.parts(2)
    assert first.ids.tolist() == ids[:3].tolist() and second.ids.tolist() == ids[3:].tolist()
    assert second.targets.tolist() == [[IGNORED, 10, IGNORED], [12, IGNORED, 14]]
    assert second.source is not None and second.source.tolist() == (ids[3:] + 100).tolist()
    assert Batch(ids, ids).parts(5)[4].source is None


def test_dropout_differs_between_ranks_and_the_first_has_that_of_one_process() -> None:
    seeds = [Together(rank, 8).seed((1337 << 31) + 5) for rank in range(8)]
    assert seeds[0] == Alone().seed((1337 << 31) + 5) == (1337 << 31) + 5
    assert len({seed % 2**32 for seed in seeds}) == 8


@pytest.mark.parametrize(
    ("model", "training", "message"),
    [
        (dict(), dict(task="ppo"), "task = ppo learns from whole batches"),
        (dict(norm_kind="batch"), dict(), "choose norm_kind = layer"),
        (dict(), dict(batch_size=3), "batch_size is 3; 2 processes with accumulation = 2 need"),
    ],
)
def test_what_cannot_be_learned_in_parts(
    model: dict[str, Any], training: dict[str, Any], message: str
) -> None:
    plan = TrainingConfig(**{"accumulation": 2, **training})
    with pytest.raises(ConfigError, match=message):
        check_parts(config(**model), plan, 2)
    check_parts(config(**model), TrainingConfig(**{**training, "accumulation": 1}), 1)
