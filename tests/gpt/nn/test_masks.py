"""Masks by name: what they let see, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpt
from gpt.errors import SwitchError
from gpt.nn import masks
from gpt.nn.masks import Named, parse_mask
from gpt.nn.switches import Switches
from tests.gpt.tiny import config, random_ids, random_model


def rows(mask: Any, length: int, own: str = "causal") -> list[list[int]] | None:
    matrix = masks.matrix(mask, own, length)
    return None if matrix is None else matrix.astype(int).tolist()


@pytest.mark.parametrize(
    ("mask", "named"),
    [
        ("model", Named("model")),
        ("causal", Named("causal")),
        ("none", Named("none")),
        ("window:17", Named("window", 17)),
        ("prefix:4", Named("prefix", 4)),
        ("block:3", Named("block", 3)),
    ],
)
def test_every_name_is_read(mask: str, named: Named) -> None:
    assert parse_mask(mask) == named


@pytest.mark.parametrize(
    "mask",
    [
        *("", "window", "window:", "window:0", "window:-1", "window:2.5", "window:²"),
        *("window:9999999999", "windows:3", "Causal", "full", "prefix:0", "block:", "block:x"),
        "bits:1:eJzLAAAAVQBV",
    ],
)
def test_a_mask_that_does_not_exist_is_refused_with_those_that_do(mask: str) -> None:
    with pytest.raises(SwitchError) as caught:
        Switches(mask=mask)
    assert f"mask is {mask!r}" in str(caught.value)
    assert "model, causal, none, window:W, prefix:P, block:B" in str(caught.value)


def test_a_prefix_sees_all_of_itself_and_the_rest_is_causal() -> None:
    assert rows("prefix:2", 4) == [[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
    assert rows("prefix:1", 3) == rows("causal", 3)
    assert rows("prefix:9", 2) == [[1, 1], [1, 1]]


def test_a_block_sees_itself_alone() -> None:
    assert rows("block:2", 5) == [
        [1, 1, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [0, 0, 1, 1, 0],
        [0, 0, 1, 1, 0],
        [0, 0, 0, 0, 1],
    ]
    assert rows("block:1", 2) == [[1, 0], [0, 1]]


def test_queries_that_see_nothing_are_named() -> None:
    mask = np.tri(5, dtype=bool)
    mask[[1, 3]] = False
    assert masks.blind(mask) == [1, 3]
    assert masks.blind(np.tri(5, dtype=bool)) == []


@pytest.mark.parametrize(
    ("mask", "cached"),
    [
        ("window:3", True),
        ("prefix:1", True),
        ("prefix:4", False),
        ("block:1", True),
        ("block:3", False),
    ],
)
def test_named_masks_generate_the_same_with_and_without_the_cache(mask: str, cached: bool) -> None:
    model, ids, switches = random_model(config()), random_ids(3), Switches(mask=mask)
    runs = [
        list(gpt.generate(model, ids, 8, seed=5, switches=switches, cache=cache))
        for cache in (True, False)
    ]
    assert [step.id for step in runs[0]] == [step.id for step in runs[1]]
    for one, other in zip(*runs, strict=True):
        assert np.allclose(one.logits, other.logits, atol=1e-5)
    assert (runs[0][-1].cached > 0) is cached


def test_a_step_of_generation_is_the_trace_of_its_context() -> None:
    model, ids, switches = random_model(config()), random_ids(5), Switches(mask="prefix:4")
    step = next(iter(gpt.generate(model, ids, 1, seed=5, switches=switches)))
    assert np.allclose(step.logits, gpt.trace(model, ids, switches).logits[-1], atol=1e-5)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("causal", [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]]),
        ("window:2", [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0]]),
        ("prefix:3", [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0]]),
        ("block:2", [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]]),
    ],
)
def test_a_mask_by_name_compares_places_in_two_texts(mask: str, expected: list[list[int]]) -> None:
    """Three queries and four keys."""
    matrix = masks.matrix(mask, "none", 3, 4)
    assert matrix is not None and matrix.astype(int).tolist() == expected
    assert masks.matrix("model", "none", 3, 4) is None


def test_more_queries_than_keys_can_leave_a_query_nothing_to_see() -> None:
    with pytest.raises(SwitchError, match="query 3 may see no key"):
        masks.matrix("window:2", "none", 5, 2)
    with pytest.raises(SwitchError, match="query 2 may see no key"):
        masks.matrix("block:2", "none", 5, 2)
