"""Masks by name and as drawn text: what they let see, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpt
from gpt.errors import SwitchError
from gpt.nn import masks
from gpt.nn.masks import Named, parse_mask
from gpt.nn.switches import Switches, resolve
from tests.gpt.tiny import config, random_ids, random_model

DRAWN = np.array([[0, 1, 1], [1, 0, 0], [0, 0, 1]], bool)


def rows(mask: Any, length: int, own: str = "causal") -> list[list[int]] | None:
    found = masks.matrix(mask, own, length)
    return None if found is None else found.astype(int).tolist()


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


def test_a_drawn_mask_comes_back_from_its_text() -> None:
    dice = np.random.default_rng(3)
    for T in (1, 3, 8, 13, 128):
        mask = dice.random((T, T)) < 0.5
        assert np.array_equal(masks.as_array(masks.to_text(mask)), mask)


def test_the_text_of_a_regular_mask_fits_a_link() -> None:
    mask = np.tri(256, dtype=bool)
    mask[100, 200] = True
    text = masks.to_text(mask)
    assert text.startswith("bits:256:") and len(text) < 700
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:")


def test_the_text_is_as_good_as_the_array() -> None:
    text = masks.to_text(DRAWN)
    assert rows(text, 3) == rows(DRAWN, 3) == DRAWN.astype(int).tolist()
    assert Switches(mask=text).crop(2).mask.tolist() == [[False, True], [True, False]]  # type: ignore[union-attr]
    with pytest.raises(SwitchError, match=r"the context has 4 tokens"):
        resolve(Switches(mask=text), config(), 4)


@pytest.mark.parametrize(
    "text", ["bits", "bits:3", "bits:3:", "bits:3:AAAA", "bits:3:é", "bits:3:!"]
)
def test_a_broken_drawing_is_refused(text: str) -> None:
    with pytest.raises(SwitchError, match=r"is broken|can have 1 to 2048|mask is"):
        Switches(mask=text)


def test_a_drawing_cut_short_or_of_another_size_is_refused() -> None:
    text = masks.to_text(np.tri(20, dtype=bool))
    with pytest.raises(SwitchError, match="is broken"):
        parse_mask(text[:-4])
    with pytest.raises(SwitchError, match="is broken"):
        parse_mask(text.replace("bits:20", "bits:19"))
    with pytest.raises(SwitchError, match="it can have 1 to 2048"):
        parse_mask(text.replace("bits:20", "bits:4000"))


def test_a_small_text_cannot_ask_for_much_memory() -> None:
    bomb = masks.to_text(np.zeros((2048, 2048), dtype=bool)).split(":")[2]
    with pytest.raises(SwitchError, match="is broken"):
        parse_mask(f"bits:8:{bomb}")


def test_queries_that_see_nothing_are_found() -> None:
    mask = np.tri(5, dtype=bool)
    mask[[1, 3]] = False
    assert masks.blind(mask) == [1, 3]
    assert masks.blind(np.tri(5, dtype=bool)) == []


def test_a_shorter_prompt_takes_the_corner_and_leaves_nobody_blind() -> None:
    # query 0 saw keys 1 and 2 only: with one token left it sees itself
    assert masks.fitted(DRAWN, 1).tolist() == [[True]]
    assert masks.fitted(DRAWN, 2).astype(int).tolist() == [[0, 1], [1, 0]]


def test_a_longer_prompt_goes_on_causally() -> None:
    assert masks.fitted(DRAWN, 5).astype(int).tolist() == [
        [0, 1, 1, 0, 0],
        [1, 0, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1],
    ]
    assert np.array_equal(masks.fitted(DRAWN, 3), DRAWN)


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
