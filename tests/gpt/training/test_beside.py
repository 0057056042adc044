"""A run beside the app: small ones take one core, and what is wrong with one is said later."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from gpt import process
from gpt.errors import HeadlightError
from gpt.training import beside
from tests.gpt.tiny import new_run


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How nice the process was asked to be; it stays as it is, and gets its threads back."""
    asked: list[int] = []
    monkeypatch.setattr(os, "nice", asked.append)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield asked
    torch.set_num_threads(before)


def test_work_is_parameters_times_tokens_of_a_step(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run", batch_size=5)
    block = run.config()["model"]["block_size"]
    assert beside.work(run) % (5 * block) == 0
    assert beside.work(new_run(tmp_path / "other", batch_size=10)) == 2 * beside.work(run)


@pytest.mark.parametrize(("small", "count"), [(0, 3), (1 << 40, 1)])
def test_a_small_run_takes_one_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cores: list[int], small: int, count: int
) -> None:
    monkeypatch.setattr(process, "SMALL", small)
    beside.give_way(new_run(tmp_path / "run"))
    assert torch.get_num_threads() == count and cores == [10]


def test_a_run_that_cannot_be_read_is_left_to_the_loop(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    (run.path / "config.json").write_text('{"model": {}}')
    with pytest.raises(HeadlightError):
        beside.work(run)
    beside.give_way(run)
    assert torch.get_num_threads() == 3


def test_its_threads_sleep_while_they_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADLIGHT_MARK", "kept")
    assert beside.environment()["OMP_WAIT_POLICY"] == "passive"
    assert beside.environment()["HEADLIGHT_MARK"] == "kept"
