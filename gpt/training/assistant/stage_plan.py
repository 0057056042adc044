"""The plan of a new stage, which the command line and the page *Assistant* make alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gpt.checkpoint import Checkpoint
from gpt.nn.config import GPTConfig
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.training.assistant.starting import Widened, assistant_start, following, reward_start
from gpt.training.creation import create_run
from gpt.training.estimate import Pace, measure
from gpt.training.presets import find
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig


@dataclass(frozen=True)
class StagePlan:
    """Everything that a new stage needs, except its folder.

    Fields:
        preset: its name.
        model, training: the settings.
        data: what it learns from.
        start: its first weights.
        widened: the run that it begins with, with the tokens that are new.
    """

    preset: str
    model: GPTConfig
    training: TrainingConfig
    data: Demonstrations | Comparisons
    start: Widened
    widened: Checkpoint

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about it, a sentence each."""
        return (*self.data.notes, *self.start.notes, *self.data.split().notes)

    def create(self, folder: Path) -> Run:
        """Write the folder of the run, ready to be trained.

        Raises:
            HeadlightError: as `create_run`.
        """
        tokenizer = self.widened.tokenizer
        return create_run(
            folder,
            self.model,
            self.training,
            self.data,
            tokenizer,
            self.preset,
            begun_from=self.start,
        )

    def pace(self) -> Pace:
        """How fast it learns on this machine, measured over a few steps in a process of its own.

        `pace().total(plan.training)` is how many seconds the whole stage takes.

        Raises:
            TrainingError: the steps failed, or none was done in two minutes.
        """
        tokenizer = self.widened.tokenizer
        return measure(self.model, self.training, self.data, tokenizer, begun_from=self.start)


def plan_stage(
    preset: str,
    parent: Checkpoint,
    data: Demonstrations | Comparisons,
    reward: Checkpoint | None = None,
    model: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
) -> StagePlan:
    """The plan of a stage that begins with another run.

    Args:
        reward: the reward model that PPO follows; None for another stage.
        model, training: settings that differ from those of the preset.

    Raises:
        ConfigError: a setting, a parent or a reward model that cannot be.
        TokenizerError: tokens are missing, and none can be added.
    """
    recipe = find(preset)
    plan = recipe.training_config(**(training or {}))
    if isinstance(data, Comparisons) and recipe.task == "reward":
        widened, start = reward_start(parent, data, plan.seed)
    else:
        widened, start = assistant_start(parent, data, plan.seed)
    if reward is not None:
        start = following(start, widened, reward)
    config = replace(widened.config, **{**recipe.model, **(model or {})})
    return StagePlan(preset, config, plan, data, start, widened)
