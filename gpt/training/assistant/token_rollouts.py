"""Rollouts of PPO: a reward and a value at every token, from which advantages follow.

A run keeps those of its checkpoints as `rollouts/STEP.npz`, with T tokens in a row:

    ids (N, T), starts, ends (N,)        as in `gpt.training.assistant.rollouts`
    log_probs, reference (N, T)          natural, of each drawn token, by the policy and by the
                                         reference; 0 outside the answer
    values (N, T)                        what the value model expects before each token is drawn
    scores (N,)                          the reward model's, of the whole answer
    rewards, advantages (N, T)           what follows from these, with `beta` and `lam`
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gpt.errors import TrainingError
from gpt.text.template import Answered, inputs_and_targets
from gpt.training.assistant.objectives import generalized_advantages, penalized_rewards
from gpt.training.assistant.rollouts import (
    ROWS,
    RolloutBatch,
    of_answers,
    read_arrays,
    rows_of,
)

GAMMA = 1.0
"""A reward at the end counts as much as one at once (Ouyang et al., 2022, appendix C)."""
STEADY = 1e-6

TokenNumbers = tuple[list[float], ...]
"""For each answer, a number for each of its tokens."""


@dataclass(frozen=True)
class ValuedBatch(RolloutBatch):
    """Answers that a policy and its value model learn from.

    Fields:
        returns: (N, T) what came after each token was to be drawn; 0 where there is no target.
    """

    returns: torch.Tensor | None = None

    def to(self, device: str) -> ValuedBatch:
        """The same batch on a device."""
        own = super().to(device)
        returns = None if self.returns is None else self.returns.to(device)
        return ValuedBatch(
            own.ids,
            own.targets,
            log_probs=own.log_probs,
            advantages=own.advantages,
            returns=returns,
        )


@dataclass(frozen=True)
class TokenRollout:
    """N answers of a policy.

    Fields:
        step: the step that they were written before.
        rows: prompts with answers.
        log_probs, reference: of each answer's drawn tokens, by the policy and by the reference.
        values: what the value model expects before each of them.
        scores: (N,) the reward model's.
        beta, lam: β and λ.
    """

    step: int
    rows: tuple[Answered, ...]
    log_probs: TokenNumbers
    reference: TokenNumbers
    values: TokenNumbers
    scores: np.ndarray
    beta: float
    lam: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.scores).all():
            wrong = self.scores[~np.isfinite(self.scores)][0]
            raise TrainingError(
                f"the reward of an answer became {wrong} before step {self.step + 1:,}; the policy "
                "cannot learn from it",
                amid_steps=True,
            )

    @property
    def mask(self) -> torch.Tensor:
        """(N, T) bool, True where a token of an answer was drawn, in the places of targets."""
        return inputs_and_targets(self.rows)[1] >= 0

    def in_place(self, numbers: TokenNumbers) -> torch.Tensor:
        """(N, T) the numbers of drawn tokens, in the places of targets; 0 elsewhere."""
        placed = torch.zeros(self.mask.shape)
        for at, (row, values) in enumerate(zip(self.rows, numbers, strict=True)):
            placed[at, row.start - 1 : len(row) - 1] = torch.tensor(values)
        return placed

    @property
    def rewards(self) -> torch.Tensor:
        """(N, T): −β log(π / π_ref) at each token, and at the last one the score as well."""
        ratio = self.in_place(self.log_probs) - self.in_place(self.reference)
        scores = torch.tensor(self.scores, dtype=torch.float32)
        return penalized_rewards(scores, ratio, self.mask, self.beta)

    @property
    def advantages(self) -> torch.Tensor:
        """(N, T) generalized advantages of the tokens; 0 elsewhere."""
        values = self.in_place(self.values)
        return generalized_advantages(self.rewards, values, GAMMA, self.lam) * self.mask

    @property
    def numbers(self) -> dict[str, float]:
        """Its mean `reward`, the `entropy` of the drawn tokens in nats, and the mean `length`."""
        logs = [log for row in self.log_probs for log in row]
        return {
            "reward": float(self.scores.mean()),
            "entropy": -float(np.mean(logs)),
            "length": len(logs) / len(self.rows),
        }

    def batch(self) -> ValuedBatch:
        """The whole rollout; its advantages have mean 0 and deviation 1 over the tokens."""
        ids, targets = inputs_and_targets(self.rows)
        mask, advantages = self.mask, self.advantages
        drawn = advantages[mask]
        whitened = (advantages - drawn.mean()) / (drawn.std(correction=0) + STEADY) * mask
        returns = (advantages + self.in_place(self.values)) * mask
        logs = self.in_place(self.log_probs)
        return ValuedBatch(ids, targets, log_probs=logs, advantages=whitened, returns=returns)

    def write(self, path: Path) -> None:
        """Write the file of a run."""
        T = max(map(len, self.rows))
        ids = np.array([row.ids + [0] * (T - len(row)) for row in self.rows], dtype=np.int32)
        tokens = {"log_probs": self.log_probs, "reference": self.reference, "values": self.values}
        follow = {"rewards": self.rewards, "advantages": self.advantages}
        arrays: dict[str, Any] = dict(
            step=np.int64(self.step),
            beta=np.float64(self.beta),
            lam=np.float64(self.lam),
            ids=ids,
            starts=np.array([row.start for row in self.rows], dtype=np.int32),
            ends=np.array([len(row) for row in self.rows], dtype=np.int32),
            scores=self.scores.astype(np.float64),
            **{key: self._by_token(numbers, T) for key, numbers in tokens.items()},
            **{key: _after_first(each).astype(np.float64) for key, each in follow.items()},
        )
        np.savez_compressed(path, **arrays)

    def _by_token(self, numbers: TokenNumbers, T: int) -> np.ndarray:
        """(N, T) the numbers in the places of the tokens that they are of."""
        array = np.zeros((len(self.rows), T))
        for at, (row, values) in enumerate(zip(self.rows, numbers, strict=True)):
            array[at, row.start : len(row)] = values
        return array


def _after_first(placed: torch.Tensor) -> np.ndarray:
    """From the places of targets, (N, T - 1), to those of the tokens themselves, (N, T)."""
    return np.pad(placed.numpy(), ((0, 0), (1, 0)))


SINGLE = {"step": "i8", "beta": "f8", "lam": "f8"}
BY_TOKEN = ("log_probs", "reference", "values", "rewards", "advantages")
NUMBERS = {**ROWS, **dict.fromkeys((*BY_TOKEN, "scores"), "f8")}


def read(folder: Path, step: int) -> TokenRollout:
    """Read a rollout of a run folder.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    arrays = read_arrays(folder, step, SINGLE, NUMBERS, ("ids", *BY_TOKEN))
    rows = rows_of(arrays)
    logs, reference, values = (
        of_answers(rows, arrays[key]) for key in ("log_probs", "reference", "values")
    )
    return TokenRollout(
        step,
        rows,
        logs,
        reference,
        values,
        arrays["scores"],
        float(arrays["beta"]),
        float(arrays["lam"]),
    )
