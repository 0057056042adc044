"""Snapshots: the attention of every head, in 8 bits, close to what a trace says."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import CheckpointError
from gpt.training import snapshots
from tests.gpt.tiny import H, L, T, config, random_ids, random_model


def read(folder: Path, step: int) -> snapshots.Snapshot:
    return snapshots.read(folder, step, config())


def written(folder: Path, step: int) -> None:
    (folder / "snapshots").mkdir(exist_ok=True)
    model = random_model(config())
    snapshots.write(model, random_ids(), step, folder / snapshots.name(step))


def test_a_snapshot_is_the_trace_to_a_four_thousandth(tmp_path: Path) -> None:
    written(tmp_path, 120)
    snapshot = read(tmp_path, 120)
    traced = gpt.trace(random_model(config()), random_ids())
    assert snapshot.step == 120
    assert snapshot.ids.tolist() == random_ids()
    assert snapshot.weights.shape == (L, H, T, T)
    # Half a step of sqrt(w) in 255ths moves w by at most 2 × 1 × 0.5 / 255.
    np.testing.assert_allclose(snapshot.weights, traced.weights, atol=0.004, rtol=0)
    assert (snapshot.weights[traced.weights == 0] == 0).all()


def test_small_weights_stay_visible(tmp_path: Path) -> None:
    (tmp_path / "snapshots").mkdir()
    model = random_model(config())
    with torch.no_grad():
        for block in model.blocks:
            block.attn.query.weight.mul_(5)  # for weights both large and small
    snapshots.write(model, random_ids(), 1, tmp_path / snapshots.name(1))
    traced = gpt.trace(model, random_ids())
    small = (traced.weights > 1e-5) & (traced.weights < 1e-3)
    assert small.any()
    assert (read(tmp_path, 1).weights[small] > 0).all()


def test_one_byte_a_weight_is_kept(tmp_path: Path) -> None:
    written(tmp_path, 1)
    with np.load(tmp_path / snapshots.name(1), allow_pickle=False) as file:
        assert file["sqrt_weights"].dtype == np.uint8
        assert file["sqrt_weights"].shape == (L, H, T, T)


def test_steps_are_listed_in_order(tmp_path: Path) -> None:
    assert snapshots.steps(tmp_path) == []
    for step in (1000, 0, 20):
        written(tmp_path, step)
    for name in ("notes.npz", "²³.npz", "7.txt", f"{'9' * 200}.npz"):
        (tmp_path / "snapshots" / name).write_text("not ours")
    assert snapshots.steps(tmp_path) == [0, 20, 1000]


def test_the_mode_of_the_model_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "snapshots").mkdir()
    model = random_model(config(dropout=0.5))
    for training in (True, False):
        model.train(training)
        snapshots.write(model, random_ids(), 3, tmp_path / snapshots.name(3))
        assert model.training is training


@pytest.mark.parametrize("keep", [0, 10, 300])
def test_a_damaged_snapshot_is_refused_by_name(tmp_path: Path, keep: int) -> None:
    written(tmp_path, 7)
    path = tmp_path / snapshots.name(7)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"snapshots/0000007.npz cannot be read"):
        read(tmp_path, 7)


def test_a_missing_or_foreign_snapshot_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"snapshots/0000007.npz cannot be read"):
        read(tmp_path, 7)
    (tmp_path / "snapshots").mkdir()
    np.savez(tmp_path / snapshots.name(7), step=np.int64(7))
    with pytest.raises(CheckpointError, match=r"snapshots/0000007.npz cannot be read"):
        read(tmp_path, 7)
    for array in (np.array([{"a": 1}], dtype=object), np.arange(3)):
        np.save(tmp_path / "x.npy", array, allow_pickle=True)
        (tmp_path / "x.npy").rename(tmp_path / snapshots.name(7))
        with pytest.raises(CheckpointError, match=r"snapshots/0000007.npz cannot be read"):
            read(tmp_path, 7)


def spoiled(folder: Path, **arrays: np.ndarray) -> None:
    """A snapshot of step 7 with some of its arrays replaced."""
    written(folder, 7)
    with np.load(folder / snapshots.name(7)) as file:
        whole = {name: file[name] for name in file.files}
    np.savez_compressed(folder / snapshots.name(7), **{**whole, **arrays})


@pytest.mark.parametrize(
    "arrays",
    [
        {"sqrt_weights": np.zeros((L, H, 2 * T, 2 * T), np.uint8)},
        {"sqrt_weights": np.zeros((L + 1, H, T, T), np.uint8)},
        {"sqrt_weights": np.zeros((L, H, T), np.uint8)},
        {"sqrt_weights": np.zeros((L, H, T, T), np.float64)},
        {"ids": np.full(T, config().vocab_size, np.int32)},
        {"ids": np.full(T, -1, np.int32)},
        {"step": np.int64(8)},
        {"step": np.zeros(2, np.int64)},
    ],
)
def test_a_snapshot_of_another_model_is_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    spoiled(tmp_path, **arrays)
    with pytest.raises(CheckpointError, match=r"snapshots/0000007.npz cannot be read"):
        read(tmp_path, 7)


def test_what_its_header_says_is_checked_before_it_is_decompressed(tmp_path: Path) -> None:
    side = 1 << 14
    spoiled(tmp_path, sqrt_weights=np.zeros((1, 1, side, side), np.uint8))  # 256 MiB in 260 kB
    tracemalloc.start()
    for wanted in (config(), config(n_layer=1, n_head=1)):  # too large for the file, and for any
        with pytest.raises(CheckpointError, match="sqrt_weights is uint8 of shape"):
            snapshots.read(tmp_path, 7, wanted)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 * 2**20


def test_the_probe_of_very_many_heads_is_shorter() -> None:
    assert snapshots.probe_length(config()) == config().block_size
    assert snapshots.probe_length(config(block_size=99)) == 64
    most = config(n_layer=256, n_head=256, n_embd=256, block_size=99)
    assert snapshots.probe_length(most) == 22  # 22² × 256² weights are 30 MiB, 23² are 33
