"""The frozen model that a policy began with, and how far the policy has gone from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import torch

from gpt.errors import TrainingError
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.template import inputs_and_targets
from gpt.training.assistant.answering import Written
from gpt.training.assistant.judging import TOGETHER, PromptSheet
from gpt.training.assistant.objectives import kl_of_tokens
from gpt.training.initial import initial
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Numbers, Watched

Weigh = Callable[[Sequence[Written]], np.ndarray]
"""The reward of each answer: those to all prompts of the sheet, in order, to (N,)."""


class Reference:
    """The first weights of a run, never trained.

    Args:
        sheet: held-out prompts, which policy and reference answer with the same seeds.

    Raises:
        CheckpointError: the first weights are damaged, or cannot be drawn again.
    """

    def __init__(
        self, run: Run, model: GPTConfig, config: TrainingConfig, sheet: PromptSheet
    ) -> None:
        self.sheet, self.seed = sheet, config.seed
        self.model = initial(run).model.requires_grad_(False)

    @torch.no_grad()
    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, T) ids to (B, T, V), on the same device."""
        return self.model.to(ids.device)(ids)

    def compared(self, watched: Watched, weigh: Weigh | None = None) -> Numbers | None:
        """The policy beside the reference, on held-out prompts.

        Args:
            weigh: what the policy is rewarded for.

        Returns:
            `kl`, mean over the tokens of sampled answers, in nats; with a judge, `win_rate`, how
            often these answers are better than the reference's, ties as half; with `weigh`,
            `held_out_reward`, mean over the answers, and `answer_kl`, the mean of their whole
            divergence. None if the evaluation was interrupted.

        Raises:
            TrainingError: a reward is not finite.
        """
        written: list[Written] = []
        kl, tokens = 0.0, 0
        for first in range(0, len(self.sheet.prompts), TOGETHER):
            rows = range(first, min(first + TOGETHER, len(self.sheet.prompts)))
            part = self.sheet.written(watched.model, rows, self.seed)
            divergence = self.divergence(watched.model, part)
            kl += divergence.sum().item()
            tokens += sum(len(each.log_probs) for each in part)
            written += part
            if watched.interrupted():
                return None
        numbers = {"kl": kl / max(1, tokens), **self._win_rate(written)}
        if weigh is None:
            return numbers
        reward = float(weigh(written).mean())
        if not math.isfinite(reward):
            raise TrainingError(
                f"the reward of a held-out answer became {reward}, by which no policy can be "
                "measured",
                amid_steps=True,
            )
        return {**numbers, "held_out_reward": reward, "answer_kl": kl / len(written)}

    @torch.no_grad()
    def divergence(self, policy: GPT, written: list[Written]) -> torch.Tensor:
        """(B, T) KL(policy ‖ reference) at each token of some answers; 0 outside them."""
        ids, targets = inputs_and_targets([each.row for each in written])
        device = next(policy.parameters()).device
        training = policy.training
        own = policy.eval()(ids.to(device))
        policy.train(training)
        return kl_of_tokens(own, self.logits(ids.to(device))).cpu() * (targets >= 0)

    def judged(self, written: Sequence[Written]) -> np.ndarray:
        """(N,) what the judge says of an answer to each prompt of the sheet."""
        return self.sheet.judged([self.sheet.tokenizer.decode(each.answer) for each in written])

    def _win_rate(self, written: list[Written]) -> Numbers:
        if self.sheet.judge is None:
            return {}
        ours = self.judged(written)
        theirs = self._scores
        wins = (ours > theirs) + 0.5 * (ours == theirs)
        return {"win_rate": float(wins.mean())}

    @cached_property
    def _scores(self) -> np.ndarray:
        """(N,) what the judge says of the reference's own answers."""
        device = next(self.model.parameters()).device
        rows = range(len(self.sheet.prompts))
        return self.sheet.judged(self.sheet.answers(self.model.to(device), rows, self.seed))
