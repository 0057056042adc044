"""Pattern scores and entropy against cases of three or four tokens worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.inspect.heads import head_entropy
from gpt.inspect.heads.patterns import FORMULAS, LOCAL, NAMES, WORDS, patterns, targets
from tests.browser.app_server import ROOT
from tests.gpt import tiny

# Query by query: the first sees itself; the second gives 0.25 to the token before it and 0.75 to
# itself; the third 0.5, 0.3 and 0.2.
WEIGHTS = np.array([[[[1, 0, 0], [0.25, 0.75, 0], [0.5, 0.3, 0.2]]]], dtype=np.float32)
CAUSAL = np.tri(3, dtype=bool)


def score(name: str, ids: list[int], weights: np.ndarray = WEIGHTS) -> float:
    return float(patterns(weights, np.array(ids), np.tri(len(ids), dtype=bool))[name][0, 0])


def test_every_pattern_is_told() -> None:
    assert tuple(WORDS) == NAMES == tuple(FORMULAS)


def test_previous_and_first_token_by_hand() -> None:
    assert score("previous token", [5, 6, 7]) == pytest.approx((0.25 + 0.3) / 2)
    assert score("first token", [5, 6, 7]) == pytest.approx((0.25 + 0.5) / 2)


def test_duplicate_token_by_hand() -> None:
    assert score("duplicate token", [5, 6, 5]) == pytest.approx(0.5)  # the last sees the first
    assert score("duplicate token", [5, 5, 5]) == pytest.approx((0.25 + 0.5 + 0.3) / 2)
    assert np.isnan(score("duplicate token", [5, 6, 7]))  # nobody could look at a duplicate


def test_induction_by_hand() -> None:
    assert score("induction", [5, 6, 5]) == pytest.approx(0.3)  # 6 followed the last 5
    # 5 5 5: the last looks for what followed a 5, and that is key 1; key 2 is itself.
    assert score("induction", [5, 5, 5]) == pytest.approx(0.3)
    assert np.isnan(score("induction", [5, 6, 7]))


def test_local_by_hand() -> None:
    """Of five tokens only the last sees more than the four latest: it gives the first 0.6."""
    weights = np.tril(np.full((5, 5), 0.1, dtype=np.float32))
    weights[4] = [0.6, 0.1, 0.1, 0.1, 0.1]
    found = patterns(weights[None, None], np.arange(5), np.tri(5, dtype=bool))
    assert LOCAL == 4
    assert found["local"][0, 0] == pytest.approx(0.4)
    assert found.queries[NAMES.index("local")] == 1
    assert np.isnan(score("local", [5, 6, 7]))


def test_uniform_by_hand() -> None:
    second = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75)) / np.log(2)
    third = -(0.5 * np.log(0.5) + 0.3 * np.log(0.3) + 0.2 * np.log(0.2)) / np.log(3)
    assert score("uniform", [5, 6, 7]) == pytest.approx((second + third) / 2)
    even = np.array([[[[1, 0, 0], [0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]]]], dtype=np.float32)
    assert score("uniform", [5, 6, 7], even) == pytest.approx(1)


def test_entropy_by_hand() -> None:
    rows = [0, 0.5623351446, 1.0296530140]  # in nats, by pocket calculator
    np.testing.assert_allclose(head_entropy.row_entropy(WEIGHTS)[0, 0], rows, rtol=1e-6)
    np.testing.assert_allclose(head_entropy.entropy(WEIGHTS), [[sum(rows) / 3]], rtol=1e-6)


def test_masked_keys_are_never_asked_for() -> None:
    window = CAUSAL & ~np.tri(3, k=-2, dtype=bool)  # the two latest
    wanted = targets(np.array([5, 6, 5]), window)
    assert not wanted["duplicate token"].any()
    assert wanted["first token"].sum() == 1
    assert not any((keys & ~window).any() for keys in wanted.values())


def test_without_a_mask_later_keys_do_not_count() -> None:
    everywhere = targets(np.array([5, 6, 5, 6]), np.ones((4, 4), dtype=bool))
    assert not any(np.triu(keys, 1).any() for keys in everywhere.values())


def test_scores_of_two_texts_count_every_query_once() -> None:
    short = patterns(WEIGHTS[..., :2, :2], np.array([5, 6]), CAUSAL[:2, :2])
    both = short + patterns(WEIGHTS, np.array([5, 6, 7]), CAUSAL)
    assert both["previous token"][0, 0] == pytest.approx((0.25 + 0.25 + 0.3) / 3)
    assert both.queries[0] == 3


@pytest.mark.parametrize("mask", ["model", "none", "window:2"])
def test_heads_are_scored_each_by_itself(mask: str) -> None:
    found = gpt.trace(tiny.random_model(tiny.config()), tiny.random_ids(), gpt.Switches(mask=mask))
    every = patterns(found.weights, found.ids, found.visible)
    one = patterns(found.weights[1:, 2:3], found.ids, found.visible)
    for name in NAMES:
        np.testing.assert_allclose(every[name][1, 2], one[name][0, 0], rtol=1e-6)


def test_one_token_has_no_pattern() -> None:
    found = patterns(np.ones((1, 1, 1, 1), dtype=np.float32), np.array([3]), CAUSAL[:1, :1])
    assert np.isnan([found[name][0, 0] for name in NAMES]).all()


def test_the_shipped_induction_head_ranks_first() -> None:
    checkpoint = gpt.load(ROOT / "checkpoints" / "copy")
    text = "\nqhxtbmzqhxtbmz\nkfwyrkfwyr\n"
    found = gpt.trace(checkpoint.model, checkpoint.tokenizer.encode(text))
    induction = patterns(found.weights, found.ids, found.visible)["induction"]
    assert head_entropy.largest_first(induction)[0] == (1, 0)
    assert induction[1, 0] > 0.6
    assert induction[0, 0] < 0.2
