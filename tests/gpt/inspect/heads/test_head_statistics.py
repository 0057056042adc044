"""Head statistics: sums over blocks, and where each head adds most to the residual stream."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.errors import PromptError
from gpt.inspect.heads.head_entropy import entropy
from gpt.inspect.heads.head_statistics import ACTIVATION, BLOCK, no_blocks, of_block, strongest
from gpt.inspect.heads.patterns import patterns
from gpt.training.corpus_statistics import head_statistics
from tests.close import close
from tests.gpt.tiny import BIGRAM, T, config, random_ids, random_model

MODEL = random_model(config())
ROWS = np.array([random_ids(T, seed) for seed in range(4)])


def test_a_block_has_the_entropies_and_patterns_of_its_trace() -> None:
    block, traced = of_block(MODEL, ROWS[0].tolist(), 7, 3), gpt.trace(MODEL, ROWS[0].tolist())
    assert block.entropy == close(entropy(traced.weights))
    scores = patterns(traced.weights, ROWS[0], traced.visible)
    assert block.patterns["induction"] == close(scores["induction"])
    assert block.queries == T


def test_an_activation_is_the_length_of_a_heads_contribution() -> None:
    block, traced = of_block(MODEL, ROWS[0].tolist(), 7, 3), gpt.trace(MODEL, ROWS[0].tolist())
    lengths = np.linalg.norm(traced.contribution, axis=-1)  # (L, H, T, C) -> (L, H, T)
    assert block.activation == close(lengths.mean(-1))
    for l, h in np.ndindex(lengths.shape[:2]):
        query = 1 + int(lengths[l, h, 1:].argmax())
        row = traced.weights[l, h, query]
        expected = [lengths[l, h, query], 7, query, row.argmax(), row.max()]
        assert block.peaks[l, h, 0] == close(expected)
    assert np.isneginf(block.peaks[:, :, 1:, ACTIVATION]).all()


def test_blocks_add_up_in_any_order_and_the_strongest_come_first() -> None:
    each = [of_block(MODEL, row.tolist(), n, 2) for n, row in enumerate(ROWS)]
    forwards = head_statistics(MODEL, ROWS, 2)
    backwards = each[3] + (each[2] + each[1]) + each[0]
    assert forwards.entropy == close(np.mean([block.entropy for block in each], axis=0))
    assert forwards.peaks == close(backwards.peaks)
    assert forwards.queries == backwards.queries == 4 * T
    highest = np.sort([block.peaks[:, :, 0, ACTIVATION] for block in each], axis=0)[::-1][:2]
    assert forwards.peaks[..., ACTIVATION] == close(np.moveaxis(highest, 0, -1))


def test_of_equal_places_the_earlier_block_comes_first() -> None:
    peaks = np.zeros((1, 1, 4, 5))
    peaks[0, 0, :, ACTIVATION], peaks[0, 0, :, BLOCK] = [2, 5, 2, -np.inf], [3, 9, 1, 0]
    assert strongest(peaks, 3)[0, 0, :, BLOCK].tolist() == [9, 1, 3]


def test_a_block_of_one_token_and_no_block_at_all() -> None:
    one = of_block(MODEL, [3], 0, 1)
    assert one.peaks[0, 0, 0].tolist()[1:] == [0, 0, 0, 1]
    assert np.isnan(one.patterns["induction"]).all()
    none = no_blocks(MODEL, 1)
    assert (none + one).peaks == close(one.peaks)
    assert (none.queries, none.entropy.sum()) == (0, 0)


def test_a_bigram_has_no_heads() -> None:
    with pytest.raises(PromptError, match="a bigram has no heads"):
        head_statistics(random_model(config(**BIGRAM)), ROWS, 1)
