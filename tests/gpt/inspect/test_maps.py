"""Maps of a large model are made head by head, and are the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.inspect import maps
from gpt.inspect.heads.head_entropy import entropy
from gpt.inspect.heads.patterns import patterns
from gpt.inspect.heads.rollout import rollout
from gpt.inspect.heads.softmax_sharpness import score_variance
from gpt.inspect.maps import Maps, each
from gpt.inspect.trace_difference import common_limit, difference
from gpt.nn.switches import Switches
from tests.close import ABS
from tests.gpt.tiny import VARIANTS, H, L, T, config, random_ids, random_model

STAGES = ("weights", "scores", "scaled", "masked")


def test_one_map_at_a_time_or_all() -> None:
    asked: list[tuple[int, int]] = []

    def make(l: int, h: int) -> np.ndarray:
        asked.append((l, h))
        return np.full((2, 2), 10.0 * l + h)

    lazy = Maps((2, 3, 2, 2), make)
    assert lazy[1, 2].tolist() == [[12, 12], [12, 12]] and asked == [(1, 2)]
    assert lazy[:][:, :, 0, 1].tolist() == [[0, 1, 2], [10, 11, 12]]
    assert [head[0, 0] for head in each(lazy)] == [0, 1, 2, 10, 11, 12]
    assert [head[0, 0] for head in each(lazy[:])] == [0, 1, 2, 10, 11, 12]


@pytest.mark.parametrize("stage", STAGES)
def test_a_large_trace_gives_its_stages_head_by_head(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = gpt.trace(random_model(config()), random_ids())
    whole = found.maps(stage)
    assert whole is getattr(found, stage)
    monkeypatch.setattr(maps, "WHOLE", 0)
    large = gpt.trace(random_model(config()), random_ids())
    lazy = large.maps(stage)
    assert isinstance(lazy, Maps) and stage not in vars(large)
    assert lazy.shape == (L, H, T, T)
    np.testing.assert_allclose(lazy[:], whole, rtol=1e-4, atol=ABS)
    np.testing.assert_array_equal(getattr(large, stage), lazy[:])
    assert large.maps(stage) is getattr(large, stage)  # kept from here on


@pytest.mark.parametrize("name", VARIANTS)
def test_the_weights_of_a_large_trace_are_those_that_it_used(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = np.eye(T, dtype=np.float32)
    drawn = np.tri(T, dtype=bool) | (np.arange(T) == 2)
    model, ids = random_model(config(**VARIANTS[name])), random_ids()
    for switches in (
        Switches(),
        Switches(mask=drawn, temperature=0.3, heads_off={(0, model.config.n_head - 1)}),
        Switches(mask="window:3", scale=0.7, weights_edit={(1, 2 % model.config.n_head): edited}),
    ):
        monkeypatch.undo()
        kept = gpt.trace(model, ids, switches)
        monkeypatch.setattr(maps, "WHOLE", 0)
        large = gpt.trace(model, ids, switches)
        made = large.maps("weights")
        assert isinstance(made, Maps)
        np.testing.assert_allclose(made[:], kept.weights, rtol=1e-4, atol=ABS)
        np.testing.assert_allclose(made[:] @ large.values, large.head_out, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(large.logits, kept.logits, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(large.row_entropy, kept.row_entropy, rtol=1e-4, atol=ABS)
        np.testing.assert_allclose(entropy(made), kept.row_entropy.mean(-1), rtol=1e-4, atol=ABS)
        np.testing.assert_allclose(large.row_top, kept.weights.max(-1), rtol=1e-4)
        assert large.peaks is not None and kept.peaks is None
        np.testing.assert_allclose(large.peaks, kept.weights, rtol=1e-4, atol=ABS)  # blocks of one
        scores = [patterns(of, large.ids, large.visible).sums for of in (made, kept.weights)]
        np.testing.assert_allclose(*scores, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(rollout(made), rollout(kept.weights), rtol=1e-4, atol=ABS)


@pytest.mark.parametrize("stage", ["weights", "scores", "scaled"])
def test_differences_and_limits_are_the_same_either_way(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, ids = random_model(config()), random_ids()
    a, b = gpt.trace(model, ids), gpt.trace(model, ids, Switches(mask="none", scale="none"))
    whole, limit = difference(a, b, stage), common_limit(a, b, stage)
    variance = score_variance(a.scores, a.visible)
    monkeypatch.setattr(maps, "WHOLE", 0)
    lazy = difference(a, b, stage)
    assert isinstance(lazy.values, Maps)
    np.testing.assert_allclose(lazy.values[:], whole.values, rtol=1e-4, atol=ABS)
    np.testing.assert_array_equal(lazy.visible, whole.visible)
    assert lazy.limit == pytest.approx(whole.limit, rel=1e-5)
    assert common_limit(a, b, stage) == pytest.approx(limit, rel=1e-5)
    np.testing.assert_allclose(score_variance(a.maps("scores"), a.visible), variance, rtol=1e-4)


def test_a_large_trace_of_half_precision_is_as_precise_as_its_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, ids = random_model(config()).bfloat16(), random_ids()
    kept = gpt.trace(model, ids)
    monkeypatch.setattr(maps, "WHOLE", 0)
    np.testing.assert_allclose(gpt.trace(model, ids).maps("weights")[:], kept.weights, atol=ABS)


@pytest.mark.parametrize("mask", ["causal", "none", "window:5", "block:7"])
def test_a_long_prompt_is_made_in_strips_and_told_by_its_blocks(
    mask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """211 tokens: 96 blocks of two or three, in eight strips."""
    length = 211
    model, ids = random_model(config(block_size=length)), random_ids(length)
    kept = gpt.trace(model, ids, Switches(mask=mask))
    monkeypatch.setattr(maps, "WHOLE", 0)
    large = gpt.trace(model, ids, Switches(mask=mask))
    np.testing.assert_allclose(large.logits, kept.logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(large.maps("weights")[:], kept.weights, rtol=1e-4, atol=ABS)
    np.testing.assert_allclose(large.row_entropy, kept.row_entropy, rtol=1e-4, atol=ABS)
    np.testing.assert_allclose(large.row_top, kept.weights.max(-1), rtol=1e-4)
    starts = [n * length // 96 for n in range(96)] + [length]
    assert large.peaks is not None and large.peaks.shape == (L, H, 96, 96)
    for i, j in ((0, 0), (13, 5), (40, 41), (95, 0), (95, 95)):
        block = kept.weights[..., starts[i] : starts[i + 1], starts[j] : starts[j + 1]]
        np.testing.assert_allclose(
            large.peaks[..., i, j], block.max((-2, -1)), rtol=1e-5, atol=1e-7
        )


def test_edited_weights_of_a_long_prompt_are_summed_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    length = 211
    edited = np.full((length, length), 1 / length, np.float32)
    model, ids = random_model(config(block_size=length)), random_ids(length)
    monkeypatch.setattr(maps, "WHOLE", 0)
    found = gpt.trace(model, ids, Switches(weights_edit={(1, 2): edited}))
    assert found.peaks is not None
    np.testing.assert_allclose(found.peaks[1, 2], 1 / length, rtol=1e-6)
    np.testing.assert_allclose(found.row_entropy[1, 2], np.log(length), rtol=1e-5)
    np.testing.assert_allclose(found.row_top[1, 2], 1 / length, rtol=1e-6)
    np.testing.assert_allclose(found.maps("weights")[1, 2], edited)
