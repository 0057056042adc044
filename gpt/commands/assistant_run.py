"""What the arguments of `python -m gpt train` ask for: a stage of an assistant."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import gpt
from gpt.checkpoint import Checkpoint
from gpt.commands.arguments import refuse_beside
from gpt.commands.new_data import EXAMPLES, refuse_of_other_tasks, text_seed
from gpt.commands.setting_arguments import changes, refuse_without_effect
from gpt.errors import ConfigError
from gpt.setting_ranges import STAGES
from gpt.text import answer_layouts
from gpt.text.builtin.assistant_tasks import find as find_task
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.training.assistant.stage_plan import plan_stage
from gpt.training.assistant.stage_presets import FIRST_OF_STAGE
from gpt.training.data import KINDS
from gpt.training.presets import find
from gpt.training.runs import Run

OF_THE_BODY = ("tokenizer",)
CHANGED = ("dropout",)
"""Settings of the model that a stage may change; the others are those of the run it begins with."""


def is_stage(arguments: argparse.Namespace) -> bool:
    """Whether a stage of an assistant is asked for, by its task or by its preset."""
    preset = arguments.preset and find(arguments.preset)
    return (preset.task if preset else arguments.task) in STAGES


def create(arguments: argparse.Namespace) -> Run:
    """The folder of a new stage, as the arguments ask for it.

    Raises:
        HeadlightError: an argument has a wrong value, or does not go with another.
    """
    refuse_beside(arguments, "text", ("builtin", "examples", "text_seed"))
    name = arguments.preset or FIRST_OF_STAGE[arguments.task]
    preset = find(name)
    if arguments.task not in (None, preset.task):
        raise ConfigError(
            f"the preset {name!r} is for task = {preset.task}, not for {arguments.task}"
        )
    refuse_of_other_tasks(arguments, preset.task)
    model, training = changes(arguments)
    refuse_without_effect(preset, model, training)
    _check_parent(arguments, preset.task, model)
    parent, data = gpt.load(getattr(arguments, "from")), _data(arguments, preset.task, preset.text)
    reward = _reward(arguments, preset.task)
    plan = plan_stage(name, parent, data, reward, model, training)
    for note in plan.notes:
        print(note)
    return plan.create(arguments.out or Path("checkpoints") / name)


def _check_parent(arguments: argparse.Namespace, task: str, model: dict[str, Any]) -> None:
    if not getattr(arguments, "from"):
        raise ConfigError(
            f"task = {task} begins with the weights of another run; name it with --from"
        )
    refuse_beside(arguments, "from", OF_THE_BODY)
    if fixed := sorted(set(model) - set(CHANGED)):
        raise ConfigError(
            f"{', '.join(fixed)} is that of the run to begin with; only {', '.join(CHANGED)} can "
            "be set"
        )


def _reward(arguments: argparse.Namespace, task: str) -> Checkpoint | None:
    """The reward model that the run follows, if its task follows one."""
    if task != "ppo":
        return None
    if arguments.reward is None:
        raise ConfigError("task = ppo follows a reward model; name its run with --reward")
    return gpt.load(arguments.reward)


def _data(arguments: argparse.Namespace, task: str, builtin: str) -> Demonstrations | Comparisons:
    """The demonstrations or comparisons, out of files or generated."""
    is_compared = KINDS[task][0] is Comparisons
    if arguments.text:
        read = answer_layouts.comparisons if is_compared else answer_layouts.demonstrations
        return read(arguments.text)
    kind = Comparisons if is_compared else Demonstrations
    name = arguments.builtin or builtin
    usual = find_task(name).demonstrations if task == "sft" else EXAMPLES
    count = usual if arguments.examples is None else arguments.examples
    return kind.from_builtin(name, text_seed(arguments), count)
