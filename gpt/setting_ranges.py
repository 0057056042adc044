"""The training settings' own types and ranges, which a run's config.json is held against.

How they go together is checked by `gpt.training.settings.TrainingConfig`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpt.errors import ConfigError
from gpt.numerals import between, to_text

STAGES = ("sft", "reward", "dpo", "grpo", "ppo")
"""The tasks of an assistant, in the order in which its stages follow each other."""
CHOICES: dict[str, tuple[str, ...]] = {
    "task": ("next", "masked", "classify", "translate", *STAGES),
    "documents": ("stream", "lines", "files"),
    "optimizer": ("adamw", "muon"),
    "schedule": ("constant", "cosine", "linear"),
    "device": ("auto", "cpu", "cuda", "mps"),
    "dtype": ("auto", "float32", "bfloat16"),
}

Range = tuple[type, float, float]
WHOLE: Range = (int, 1, 10_000_000)
FROM_ZERO: Range = (int, 0, 2**31 - 1)
RATE: Range = (float, 1e-9, 100.0)
STRENGTH: Range = (float, 0.0, 1000.0)
SHARE: Range = (float, 0.0, 1.0)
BELOW_ONE: Range = (float, 0.0, 0.99999)
RANGES: dict[str, Range] = {
    **dict.fromkeys(("steps", "batch_size", "eval_interval", "eval_batches"), WHOLE),
    "accumulation": (int, 1, 1024),
    **dict.fromkeys(("log_interval", "answer_tokens", "rollout_steps"), WHOLE),
    **dict.fromkeys(("warmup_steps", "short_steps", "sample_tokens", "seed"), FROM_ZERO),
    **dict.fromkeys(("learning_rate", "muon_learning_rate", "value_learning_rate"), RATE),
    **dict.fromkeys(("weight_decay", "grad_clip", "beta", "counting_start"), STRENGTH),
    **dict.fromkeys(("beta1", "beta2", "label_smoothing", "token_dropout", "clip"), BELOW_ONE),
    **dict.fromkeys(("decay_part", "teacher_share", "lam"), SHARE),
    "teacher_tokens": (int, 0, 100_000_000),
    "group_size": (int, 2, 1024),
    "candidates": (int, 1, 1024),
    "minutes": (float, 0.0, 10_000.0),
}
"""The type, the lowest and the highest value of each number."""


def check_settings(values: Mapping[str, Any]) -> None:
    """Check each setting by itself; one that is missing, or not known here, is left alone.

    Raises:
        ConfigError: naming the setting, what was got and what would work.
    """
    for name, allowed_range in RANGES.items():
        if name in values:
            _check(name, values[name], *allowed_range)
    for name, allowed in CHOICES.items():
        if name in values and values[name] not in allowed:
            choices = ", ".join(allowed)
            raise ConfigError(f"{name} is {to_text(values[name])}; choose one of {choices}")
    if not isinstance(values.get("compile", False), bool):
        raise ConfigError(f"compile is {to_text(values['compile'])}; choose true or false")


def _check(name: str, value: object, kind: type, low: float, high: float) -> None:
    fits = isinstance(value, int | kind) and not isinstance(value, bool)
    if not fits or not low <= value <= high:  # type: ignore[operator]
        what = "a whole number" if kind is int else "a number"
        raise ConfigError(f"{name} is {to_text(value)}; choose {what} {between(low, high)}")
