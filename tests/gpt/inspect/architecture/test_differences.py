"""What sets a model apart from GPT-2."""

from __future__ import annotations

from gpt.inspect.architecture.differences import Difference, differences
from gpt.nn.config import GPTConfig


def test_gpt2_differs_in_nothing_but_size() -> None:
    config = GPTConfig(8, 17, 2, 3, 21, tie_weights=True, activation="gelu_tanh", dropout=0.3)
    assert differences(config) == []


def test_each_setting_is_named_with_both_values() -> None:
    config = GPTConfig(8, 17, 2, 3, 30, position="rotary", mask="none", n_inner=37)
    assert differences(config) == [
        Difference("position", "rotary", "learned"),
        Difference("activation", "gelu", "gelu_tanh"),
        Difference("mask", "none", "causal"),
        Difference("tie_weights", False, True),
        Difference("mlp_width", 37, 120),
    ]
