"""Training settings: the schedules by hand, and what is refused."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from gpt.errors import ConfigError
from gpt.training.settings import TrainingConfig


def factors(**settings: Any) -> list[float]:
    config = TrainingConfig(**settings)
    return [config.rate_factor(step) for step in range(config.steps)]


def test_the_warm_up_rises_in_equal_parts() -> None:
    # Over 4 steps and one more, so that the first is not 0: 1/5, 2/5, 3/5, 4/5, then 1.
    rates = factors(steps=7, schedule="constant", warmup_steps=4)
    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1, 1])


def test_without_a_warm_up_the_first_step_is_at_full_rate() -> None:
    assert factors(steps=3, schedule="constant", warmup_steps=0) == [1, 1, 1]


def test_linear_is_flat_and_then_falls_to_a_last_small_step() -> None:
    # The last half of 8 steps: 4/4, 3/4, 2/4, 1/4 of the way down; it would reach 0 at step 8.
    rates = factors(steps=8, schedule="linear", warmup_steps=0, decay_part=0.5)
    assert rates == pytest.approx([1, 1, 1, 1, 1, 0.75, 0.5, 0.25])


def test_linear_may_warm_up_too() -> None:
    rates = factors(steps=6, schedule="linear", warmup_steps=1, decay_part=0.5)
    assert rates == pytest.approx([0.5, 1, 1, 1, 2 / 3, 1 / 3])


def test_linear_that_never_decays() -> None:
    assert factors(steps=3, schedule="linear", warmup_steps=0, decay_part=0.0) == [1, 1, 1]


def test_blocks_are_cut_into_four_and_then_into_two_while_steps_are_short() -> None:
    plan = TrainingConfig(short_steps=5)
    assert [plan.cuts(step) for step in range(7)] == [4, 4, 4, 2, 2, 1, 1]
    assert TrainingConfig().cuts(0) == 1


def test_cosine_falls_from_1_through_the_middle_towards_a_tenth() -> None:
    # 0.1 + 0.9 × (1 + cos(π done)) / 2 with done = 0, 1/4, 1/2, 3/4 after 2 steps of warm-up.
    rates = factors(steps=6, schedule="cosine", warmup_steps=2)
    quarter = math.sqrt(0.5)
    expected = [1 / 3, 2 / 3, 1, 0.1 + 0.45 * (1 + quarter), 0.55, 0.1 + 0.45 * (1 - quarter)]
    assert rates == pytest.approx(expected)
    assert TrainingConfig(steps=6, warmup_steps=2).rate_factor(6) == pytest.approx(0.1)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear"])
@pytest.mark.parametrize("warmup_steps", [0, 1, 5, 50])
@pytest.mark.parametrize("steps", [1, 2, 13])
def test_every_factor_is_above_0_and_at_most_1(
    schedule: str, warmup_steps: int, steps: int
) -> None:
    rates = factors(steps=steps, schedule=schedule, warmup_steps=warmup_steps)
    assert all(0 < factor <= 1 for factor in rates)


@pytest.mark.parametrize(
    ("name", "value", "works"),
    [
        ("steps", 0, "a whole number from 1"),
        ("steps", 2.5, "a whole number from 1"),
        ("batch_size", -1, "a whole number from 1"),
        ("batch_size", "32", "a whole number from 1"),
        ("eval_interval", 0, "a whole number from 1"),
        ("eval_batches", True, "a whole number from 1"),
        ("log_interval", None, "a whole number from 1"),
        ("warmup_steps", -1, "a whole number from 0"),
        ("sample_tokens", 1.0, "a whole number from 0"),
        ("seed", -1, "a whole number from 0"),
        ("learning_rate", 0.0, "a number from 0.000000001 to 100"),
        ("learning_rate", math.nan, "a number from 0.000000001 to 100"),
        ("learning_rate", math.inf, "a number from 0.000000001 to 100"),
        ("muon_learning_rate", "fast", "a number from 0.000000001 to 100"),
        ("weight_decay", -0.1, "a number from 0 to 1,000"),
        ("grad_clip", None, "a number from 0 to 1,000"),
        ("beta1", 1.5, "a number from 0"),
        ("beta1", 1.0, "a number from 0"),
        ("beta2", 1, "a number from 0"),
        ("decay_part", 1.1, "a number from 0 to 1"),
        ("optimizer", "sgd", "adamw, muon"),
        ("schedule", "step", "constant, cosine, linear"),
        ("device", "gpu", "auto, cpu, cuda, mps"),
        ("dtype", "float16", "auto, float32, bfloat16"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(name: str, value: Any, works: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TrainingConfig(**{name: value})
    assert str(caught.value).startswith(f"{name} is {value!r}; choose ")
    assert works in str(caught.value)


def test_a_round_trip_through_json_changes_nothing() -> None:
    config = TrainingConfig(steps=7, optimizer="muon", beta2=0.95, schedule="linear", compile=True)
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_unknown_settings_are_named() -> None:
    with pytest.raises(ConfigError, match="unknown training setting 'lr'"):
        TrainingConfig.from_dict({"lr": 0.1})


def test_whole_numbers_are_numbers_too() -> None:
    assert TrainingConfig(learning_rate=1, grad_clip=0, weight_decay=0).learning_rate == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(steps=10_000_000, log_interval=1), "lines of metrics, and up to 1,100,000 are read"),
        (dict(sample_tokens=2**31 - 1), "tokens of samples, and up to 8,000,000 are read again"),
        (dict(compile="yes"), "compile is 'yes'; choose true or false"),
    ],
)
def test_what_would_write_more_than_is_read_is_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainingConfig(**settings)


def test_the_most_that_is_allowed_is_allowed() -> None:
    TrainingConfig(steps=1_000_000, log_interval=1, eval_interval=1_000_000)
    TrainingConfig(steps=10_000_000, log_interval=10, eval_interval=1000)
