"""Rollouts: answers that the policy wrote, with all that an advantage can be computed from again.

A run keeps those of its checkpoints as `rollouts/STEP.npz`, STEP being the step that they were
written before:

    ids (N, T)          prompt and answer, 0 after the end
    starts, ends (N,)   where the answer begins, and where the row ends
    log_probs (N, T)    natural, of each token when it was drawn; 0 outside the answer
    rewards (N,)        of each answer
    advantages (N,)     (r − mean) / std of each group of `group_size` rows, in order
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from gpt import bounded
from gpt.bounded import ArrayRule
from gpt.checkpoint import model_config
from gpt.errors import CheckpointError, TrainingError
from gpt.nn.config import GPTConfig
from gpt.run_files import read_config
from gpt.text.template import Answered, inputs_and_targets
from gpt.training.assistant.answering import Written
from gpt.training.assistant.objectives import group_advantages
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Batch

FOLDER = "rollouts"
MOST_BYTES = 2**26
ARCHIVE_BYTES = 2**16  # of a file, beside its numbers
NAMED = re.compile("([0-9]{7,10})[.]npz")  # by `name`


@dataclass(frozen=True)
class RolloutBatch(Batch):
    """Answers that a policy learns from.

    Fields:
        log_probs: (N, T) of each target when it was drawn; 0 where there is no target.
        advantages: (N,).
    """

    log_probs: torch.Tensor = field(default_factory=lambda: torch.empty(0))
    advantages: torch.Tensor = field(default_factory=lambda: torch.empty(0))

    def to(self, device: str) -> RolloutBatch:
        """The same batch on a device."""
        own = (self.ids, self.targets)
        ids, targets, logs, advantages = (
            tensor.to(device) for tensor in (*own, self.log_probs, self.advantages)
        )
        return RolloutBatch(ids, targets, log_probs=logs, advantages=advantages)


@dataclass(frozen=True)
class Rollout:
    """N answers of a policy, `group_size` in turn to the same prompt.

    Fields:
        step: the step that they were written before.
        rows: prompts with answers.
        log_probs: of each answer's tokens when they were drawn.
        rewards: (N,).
        group_size: answers to each prompt.
    """

    step: int
    rows: tuple[Answered, ...]
    log_probs: tuple[list[float], ...]
    rewards: np.ndarray
    group_size: int

    @classmethod
    def of(
        cls, step: int, written: Sequence[Written], rewards: Sequence[float], group_size: int
    ) -> Rollout:
        """The rollout of some answers.

        Raises:
            TrainingError: a reward is not finite.
        """
        if not np.isfinite(rewards).all():
            raise TrainingError(
                f"the reward of an answer became {min(rewards, key=np.isfinite)} before step "
                f"{step + 1:,}; the policy cannot learn from it",
                amid_steps=True,
            )
        rows = tuple(each.row for each in written)
        logs = tuple(each.log_probs for each in written)
        return cls(step, rows, logs, np.array(rewards, dtype=np.float64), group_size)

    @property
    def advantages(self) -> torch.Tensor:
        """(N,) each answer beside the others to the same prompt."""
        rewards = torch.tensor(self.rewards, dtype=torch.float32).view(-1, self.group_size)
        return group_advantages(rewards).flatten()  # (groups, n) -> (N,)

    @property
    def numbers(self) -> dict[str, float]:
        """Its mean `reward`, the `entropy` of the drawn tokens in nats, and the mean `length`.

        Also the share of `mixed` groups: those whose rewards differ, so that something is learned.
        """
        logs = [log for row in self.log_probs for log in row]
        by_group = self.rewards.reshape(-1, self.group_size)  # (N,) -> (groups, n)
        return {
            "reward": float(self.rewards.mean()),
            "mixed": float((np.ptp(by_group, axis=1) > 0).mean()),
            "entropy": -float(np.mean(logs)) if logs else 0.0,
            "length": len(logs) / len(self.rows),
        }

    def batch(self) -> RolloutBatch:
        """The whole rollout, as a policy learns from it."""
        ids, targets = inputs_and_targets(self.rows)
        log_probs = torch.zeros(ids.shape)
        for at, (row, logs) in enumerate(zip(self.rows, self.log_probs, strict=True)):
            log_probs[at, row.start - 1 : len(row) - 1] = torch.tensor(logs)
        return RolloutBatch(ids, targets, log_probs=log_probs, advantages=self.advantages)

    def write(self, path: Path) -> None:
        """Write the file of a run."""
        T = max(map(len, self.rows))
        ids = np.zeros((len(self.rows), T), dtype=np.int32)
        log_probs = np.zeros((len(self.rows), T), dtype=np.float64)
        for at, (row, logs) in enumerate(zip(self.rows, self.log_probs, strict=True)):
            ids[at, : len(row)] = row.ids
            log_probs[at, row.start : len(row)] = logs
        np.savez_compressed(
            path,
            step=np.int64(self.step),
            group_size=np.int64(self.group_size),
            ids=ids,
            starts=np.array([row.start for row in self.rows], dtype=np.int32),
            ends=np.array([len(row) for row in self.rows], dtype=np.int32),
            log_probs=log_probs,
            rewards=self.rewards,
            advantages=self.advantages.numpy(),
        )


ROWS: dict[str, str] = {"ids": "i4", "starts": "i4", "ends": "i4"}
"""The arrays that say what the rows are, and the kinds of their numbers."""
NUMBERS = {**ROWS, "log_probs": "f8", "rewards": "f8", "advantages": "f4"}
BY_TOKEN = ("ids", "log_probs")


def name(step: int) -> str:
    """The file's name inside the run folder."""
    return f"{FOLDER}/{step:07d}.npz"


def steps(folder: Path) -> list[int]:
    """The steps before which a run folder's rollouts were written, in order."""
    named = (NAMED.fullmatch(path.name) for path in (folder / FOLDER).glob("*.npz"))
    return sorted(int(match[1]) for match in named if match)


def read(folder: Path, step: int) -> Rollout:
    """Read a rollout of a run folder.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    arrays = read_arrays(folder, step, {"step": "i8", "group_size": "i8"}, NUMBERS, BY_TOKEN)
    group_size = int(arrays["group_size"])
    if group_size < 1 or len(arrays["ids"]) % group_size:
        raise CheckpointError(f"{folder.name}/{name(step)} has groups of {group_size:,} answers")
    rows = rows_of(arrays)
    logs = of_answers(rows, arrays["log_probs"])
    return Rollout(step, rows, logs, arrays["rewards"], group_size)


def read_arrays(
    folder: Path,
    step: int,
    single: Mapping[str, str],
    by_row: Mapping[str, str],
    by_token: Collection[str],
) -> dict[str, np.ndarray]:
    """The arrays of a rollout's file, if they belong together and to the settings of the run.

    Args:
        single: the arrays of one number, and its kind: "i8", "f8".
        by_row: those of N rows, likewise.
        by_token: which of them are (N, T); the others are (N,).

    Raises:
        CheckpointError: the file is missing or damaged, or of another run.
    """
    info, path = read_config(folder), folder / name(step)
    config, training = model_config(info), info.get("training") or {}
    N = training.get("batch_size", TrainingConfig.batch_size)
    if training.get("task") == "grpo":
        N *= training.get("group_size", TrainingConfig.group_size)
    shapes = {key: (N, None) if key in by_token else (N,) for key in by_row}
    rules = {key: ArrayRule(kind, ()) for key, kind in single.items()}
    rules |= {key: ArrayRule(kind, shapes[key]) for key, kind in by_row.items()}
    T = config.block_size
    size = sum(N * (T if key in by_token else 1) * int(kind[1:]) for key, kind in by_row.items())
    arrays = bounded.arrays(path, rules, min(size + 8 * len(single) + ARCHIVE_BYTES, MOST_BYTES))
    wrong = _why_apart(arrays, step, by_token, config)
    if wrong:
        raise CheckpointError(f"{folder.name}/{name(step)} is damaged: {wrong}")
    return arrays


def _why_apart(
    arrays: Mapping[str, np.ndarray], step: int, by_token: Collection[str], config: GPTConfig
) -> str:
    """What tells that some arrays are no rollout of a model; "" if nothing does."""
    ids, starts, ends = (arrays[key] for key in ROWS)
    lengths = {arrays[key].shape[1] for key in by_token}
    if len(lengths) > 1 or not 1 <= min(lengths) <= config.block_size:
        return "its rows are not of one length that the model reads"
    if ((starts < 1) | (starts >= ends) | (ends > ids.shape[1])).any():
        return "an answer begins or ends outside its row"
    if ((ids < 0) | (ids >= config.vocab_size)).any():
        return "a token is not in the vocabulary"
    if int(arrays["step"]) != step:
        return "its step is another one"
    floats = (array for array in arrays.values() if array.dtype.kind == "f")
    return "" if all(np.isfinite(array).all() for array in floats) else "a number is not finite"


def rows_of(arrays: Mapping[str, np.ndarray]) -> tuple[Answered, ...]:
    """The N prompts with answers."""
    edges = zip(arrays["starts"].tolist(), arrays["ends"].tolist(), strict=True)
    return tuple(
        Answered(row[:end].tolist(), start)
        for row, (start, end) in zip(arrays["ids"], edges, strict=True)
    )


def of_answers(rows: Sequence[Answered], numbers: np.ndarray) -> tuple[list[float], ...]:
    """Of the numbers of all tokens, (N, T), those of each answer."""
    return tuple(
        numbers_of_row[row.start : len(row)].tolist()
        for row, numbers_of_row in zip(rows, numbers, strict=True)
    )
