"""What several tests of training share."""

from __future__ import annotations

import os

import pytest

from gpt.training.loop import train
from gpt.training.runs import Run
from tests.gpt.tiny import new_run


@pytest.fixture
def no_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Syncing is against power cuts, which no test makes, and takes most of the time."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of 12 steps, logged at each and evaluated at 0, 4, 8 and 12."""
    run = new_run(tmp_path_factory.mktemp("runs") / "done")
    assert train(run).state == "done"
    return run
