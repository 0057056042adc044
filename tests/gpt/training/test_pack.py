"""pack: a copy to look at, small and as good, that cannot be taken for one to go on with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import gpt
from gpt.errors import CheckpointError, TrainingError
from gpt.text.corpus import from_bytes
from gpt.training import snapshots, status
from gpt.training.loop import train
from gpt.training.pack import pack
from gpt.training.runs import Run
from gpt.weights_file import save_weights
from tests.gpt.tiny import new_run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = new_run(tmp_path / "run", from_bytes([("mine.txt", b"mary had a little lamb\n" * 9)]))
    train(run)
    return run


def test_the_copy_says_nearly_the_same_in_half_the_bytes(run: Run, tmp_path: Path) -> None:
    pack(run.path, tmp_path / "small")
    best, packed = gpt.load(run.path, "best"), gpt.load(tmp_path / "small")
    stored = load_file(tmp_path / "small" / "model.safetensors")
    assert {t.dtype for t in stored.values()} == {torch.float16}
    ids = best.tokenizer.encode("mary ha")
    traced, again = gpt.trace(best.model, ids), gpt.trace(packed.model, ids)
    assert abs(traced.logits - again.logits).max() < 0.01
    assert packed.info["weights"]["which"] == "best"
    assert packed.info["weights"]["step"] == best.info["weights"]["step"]


def test_the_copy_holds_what_is_looked_at_and_nothing_else(run: Run, tmp_path: Path) -> None:
    pack(run.path, tmp_path / "small", "latest")
    assert sorted(path.name for path in (tmp_path / "small").iterdir()) == [
        "config.json",
        "metrics.jsonl",
        "model.safetensors",
        "samples.jsonl",
        "snapshots",
        "status.json",
        "tokenizer.json",
    ]
    copy = Run(tmp_path / "small")
    assert copy.metrics() == run.metrics()
    assert copy.samples() == run.samples()
    assert snapshots.steps(copy.path) == snapshots.steps(run.path) != []
    assert gpt.load(copy.path).info["weights"]["step"] == "12"


def test_the_copy_cannot_be_resumed(run: Run, tmp_path: Path) -> None:
    pack(run.path, tmp_path / "small")
    with pytest.raises(TrainingError, match="'small' was shared to be looked at"):
        train(Run(tmp_path / "small"))
    assert Run(tmp_path / "small").metrics() == run.metrics()


def test_the_copy_of_a_run_that_trains_is_not_said_to_train(run: Run, tmp_path: Path) -> None:
    status.write(run.path, replace(status.read(run.path), state="running", step=5, pid=1))
    pack(run.path, tmp_path / "small")
    copied = status.read(tmp_path / "small")
    assert (copied.display_state, copied.step, copied.pid) == ("done", 5, None)
    assert copied.reason == "packed before its last step"


def test_a_target_that_is_there_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "precious").write_text("mine")
    with pytest.raises(CheckpointError, match="'small' is there already"):
        pack(run.path, tmp_path / "small")
    assert [path.name for path in (tmp_path / "small").iterdir()] == ["precious"]


def test_what_is_no_run_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no run folder '.*nowhere'"):
        pack(tmp_path / "nowhere", tmp_path / "small")
    assert not (tmp_path / "small").exists()


def test_a_weight_beyond_16_bits_is_refused_with_nothing_left_behind(
    run: Run, tmp_path: Path
) -> None:
    loaded = gpt.load(run.path)
    with torch.no_grad():
        loaded.model.lm_head.weight[3, 1] = 70_000
    save_weights(loaded.model, run.path / "best.safetensors", {})
    with pytest.raises(CheckpointError, match="too large for 16 bits"):
        pack(run.path, tmp_path / "small")
    assert not (tmp_path / "small").exists()


def test_a_weight_that_16_bits_round_to_nothing_keeps_its_size(run: Run, tmp_path: Path) -> None:
    pack(run.path, tmp_path / "small")
    best, packed = gpt.load(run.path, "best").model, gpt.load(tmp_path / "small").model
    for p, q in zip(best.parameters(), packed.parameters(), strict=True):
        assert (p - q).abs().max() <= p.abs().max() * 2**-11 + 2**-25


@pytest.mark.parametrize("place", ["metrics.jsonl", "snapshots/0000004.npz"])
def test_what_is_no_file_of_a_run_is_not_copied(run: Run, tmp_path: Path, place: str) -> None:
    (run.path / place).unlink()
    with (run.path / place).open("wb") as file:
        file.truncate(1 << 40)  # a tebibyte, which takes no place
    with pytest.raises(CheckpointError, match=r"too large to be one of ours"):
        pack(run.path, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
