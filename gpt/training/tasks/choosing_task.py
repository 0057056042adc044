"""The task that a run's config names, with the data of its folder."""

from __future__ import annotations

from collections.abc import Callable

from gpt.nn.config import GPTConfig
from gpt.training.assistant.dpo_task import PreferDirectly
from gpt.training.assistant.fine_tune_task import FineTune
from gpt.training.assistant.grpo_task import ImproveByJudge
from gpt.training.assistant.ppo_task import FollowReward
from gpt.training.assistant.reward_task import WeighAnswers
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.classify_task import Classify
from gpt.training.tasks.masked_task import MaskedWords
from gpt.training.tasks.next_token_task import NextToken
from gpt.training.tasks.task import Task
from gpt.training.tasks.translate_task import Translate

TASKS: dict[str, Callable[[Run, GPTConfig, TrainingConfig], Task]] = {
    "next": NextToken,
    "masked": MaskedWords,
    "classify": Classify,
    "translate": Translate,
    "sft": FineTune,
    "reward": WeighAnswers,
    "dpo": PreferDirectly,
    "grpo": ImproveByJudge,
    "ppo": FollowReward,
}


def task_of(run: Run, model: GPTConfig, config: TrainingConfig) -> Task:
    """The task of a run, its data read from the folder.

    Raises:
        CheckpointError: the folder was shared without its data.
    """
    return TASKS[config.task](run, model, config)
