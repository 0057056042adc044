"""How well a reward model foresees choices that it has not seen, where there are few of them.

A held-out tenth of twenty pairs is two pairs, which says nothing. So the pairs are cut into folds
again and again; a reward model learns from all folds but one and is asked about that one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from gpt.checkpoint import Checkpoint
from gpt.errors import TextError
from gpt.importing import alone
from gpt.seeds import seed_of
from gpt.text.prompted import Comparisons
from gpt.training.assistant.answer_rows import AnswerRows, encoded, to_weigh
from gpt.training.assistant.objectives import bradley_terry_loss
from gpt.training.assistant.ratings import FEWEST
from gpt.training.assistant.reward_task import rewards
from gpt.training.assistant.starting import reward_start
from gpt.training.confidence import Measured, share
from gpt.training.optimizers import Optimizers
from gpt.training.presets import find
from gpt.training.settings import TrainingConfig

FOLDS, REPEATS = 5, 3
STEPS, BATCH = 40, 16


@dataclass(frozen=True)
class FoldedAccuracy:
    """How often the choice between two answers is foreseen by a model that has not seen it.

    Fields:
        measured: the share, 0.5 for equal rewards, with its 95 % interval; see `accuracy_of`.
        pairs: how many there are.
        by_fold: (repeats, folds) the share in each fold.
    """

    measured: Measured
    pairs: int
    by_fold: np.ndarray


def folded_accuracy(
    parent: Checkpoint,
    data: Comparisons,
    training: TrainingConfig | None = None,
    on_fold: Callable[[int, int], None] = lambda done, total: None,
) -> FoldedAccuracy:
    """Train a reward model on all folds but one, for each of them, several times over.

    Args:
        parent: the run that each reward model begins with.
        training: how each learns; None takes the preset of the reward model with `STEPS` steps.
        on_fold: called with how many folds are done, of how many; what it raises ends the work.

    Raises:
        TextError: fewer than `FEWEST` pairs, or too few different ones for folds.
        ConfigError, TokenizerError: a run that no reward model can begin with.
    """
    if len(data) < FEWEST:
        raise TextError(
            f"there are {len(data):,} decided pairs; with fewer than {FEWEST} it cannot be told "
            "how well a reward model foresees a choice"
        )
    plan = training or find("reward-model").training_config(
        steps=STEPS, batch_size=BATCH, warmup_steps=STEPS // 10
    )
    right = np.zeros((REPEATS, len(data)))
    by_fold = np.zeros((REPEATS, FOLDS))
    for repeat in range(REPEATS):
        for number, fold in enumerate(data.folds(FOLDS, plan.seed + repeat)):
            on_fold(repeat * FOLDS + number, REPEATS * FOLDS)
            part = replace(plan, seed=plan.seed + repeat)
            right[repeat, fold.test] = foreseen(parent, data, fold.training, fold.test, part)
            by_fold[repeat, number] = right[repeat, fold.test].mean()
    return FoldedAccuracy(accuracy_of(right, by_fold), len(data), by_fold)


def foreseen(
    parent: Checkpoint,
    data: Comparisons,
    learned: np.ndarray,
    asked: np.ndarray,
    plan: TrainingConfig,
) -> np.ndarray:
    """Whether the choice of each pair of `asked` is foreseen after learning from `learned`.

    Returns:
        (n,) 1, 0, or 0.5 where both answers have the same reward.
    """
    wider, start = reward_start(parent, data, plan.seed)
    rows = encoded(data, wider.tokenizer)
    model = start.model.train()
    optimizers = Optimizers(model, plan)
    batches = AnswerRows([rows[i] for i in learned], to_weigh)
    for step in range(plan.steps):
        optimizers.set_rate(plan.rate_factor(step))
        torch.manual_seed(seed_of(plan.seed, step))
        batch = batches.at_step(step, min(plan.batch_size, len(batches)), plan.seed)
        bradley_terry_loss(*rewards(model(batch.ids)).chunk(2)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), plan.grad_clip or math.inf)
        optimizers.step()
    tested = next(AnswerRows([rows[i] for i in asked], to_weigh).some(len(asked), 1))
    with torch.no_grad():
        chosen, rejected = rewards(model.eval()(tested.ids)).chunk(2)
    return 0.5 * (torch.sign(chosen - rejected).numpy() + 1)


def accuracy_of(right: np.ndarray, by_fold: np.ndarray) -> Measured:
    """A mean over repeated folds, with an interval that knows that the folds share their pairs.

    Args:
        right: (repeats, N) of each pair.
        by_fold: (repeats, folds) means.

    Returns:
        The mean, with Student's interval for the variance (1 / J + n_test / n_train) s² of J folds
        (Nadeau and Bengio, 2003, section 3), or Wilson's for N pairs at an end where that is wider:
        equal folds would seem to leave no doubt.
    """
    with alone():
        from scipy.stats import t

    J, folds = by_fold.size, by_fold.shape[1]
    error = math.sqrt((1 / J + 1 / (folds - 1)) * by_fold.var(ddof=1))
    width = float(t.ppf(0.975, J - 1)) * error
    mean, pairs = float(right.mean()), right.shape[1]
    wilson = share(mean * pairs, pairs)
    return Measured(
        mean, max(0.0, min(mean - width, wilson.low)), min(1.0, max(mean + width, wilson.high))
    )
