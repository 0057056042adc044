"""The plan of a run of so many minutes, before it begins.

The number of steps follows from a pace: a measured one, or a guess. The run fits it to its own
pace after a tenth of its time (`gpt.training.time_budget`), so a guess may be far off.
"""

from __future__ import annotations

from dataclasses import replace

from gpt.nn.config import GPTConfig
from gpt.shape_only import count_parameters
from gpt.training.estimate import Pace
from gpt.training.settings import TrainingConfig
from gpt.training.time_budget import STARTING, with_steps

DECAY_PART = 0.6
ROUGH_RATE, ROUGH_STEP = 1.5e11, 0.006
"""Operations a second, and seconds of a step that computes next to nothing: two cores, measured."""
ROUGH_SHARE = 0.9
"""Of the time that steps take, if evaluations were not measured."""


def planned(training: TrainingConfig, minutes: float, pace: float | Pace) -> TrainingConfig:
    """The settings of a run that takes so many minutes: a learning rate that is flat, then falls.

    Args:
        pace: as it was measured, or the seconds of a step as they are guessed.
    """
    seconds = 60 * minutes - STARTING
    training = replace(training, schedule="linear", decay_part=DECAY_PART, minutes=minutes)
    if not isinstance(pace, Pace):
        return with_steps(training, int(ROUGH_SHARE * seconds / pace))
    plan = with_steps(training, int(seconds / pace.step))
    evaluations = pace.total(plan) - plan.steps * pace.step
    return with_steps(training, int((seconds - evaluations) / pace.step))


def in_minutes(model: GPTConfig, training: TrainingConfig) -> TrainingConfig:
    """The same settings, with a first guess of the steps if the run is to take some minutes."""
    if not training.minutes:
        return training
    tokens = training.batch_size * model.block_size
    return planned(training, training.minutes, rough_step(count_parameters(model), tokens))


def rough_step(parameters: int, tokens: int) -> float:
    """Seconds of a step, before one was measured; 6 operations a parameter and token.

    Source of the 6: Kaplan et al. (2020), section 2.1.

    >>> round(rough_step(1_000_000, 2048), 4)
    0.0879
    """
    return ROUGH_STEP + 6 * parameters * tokens / ROUGH_RATE
