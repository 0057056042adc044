"""What a GPTConfig refuses, and that its message names the field, the value and what works."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from gpt.errors import ConfigError
from gpt.nn.config import LIMITS, GPTConfig
from gpt.numerals import to_text
from tests.gpt.tiny import VARIANTS, config

COUNTS = ("block_size", "vocab_size", "n_layer", "n_head", "n_embd", "mlp_ratio")
FLAGS = (
    *("bias", "tie_weights", "qk_norm", "skip", "feed_forward", "projection", "zero_init"),
    *("qkv_bias", "head_bias", "embedding_norm", "head_transform"),
)


@pytest.mark.parametrize("value", [0, -3, 2.0, "4", None, True, math.nan, 10**12])
@pytest.mark.parametrize("name", COUNTS)
def test_a_count_is_a_whole_number_within_limits(name: str, value: Any) -> None:
    if name == "n_layer" and value == 0:
        pytest.skip("no block at all is a bigram, below")
    with pytest.raises(ConfigError) as caught:
        config(**{name: value})
    least = 0 if name == "n_layer" else 1
    assert f"{name} is {to_text(value)}" in str(caught.value)
    assert f"whole number from {least} to {LIMITS[name]:,}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "works"),
    [
        ("position", "rope", "learned, sinusoidal, rotary, none"),
        ("position", None, "learned, sinusoidal, rotary, none"),
        ("norm", True, "pre, post, none"),
        ("norm", ["pre"], "pre, post, none"),
        ("norm_kind", "group", "layer, batch"),
        ("init", "xavier", "gpt2, unit_qk, torch"),
        ("activation", "swish", "relu, gelu, gelu_tanh, squared_relu, silu"),
        ("mask", "window:3", "causal, none"),
    ],
)
def test_a_choice_names_what_there_is(name: str, value: Any, works: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(**{name: value})
    assert str(caught.value) == f"{name} is {value!r}; choose one of {works}"


@pytest.mark.parametrize("value", [0, 1, "false", None])
@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_is_true_or_false(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^{name} is {value!r}; choose true or false$"):
        config(**{name: value})


@pytest.mark.parametrize("value", [1.0, 1.5, -0.1, math.nan, math.inf, "0.1", None])
def test_dropout_is_from_0_up_to_below_1(value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^dropout is {value!r}; choose a number from 0 up to"):
        config(dropout=value)


@pytest.mark.parametrize(
    ("n_embd", "n_head", "heads", "channels"),
    [(64, 5, "1, 2, 4, 8", 65), (21, 4, "1, 3, 7, 21", 24), (7, 11, "1, 7", 11)],
)
def test_channels_that_heads_do_not_divide_are_refused_with_a_way_out(
    n_embd: int, n_head: int, heads: str, channels: int
) -> None:
    with pytest.raises(ConfigError) as caught:
        config(n_embd=n_embd, n_head=n_head)
    message = str(caught.value)
    assert f"n_embd = {n_embd} is not divisible by n_head = {n_head}" in message
    assert f"n_head could be {heads}; or n_embd could be {channels}" in message
    for head in heads.split(", "):
        config(n_embd=n_embd, n_head=int(head))
    config(n_embd=channels, n_head=n_head)


def test_rotary_positions_need_an_even_head() -> None:
    with pytest.raises(ConfigError, match=r"rotary .* must be even; n_embd / n_head = 21 / 3 = 7"):
        config(position="rotary", n_embd=21, n_head=3)


def test_sinusoidal_positions_need_even_channels() -> None:
    with pytest.raises(ConfigError, match="sinusoidal positions need an even n_embd; got 21"):
        config(position="sinusoidal", n_embd=21)


def test_a_round_trip_through_json_changes_nothing() -> None:
    for changes in VARIANTS.values():
        before = config(**changes)
        assert GPTConfig.from_dict(json.loads(json.dumps(before.to_dict()))) == before


def test_unknown_fields_are_named() -> None:
    values = {**config().to_dict(), "n_heads": 4, "blocksize": 8}
    with pytest.raises(ConfigError, match="unknown model setting 'blocksize', 'n_heads'"):
        GPTConfig.from_dict(values)


def test_missing_fields_are_named() -> None:
    values = config().to_dict()
    del values["n_embd"], values["vocab_size"]
    with pytest.raises(ConfigError, match="the model settings lack vocab_size, n_embd"):
        GPTConfig.from_dict(values)


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        config().n_layer = 5  # type: ignore[misc]


def test_the_head_size_is_channels_over_heads() -> None:
    assert config(n_embd=35, n_head=5).head_size == 7


def test_without_a_block_only_a_table_of_logits_can_be() -> None:
    table = dict(n_layer=0, n_head=1, n_embd=17, vocab_size=17, position="none", norm="none")
    assert config(**table).n_layer == 0
    with pytest.raises(ConfigError, match=r"a bigram.* that needs n_embd = 17. Or choose at least"):
        config(**table | {"n_embd": 21})
    with pytest.raises(ConfigError, match=r"needs position = 'none', tie_weights = False\. Or"):
        config(**table | {"position": "learned", "tie_weights": True})


def test_without_a_projection_the_feed_forward_layer_is_as_wide_as_the_stream() -> None:
    assert config(n_embd=21, mlp_ratio=5, projection=False).mlp_width == 21


@pytest.mark.parametrize("value", [-1, 2.0, False, "37", None, 10**12])
def test_an_inner_width_is_0_or_a_number_of_channels(value: Any) -> None:
    with pytest.raises(
        ConfigError, match=f"^n_inner is {to_text(value)}; choose a whole number from 0"
    ):
        config(n_inner=value)


@pytest.mark.parametrize("value", [0, -1e-5, 1.5, math.nan, math.inf, "1e-5", None, True])
def test_an_epsilon_is_above_0(value: Any) -> None:
    with pytest.raises(
        ConfigError, match=f"^norm_epsilon is {to_text(value)}; choose a number above 0"
    ):
        config(norm_epsilon=value)


def test_the_feed_forward_layer_is_as_wide_as_it_says() -> None:
    assert config(n_embd=21, mlp_ratio=5).mlp_width == 105
    assert config(n_embd=21, mlp_ratio=5, n_inner=37).mlp_width == 37
