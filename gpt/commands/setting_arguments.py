"""The settings of a new run as arguments: --set NAME=VALUE, and those with a name of their own."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import Any

from gpt import numerals
from gpt.errors import ConfigError
from gpt.nn.config import GPTConfig
from gpt.training.presets import Preset
from gpt.training.settings import NOT_OF_TASK, TrainingConfig

Changes = dict[str, Any]
"""Fields of a config with the values that replace the preset's."""

FROM_THE_DATA = ("vocab_size", "source_vocab_size", "n_class", "task")
"""Settings that the text, or an argument of their own, decides."""


def changes(arguments: argparse.Namespace) -> tuple[Changes, Changes]:
    """The fields of the model's and of the training's config that the arguments change."""
    model: Changes = {}
    training: Changes = {
        name: getattr(arguments, name)
        for name in ("steps", "seed", "documents", "task")
        if getattr(arguments, name) is not None
    }
    for pair in arguments.set or ():
        _set(pair, model, training)
    return model, training


def _set(pair: str, model: Changes, training: Changes) -> None:
    """Note one `--set NAME=VALUE`.

    Raises:
        ConfigError: no such setting, a value of another type, or a setting given twice.
    """
    name, equals, text = pair.partition("=")
    of_model, of_training = _types(GPTConfig), _types(TrainingConfig)
    if name not in {**of_model, **of_training} or not equals or name in FROM_THE_DATA:
        raise ConfigError(f"--set {pair}: give NAME=VALUE with the name of a setting")
    changes, types = (training, of_training) if name in of_training else (model, of_model)
    if name in changes:
        raise ConfigError(f"--set {pair}: {name} is given twice; leave one of them out")
    changes[name] = _value(name, text, types[name])


def _types(config: Any) -> dict[str, str]:
    """The fields of a config with the names of their types."""
    return {field.name: str(field.type) for field in fields(config)}


def _value(name: str, text: str, kind: str) -> Any:
    """The value of a setting from its text; `kind` is the name of its type.

    Raises:
        ConfigError: the text is of another type; what the setting itself allows is checked later.
    """
    if kind == "int":
        return numerals.whole(text, name, low=-numerals.LARGEST)
    if kind == "float":
        return numerals.real(text, name)
    if kind != "bool":
        return text
    if text.lower() not in ("true", "false"):
        raise ConfigError(f"{name} is {numerals.brief(text)}; choose true or false")
    return text.lower() == "true"


def refuse_without_effect(preset: Preset, model: dict[str, Any], training: dict[str, Any]) -> None:
    """Refuse a setting that has no effect beside another one.

    Raises:
        ConfigError: naming both.
    """
    plan = preset.training_config(**training)
    layers = model.get("n_layer", preset.model.get("n_layer"))
    of_others = {name: plan.task for name in NOT_OF_TASK[plan.task]}
    for name, void, why in (
        *((name, True, f"task = {task}") for name, task in of_others.items()),
        ("muon_learning_rate", plan.optimizer != "muon", f"optimizer = {plan.optimizer}"),
        ("decay_part", plan.schedule != "linear", f"schedule = {plan.schedule}"),
        ("n_embd", layers == 0, "n_layer = 0, a bigram, which is as wide as its vocabulary"),
    ):
        if void and name in {**model, **training}:
            raise ConfigError(f"{name} has no effect with {why}; leave one of them out")
