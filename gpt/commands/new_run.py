"""What the arguments of `python -m gpt train` ask for: a new run's text, tokenizer and settings."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from gpt import numerals
from gpt.checks import check_whole
from gpt.commands.arguments import refuse_beside
from gpt.errors import ConfigError
from gpt.nn.config import GPTConfig
from gpt.text import corpus as corpora
from gpt.text.corpus import Corpus
from gpt.text.splitting import suggested
from gpt.text.tokenizers import choices
from gpt.training.creation import create_run
from gpt.training.presets import Preset, find
from gpt.training.runs import Run
from gpt.training.settings import NOT_OF_TASK, TrainingConfig

LENGTH = 500_000  # characters of generated text

Changes = dict[str, Any]
"""Fields of a config with the values that replace the preset's."""


def create(arguments: argparse.Namespace) -> Run:
    """The folder of a new run, as the arguments ask for it.

    Raises:
        HeadlightError: an argument has a wrong value, or does not go with another.
    """
    refuse_beside(arguments, "text", ("length", "text_seed"))
    name = arguments.preset or "tiny"
    preset = find(name)
    model, training = _changes(arguments)
    _refuse_without_effect(preset, model, training)
    corpus = _corpus(arguments, preset.text)
    for note in corpus.notes:
        print(note)
    kind, size = arguments.tokenizer or ("characters", None)
    tokenizer = choices.make(kind, corpus.text, size)
    if "documents" not in {**preset.training, **training}:
        training["documents"] = suggested(corpus)
    return create_run(
        arguments.out or Path("checkpoints") / name,
        preset.model_config(tokenizer.vocab_size, **model),
        preset.training_config(**training),
        corpus,
        tokenizer,
        name,
    )


def _corpus(arguments: argparse.Namespace, builtin: str) -> Corpus:
    """The files that are named, or else a built-in text."""
    corpus = corpora.from_files(arguments.text) if arguments.text else _written(arguments, builtin)
    return corpus.only(arguments.speaker) if arguments.speaker else corpus


def _written(arguments: argparse.Namespace, builtin: str) -> Corpus:
    length = LENGTH if arguments.length is None else arguments.length
    seed = 1 if arguments.text_seed is None else check_whole("--text-seed", arguments.text_seed, 0)
    return corpora.from_builtin(arguments.builtin or builtin, seed, length)


def _changes(arguments: argparse.Namespace) -> tuple[Changes, Changes]:
    """The fields of the model's and of the training's config that the arguments change."""
    model: Changes = {}
    training: Changes = {
        name: getattr(arguments, name)
        for name in ("steps", "seed", "documents")
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
    if name not in {**of_model, **of_training} or not equals or name.endswith("vocab_size"):
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


def _refuse_without_effect(preset: Preset, model: dict[str, Any], training: dict[str, Any]) -> None:
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
