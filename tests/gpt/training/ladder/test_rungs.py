"""The ladder: the lecture's order and figures, what each rung changes, its size and its code."""

from __future__ import annotations

import pytest

from gpt.errors import ConfigError
from gpt.shape_only import count_parameters
from gpt.training.ladder.rungs import RUNGS, SMALL, Change, below, changes, find

V = 65  # Tiny Shakespeare's

SAYS = {
    "bigram": 2.5,
    "one-head": 2.4,
    "four-heads": 2.28,
    "feed-forward": 2.24,
    "blocks": None,
    "skips": 2.08,
    "layernorm": 2.06,
    "scaled-up": 1.48,
}
CHANGED = {
    "bigram": [],
    "one-head": [
        ("n_layer", 0, 1),
        ("n_embd", 65, 32),
        ("position", "none", "learned"),
        ("steps", 10_000, 5000),
    ],
    "four-heads": [("n_head", 1, 4)],
    "feed-forward": [("feed_forward", False, True)],
    "blocks": [("n_layer", 1, 3)],
    "skips": [("skip", False, True), ("projection", False, True)],
    "layernorm": [("norm", "none", "pre")],
    "scaled-up": [
        ("block_size", 8, 256),
        ("n_layer", 3, 6),
        ("n_head", 4, 6),
        ("n_embd", 32, 384),
        ("dropout", 0.0, 0.2),
        ("batch_size", 32, 64),
        ("learning_rate", 1e-3, 3e-4),
    ],
}
EMBEDDED = V * 32 + 8 * 32  # tokens and positions
HEADS = 3 * 32 * 32  # queries, keys and values, no biases; one head of 32 or four of 8
OUTPUT = 32 * V + V
NARROW = 32 * 32 + 32  # the feed-forward layer, one matrix
WIDE = 32 * 128 + 128 + 128 * 32 + 32
COUNTS = {
    "bigram": 65 * 65,
    "one-head": EMBEDDED + HEADS + OUTPUT,
    "four-heads": EMBEDDED + HEADS + OUTPUT,
    "feed-forward": EMBEDDED + HEADS + NARROW + OUTPUT,
    "blocks": EMBEDDED + 3 * (HEADS + NARROW) + OUTPUT,
    "skips": EMBEDDED + 3 * (HEADS + 32 * 32 + 32 + WIDE) + OUTPUT,
    "layernorm": EMBEDDED + 3 * (HEADS + 32 * 32 + 32 + WIDE + 4 * 32) + 2 * 32 + OUTPUT,
    "scaled-up": 10_788_929,  # 10.8 M, the lecture's own
}


def test_the_rungs_stand_in_the_lectures_order_with_its_losses() -> None:
    assert {rung.name: rung.lecture_loss for rung in RUNGS} == SAYS
    assert [rung.name for rung in RUNGS] == list(SAYS)
    assert [rung.name for rung in SMALL] == list(SAYS)[:-1]


@pytest.mark.parametrize("name", SAYS)
def test_each_changes_this_in_the_one_below(name: str) -> None:
    assert changes(find(name), V) == tuple(Change(*each) for each in CHANGED[name])


@pytest.mark.parametrize("name", list(SAYS)[1:-1])
def test_each_but_the_last_sets_one_or_two_fields_of_the_model(name: str) -> None:
    assert 1 <= len(find(name).model) <= 2


@pytest.mark.parametrize("name", SAYS)
def test_each_has_the_parameters_counted_by_hand(name: str) -> None:
    assert count_parameters(find(name).model_config(V)) == COUNTS[name]


def test_all_learn_with_the_lectures_settings() -> None:
    for rung in SMALL:
        training = rung.training_config()
        assert training.steps == (10_000 if rung.name == "bigram" else 5000)
        assert (training.learning_rate, training.batch_size) == (1e-3, 32)
        assert (training.schedule, training.warmup_steps, training.grad_clip) == ("constant", 0, 0)
        assert rung.model_config(V).block_size == 8
        assert rung.model_config(V).init == "torch"
    assert find("scaled-up").training_config(7).seed == 7


def test_the_lowest_has_none_below_and_no_other_name_is_known() -> None:
    assert below(find("bigram")) is None
    under = below(find("skips"))
    assert under is not None and under.name == "blocks"
    with pytest.raises(ConfigError, match="no rung 'stairs'; choose one of bigram, one-head, "):
        find("stairs")


def test_a_shortened_rung_is_evaluated_at_its_end() -> None:
    training = find("skips").shortened(20).training_config()
    assert (training.steps, training.eval_interval) == (20, 20)
