"""What sets a model apart from GPT-2 and from the lecture's last model."""

from __future__ import annotations

from gpt.inspect.architecture.differences import LECTURE, Difference, differences
from gpt.inspect.architecture.known_sizes import LECTURE as LECTURES_LAST
from gpt.nn.config import GPTConfig
from gpt.training.presets import OF_DECODERS


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


def test_the_lectures_last_model_differs_from_its_choices_in_nothing() -> None:
    assert differences(LECTURES_LAST, LECTURE) == []


def test_a_preset_that_calls_itself_of_the_lectures_kind_says_all_that_differs() -> None:
    words = {
        "activation": "GELU for ReLU",
        "qkv_bias": "biases on queries",
        "head_bias": "none on the output",
        "zero_init": "branches that start at zero",
    }
    for name in ("small", "medium", "shakespeare", "lecture"):
        preset = OF_DECODERS[name]
        unlike = differences(GPTConfig(vocab_size=65, **preset.model), LECTURE)
        said = " ".join(preset.description.split())
        for difference in unlike:
            assert words[difference.name] in said, (name, difference)
        assert "attention weights" in said
