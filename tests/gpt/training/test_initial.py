"""The model before training: drawn again it is, to the bit, what the run began with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from gpt.errors import CheckpointError
from gpt.training.control import Control
from gpt.training.initial import initial
from gpt.training.loop import Trainer
from gpt.training.runs import Run
from tests.gpt import tiny
from tests.gpt.shakespeare import ROOT


def changed(run: Run, **changes: Any) -> Run:
    """The run with other content in its config.json."""
    config = json.loads((run.path / "config.json").read_text()) | changes
    (run.path / "config.json").write_text(json.dumps(config))
    return Run(run.path)


def test_the_drawn_model_is_the_one_that_training_starts_from(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run", seed=11)
    real = Trainer(run, Control(), lambda line, status: None).model
    torch.manual_seed(999)  # whatever else was drawn meanwhile
    before = torch.get_rng_state()
    start = initial(run)
    assert not start.confirmed, "there is no snapshot yet"
    theirs, ours = dict(real.named_parameters()), dict(start.model.named_parameters())
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[name], ours[name]) for name in theirs)
    assert torch.equal(torch.get_rng_state(), before), "somebody's random numbers were used up"


@pytest.mark.parametrize(
    "name", ["copy", "shakespeare", "shakespeare-fast", "shakespeare-distilled"]
)
def test_shipped_runs_are_confirmed_by_their_first_snapshot(name: str) -> None:
    assert initial(Run(ROOT / "checkpoints" / name)).confirmed


def test_another_seed_is_found_out(tmp_path: Path) -> None:
    # Not copy: without a norm every model of it starts as even as any other, to 8 bits.
    shutil.copytree(ROOT / "checkpoints" / "shakespeare", tmp_path / "shakespeare")
    run = Run(tmp_path / "shakespeare")
    training = run.config()["training"] | {"seed": 1338}
    with pytest.raises(CheckpointError, match="does not attend as the run's own did at step 0"):
        initial(changed(run, training=training))


def test_another_torch_is_told_unless_a_snapshot_confirms(tmp_path: Path) -> None:
    run = changed(tiny.new_run(tmp_path / "run"), versions={"torch": "1.0.0"})
    with pytest.raises(CheckpointError, match=r"drawn by torch 1\.0\.0, here is"):
        initial(run)
    shutil.copytree(ROOT / "checkpoints" / "copy", tmp_path / "copy")
    assert initial(changed(Run(tmp_path / "copy"), versions={"torch": "1.0.0"})).confirmed


def test_an_imported_run_has_no_beginning(tmp_path: Path) -> None:
    run = changed(tiny.new_run(tmp_path / "run"), training=None)
    with pytest.raises(CheckpointError, match="has no seed of a training"):
        initial(run)
