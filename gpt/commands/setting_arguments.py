"""The settings of a new run as arguments: --set NAME=VALUE, and those with a name of their own."""

from __future__ import annotations

import argparse
from dataclasses import fields
from difflib import get_close_matches
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
    if not equals:
        raise ConfigError(f"--set {pair}: write NAME=VALUE, such as n_layer=3")
    if name in FROM_THE_DATA:
        raise ConfigError(
            f"--set {pair}: the text or another argument decides {name}; leave it out"
        )
    if name not in {**of_model, **of_training}:
        near = ", ".join(get_close_matches(name, [*of_model, *of_training])) or "n_layer"
        raise ConfigError(
            f"--set {pair}: there is no setting {name}; there are {near} and others, see "
            "python -m gpt train --help"
        )
    changes, types = (training, of_training) if name in of_training else (model, of_model)
    if name in changes:
        raise ConfigError(f"--set {pair}: {name} is given twice; leave one of them out")
    changes[name] = _value(text, types[name])


def _types(config: Any) -> dict[str, str]:
    """The fields of a config with the names of their types."""
    return {field.name: str(field.type) for field in fields(config)}


def _value(text: str, kind: str) -> Any:
    """The value of a setting from its text; `kind` is the name of its type.

    A text of another type stays one, because the config refuses it with the values that would work.
    """
    if kind == "bool":
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        if kind == "int":
            return numerals.whole(text, low=-numerals.LARGEST)
        return numerals.real(text) if kind == "float" else text
    except ConfigError:
        return text


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
        ("steps", plan.minutes > 0, f"minutes = {plan.minutes:g}"),
        ("decay_part", plan.schedule != "linear", f"schedule = {plan.schedule}"),
        ("n_embd", layers == 0, "n_layer = 0, a bigram, which is as wide as its vocabulary"),
    ):
        if void and name in {**model, **training}:
            raise ConfigError(f"{name} has no effect with {why}; leave one of them out")
