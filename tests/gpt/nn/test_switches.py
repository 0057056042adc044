"""Switches: what they mean for a model and a context, and which are refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from gpt.errors import SwitchError
from gpt.nn.switches import Switches, by_site, parse_scale, resolve, scale_value
from tests.gpt.tiny import config


def mask_of(mask: Any, length: int, own: str = "causal") -> list[list[int]] | None:
    matrix = resolve(Switches(mask=mask), config(mask=own), length).mask
    return None if matrix is None else matrix.int().tolist()


def test_window_2_sees_itself_and_the_token_before() -> None:
    assert mask_of("window:2", 4) == [
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [0, 1, 1, 0],
        [0, 0, 1, 1],
    ]


def test_window_1_sees_itself_and_a_wide_one_is_causal() -> None:
    assert mask_of("window:1", 3) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert mask_of("window:99", 3) == mask_of("causal", 3) == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


def test_model_means_what_the_model_was_built_with() -> None:
    assert mask_of("model", 3, own="causal") == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert mask_of("model", 3, own="none") is None
    assert mask_of("causal", 3, own="none") == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert mask_of("none", 3, own="causal") is None


def test_an_array_is_taken_as_it_stands() -> None:
    array = np.array([[0, 1, 1], [1, 0, 0], [0, 0, 1]], bool)
    assert mask_of(array, 3) == array.astype(int).tolist()


def test_a_query_that_sees_nothing_is_refused_by_number() -> None:
    array = np.tri(5, dtype=bool)
    array[3] = False
    with pytest.raises(SwitchError, match="query 3 may see no key"):
        resolve(Switches(mask=array), config(), 5)


@pytest.mark.parametrize(
    "array",
    [
        *(np.tri(5), np.tri(5, dtype=int), np.tri(4, dtype=bool), np.tri(5, 7, dtype=bool)),
        *(np.ones((1, 5, 5), bool), np.ones(5, bool)),
    ],
    ids=lambda a: f"{a.dtype} {a.shape}",
)
def test_a_mask_array_must_be_booleans_of_the_contexts_shape(array: np.ndarray) -> None:
    with pytest.raises(SwitchError) as caught:
        resolve(Switches(mask=array), config(), 5)
    assert f"{array.dtype} array of shape {array.shape}" in str(caught.value)
    assert "booleans of shape (5, 5)" in str(caught.value)


@pytest.mark.parametrize(
    ("scale", "value"),
    [
        ("model", 1 / math.sqrt(7)),
        ("head_size", 1 / math.sqrt(7)),
        ("n_embd", 1 / math.sqrt(21)),
        ("none", 1.0),
        (0.25, 0.25),
        ("0.25", 0.25),
        (3, 3.0),
    ],
)
def test_scales_are_the_numbers_they_say(scale: Any, value: float) -> None:
    assert scale_value(scale, config(n_embd=21, n_head=3)) == pytest.approx(value, rel=1e-12)
    assert resolve(Switches(scale=scale), config(), 4).scale == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("scale", [0, -0.5, math.nan, math.inf, "sqrt", "", None])
def test_a_scale_that_cannot_be_is_refused(scale: Any) -> None:
    with pytest.raises(SwitchError) as caught:
        Switches(scale=scale)
    assert f"scale is {scale!r}" in str(caught.value)
    assert "model, head_size, n_embd, none, or a number above 0" in str(caught.value)


def test_parse_scale_keeps_names_and_reads_numbers() -> None:
    assert [parse_scale(s) for s in ("n_embd", "1e-1", 2)] == ["n_embd", 0.1, 2.0]


@pytest.mark.parametrize("temperature", [0, 0.0, -1, math.nan, math.inf])
def test_a_temperature_that_cannot_be_is_refused(temperature: float) -> None:
    with pytest.raises(SwitchError, match=f"temperature is {temperature}; choose a number above 0"):
        Switches(temperature=temperature)


@pytest.mark.parametrize(
    "switches",
    [
        Switches(heads_off={(0, 3)}),
        Switches(heads_off={(2, 0)}),
        Switches(heads_off={(-1, 0)}),
        Switches(heads_off={(0, 1), (0, -1)}),
        Switches(weights_edit={(1, 3): np.eye(5)}),
        Switches(mlp_off={2}),
        Switches(mlp_off={-1}),
    ],
)
def test_places_that_do_not_exist_are_refused_with_those_that_do(switches: Switches) -> None:
    with pytest.raises(SwitchError, match=r"does not exist: this model has layers 0 to 1"):
        resolve(switches, config(n_layer=2, n_head=3), 5)


@pytest.mark.parametrize(
    "edit", [np.eye(4), np.eye(6), np.full((5, 5), np.nan), np.full((5, 5), np.inf), np.ones(5)]
)
def test_edited_weights_must_be_finite_and_fit(edit: np.ndarray) -> None:
    with pytest.raises(
        SwitchError, match=r"layer 1, head 2 must be finite numbers of shape \(5, 5"
    ):
        resolve(Switches(weights_edit={(1, 2): edit}), config(), 5)


def test_edited_weights_are_taken_in_float32() -> None:
    edit = np.arange(25, dtype=np.float64).reshape(5, 5)
    weights = resolve(Switches(weights_edit={(1, 2): edit}), config(), 5).edits[1, 2]
    assert weights.dtype == torch.float32
    assert weights.tolist() == edit.tolist()


def test_crop_keeps_the_top_left_corner() -> None:
    mask = np.tri(5, dtype=bool)
    mask[0, 4] = True
    edit = np.arange(25).reshape(5, 5)
    cropped = Switches(mask=mask, weights_edit={(0, 1): edit}, temperature=2.0).crop(2)
    assert np.array_equal(cropped.mask, [[True, False], [True, True]])
    assert cropped.weights_edit[0, 1].tolist() == [[0, 1], [5, 6]]
    assert cropped.temperature == 2.0
    assert Switches(mask="window:3").crop(2).mask == "window:3"


def test_crop_refuses_arrays_that_are_too_small() -> None:
    for switches in (
        Switches(mask=np.tri(5, dtype=bool)),
        Switches(weights_edit={(0, 0): np.eye(5)}),
        Switches(mask=np.ones((9, 5), bool)),
    ):
        with pytest.raises(SwitchError, match=r"context is 6 tokens long.*at least 6 × 6"):
            switches.crop(6)


def test_only_the_models_own_attention_is_fused() -> None:
    fused = {
        "default": resolve(Switches(), config(), 5).fused,
        "heads_off": resolve(Switches(heads_off={(0, 0)}), config(), 5).fused,
        "mask": resolve(Switches(mask="none"), config(), 5).fused,
        "scale": resolve(Switches(scale="none"), config(), 5).fused,
        "temperature": resolve(Switches(temperature=2.0), config(), 5).fused,
        "edit": resolve(Switches(weights_edit={(0, 0): np.eye(5)}), config(), 5).fused,
    }
    assert [name for name, is_fused in fused.items() if is_fused] == ["default", "heads_off"]


def test_causal_is_said_only_of_masks_that_never_look_ahead() -> None:
    ahead = np.tri(5, dtype=bool)
    ahead[1, 2] = True
    assert resolve(Switches(), config(), 5).causal
    assert resolve(Switches(mask="window:2"), config(), 5).causal
    assert resolve(Switches(mask=np.tri(5, dtype=bool)), config(), 5).causal
    assert not resolve(Switches(mask="none"), config(), 5).causal
    assert not resolve(Switches(), config(mask="none"), 5).causal
    assert not resolve(Switches(mask=ahead), config(), 5).causal


def test_crop_keeps_every_key_of_another_text() -> None:
    mask = np.arange(12).reshape(3, 4) % 2 == 0
    cropped = Switches(mask=mask, weights_edit={(0, 1): np.ones((3, 4))}).crop(2, 4)
    assert np.array_equal(cropped.mask, mask[:2]) and cropped.weights_edit[0, 1].shape == (2, 4)
    with pytest.raises(SwitchError, match="at least 2 × 5"):
        Switches(mask=mask).crop(2, 5)


def test_switches_by_site_leave_the_other_sites_as_they_are() -> None:
    off = Switches(heads_off={(0, 0)})
    sites = ("encoder", "decoder", "cross")
    assert by_site(off, sites) == {"encoder": Switches(), "decoder": off, "cross": Switches()}
    assert by_site({"cross": off}, sites)["cross"] is off
    assert by_site(off, ("encoder",)) == {"encoder": off}
    with pytest.raises(SwitchError, match="no attention site 'cross'; its sites are decoder"):
        by_site({"cross": off}, ("decoder",))
