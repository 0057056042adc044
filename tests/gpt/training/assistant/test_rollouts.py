"""A rollout whose arrays do not belong together, or to its run, is refused by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpt.errors import CheckpointError
from gpt.text.template import Answered
from gpt.training.assistant import rollouts, token_rollouts
from gpt.training.assistant.rollouts import Rollout
from gpt.training.assistant.token_rollouts import TokenRollout
from tests.gpt.test_shipped import RUNS

ROWS = (Answered([1, 2, 3, 4], 2), Answered([1, 2, 5], 1))
LOGS = ([-0.5, -0.25], [-1.0, -2.0])
REWARDS = np.array([1.0, 0.0])


def changed(path: Path, **changes: Any) -> None:
    """Write a rollout's file again, with some other arrays."""
    with np.load(path) as file:
        arrays = dict(file)
    np.savez_compressed(path, **{**arrays, **changes})


def of_run(folder: Path, task: str, rollout: Rollout | TokenRollout, **settings: int) -> Path:
    """A run's folder with nothing but its config and a rollout; the rollout's path."""
    config = json.loads((RUNS / "assistant-ppo" / "config.json").read_text())
    config["training"] |= {"task": task, **settings}
    (folder / "rollouts").mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    path = folder / rollouts.name(rollout.step)
    rollout.write(path)
    return path


DAMAGE: dict[str, tuple[dict[str, Any], str]] = {
    "fewer starts": ({"starts": np.ones(1, np.int32)}, "starts is int32 of shape"),
    "other width": ({"log_probs": np.zeros((2, 9))}, "not of one length"),
    "before its row": ({"starts": np.zeros(2, np.int32)}, "outside its row"),
    "after its row": ({"ends": np.full(2, 5, np.int32)}, "outside its row"),
    "no such token": ({"ids": np.full((2, 4), 99, np.int32)}, "not in the vocabulary"),
    "another step": ({"step": np.int64(8)}, "its step is another one"),
    "not finite": ({"log_probs": np.full((2, 4), np.nan)}, "not finite"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_arrays_that_do_not_belong_together_are_refused(tmp_path: Path, name: str) -> None:
    changes, words = DAMAGE[name]
    rollout = Rollout(7, ROWS, LOGS, REWARDS, group_size=2)
    path = of_run(tmp_path, "grpo", rollout, batch_size=1, group_size=2)
    assert rollouts.read(tmp_path, 7).rows == ROWS
    changed(path, **changes)
    with pytest.raises(CheckpointError, match=rf"rollouts/0000007\.npz .*{words}"):
        rollouts.read(tmp_path, 7)


@pytest.mark.parametrize("size", [0, -1, 3])
def test_groups_that_the_answers_do_not_fill_are_refused(tmp_path: Path, size: int) -> None:
    rollout = Rollout(7, ROWS, LOGS, REWARDS, group_size=2)
    changed(
        of_run(tmp_path, "grpo", rollout, batch_size=1, group_size=2), group_size=np.int64(size)
    )
    with pytest.raises(CheckpointError, match="has groups of"):
        rollouts.read(tmp_path, 7)


@pytest.mark.parametrize("name", DAMAGE)
def test_so_are_those_of_ppo(tmp_path: Path, name: str) -> None:
    changes, words = DAMAGE[name]
    rollout = TokenRollout(7, ROWS, LOGS, LOGS, LOGS, REWARDS, 0.1, 0.9)
    path = of_run(tmp_path, "ppo", rollout, batch_size=2)
    assert token_rollouts.read(tmp_path, 7).values == LOGS
    changed(path, **changes)
    with pytest.raises(CheckpointError, match=rf"rollouts/0000007\.npz .*{words}"):
        token_rollouts.read(tmp_path, 7)


def test_more_answers_or_tokens_than_the_run_writes_are_not_decompressed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(RUNS / "assistant-ppo", folder)
    (step, *_) = rollouts.steps(folder)
    N = len(token_rollouts.read(folder, step).rows)
    many, long = np.zeros((10_000, 2000), np.int32), np.zeros((N, 100_000), np.int32)
    for ids in (many, long):
        changed(folder / rollouts.name(step), ids=ids)
        with pytest.raises(CheckpointError, match=r"ids is int32 of shape"):
            token_rollouts.read(folder, step)
