"""Experiments: a few tiny models that differ in one thing, trained alike and set side by side.

An experiment is a recipe and its arms; each arm is the recipe with a few settings changed. What is
trained are ordinary run folders, found again by what their config.json says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gpt.checkpoint import model_config
from gpt.errors import HeadlightError
from gpt.names import free_name
from gpt.nn.config import GPTConfig
from gpt.text import corpus as corpora
from gpt.text.corpus import Corpus
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.creation import create_run
from gpt.training.presets import Preset
from gpt.training.runs import Run, list_runs
from gpt.training.settings import TrainingConfig


@dataclass(frozen=True)
class Arm:
    """One of the models that are compared.

    Fields:
        name: part of its run's name.
        label: what pictures and tables call it.
        model, training: the settings that it changes in the recipe.
    """

    name: str
    label: str
    model: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """A question, and the trainings that answer it.

    Fields:
        name: on the command line, in URLs and in the names of its runs.
        title: what a page calls it.
        question: what it asks, in a sentence.
        look_for: what to look at once it is trained, in a sentence or two.
        recipe: the settings that all arms share; its `text` is a built-in corpus.
        arms: at least two, in the order in which they are trained and drawn.
        length, text_seed: of the built-in text: characters, and what it is drawn from.
        seed: of the weights and batches, if no other is asked for. All arms share one seed, so
            they have the same batches, and matrices of the same shape start alike.
    """

    name: str
    title: str
    question: str
    look_for: str
    recipe: Preset
    arms: tuple[Arm, ...]
    length: int = 200_000
    text_seed: int = 1
    seed: int = 1

    def corpus(self) -> Corpus:
        """The text that all arms learn from."""
        return corpora.from_builtin(self.recipe.text, self.text_seed, self.length)

    def corpus_source(self) -> dict[str, Any]:
        """What a run's config says of that text."""
        return {"builtin": self.recipe.text, "seed": self.text_seed, "length": self.length}

    def model_of(self, arm: Arm, vocab_size: int) -> GPTConfig:
        """The architecture of an arm, for a vocabulary."""
        return self.recipe.model_config(vocab_size, **arm.model)

    def training_of(self, arm: Arm, seed: int) -> TrainingConfig:
        """The training settings of an arm."""
        return self.recipe.training_config(**{**arm.training, "seed": seed})

    def shortened(self, steps: int) -> Experiment:
        """The same for another number of steps; an evaluation has at most as many batches."""
        training = {**self.recipe.training, "steps": steps}
        for name in ("eval_interval", "eval_batches"):
            training[name] = min(steps, training.get(name, steps))
        return replace(self, recipe=replace(self.recipe, training=training))

    def differences(self) -> dict[str, tuple[Any, ...]]:
        """The settings that are not the same in all arms, with the value in each."""
        first, *others = (_all_settings(self, arm) for arm in self.arms)
        return {
            name: (value, *(other[name] for other in others))
            for name, value in first.items()
            if any(other[name] != value for other in others)
        }


def find_runs(root: Path, experiment: Experiment, seed: int) -> list[Run | None]:
    """The run of each arm below `root`, in the arms' order; None if it was not started.

    A run counts if its architecture, training and text are the arm's, whatever its name.
    """
    runs = list(_named(root, experiment))
    return [_first(runs, experiment, arm, seed) for arm in experiment.arms]


def seeds(root: Path, experiment: Experiment) -> list[int]:
    """The seeds that every arm has a run of, in rising order."""
    used = {_seed(run) for run in _named(root, experiment)}
    return sorted(s for s in used if s is not None and None not in find_runs(root, experiment, s))


def prepare(root: Path, experiment: Experiment, seed: int) -> list[Run]:
    """The run of each arm; missing ones are created, and none is trained.

    Raises:
        ConfigError: a seed that cannot be.
        TrainingError: a folder cannot be created.
    """
    corpus = experiment.corpus()
    tokenizer = CharacterTokenizer.of(corpus.text)
    runs = []
    for arm, run in zip(experiment.arms, find_runs(root, experiment, seed), strict=True):
        runs.append(
            run
            or create_run(
                root / free_name(root, run_name(experiment, arm, seed)),
                experiment.model_of(arm, tokenizer.vocab_size),
                experiment.training_of(arm, seed),
                corpus,
                tokenizer,
                experiment.name,
            )
        )
    return runs


def run_name(experiment: Experiment, arm: Arm, seed: int) -> str:
    """The name of an arm's run, if no other run has it."""
    return f"{experiment.name}-{arm.name}-{seed}"


def other_seed(root: Path, experiment: Experiment, seed: int) -> int:
    """The next seed that no arm has a run of."""
    taken = {_seed(run) for run in _named(root, experiment)}
    return next(n for n in range(seed + 1, seed + 10_000) if n not in taken)


def _named(root: Path, experiment: Experiment) -> Iterator[Run]:
    """Runs whose config names this experiment; damaged ones are left out."""
    for run in list_runs(root):
        try:
            if run.config().get("preset") == experiment.name:
                yield run
        except HeadlightError:
            continue


def _first(runs: list[Run], experiment: Experiment, arm: Arm, seed: int) -> Run | None:
    return next((run for run in runs if _is_of(run, experiment, arm, seed)), None)


def _is_of(run: Run, experiment: Experiment, arm: Arm, seed: int) -> bool:
    """Whether all settings of a run are an arm's."""
    info: dict[str, Any] = run.config()
    data = info.get("data") or {}
    text = {name: data.get(name) for name in ("builtin", "seed", "length")}
    try:
        model = model_config(info)
        return (
            text == experiment.corpus_source()
            and model == experiment.model_of(arm, model.vocab_size)
            and TrainingConfig.from_dict(info["training"]) == experiment.training_of(arm, seed)
        )
    except (HeadlightError, KeyError, TypeError):
        return False


def _seed(run: Run) -> int | None:
    training = run.config().get("training")
    seed = training.get("seed") if isinstance(training, dict) else None
    return seed if isinstance(seed, int) else None


def _all_settings(experiment: Experiment, arm: Arm) -> dict[str, Any]:
    """Every setting of an arm, whatever the vocabulary and the seed."""
    model, training = experiment.model_of(arm, 1), experiment.training_of(arm, 0)
    return {**model.to_dict(), **training.to_dict()}
