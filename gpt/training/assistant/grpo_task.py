"""The third stage with a verifier: group relative policy optimization, without a value model.

The policy writes several answers to each prompt, a judge says which are right, and each answer is
compared with the others to the same prompt. Here the penalty is the exact KL divergence over the
vocabulary, which the paper estimates from the drawn tokens.

Source: Shao et al., 2024 (arXiv 2402.03300), section 4.1; rewards by rule as in its section 5.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.documents import end_token
from gpt.text.template import inputs_and_targets
from gpt.training.assistant import rollouts
from gpt.training.assistant.answering import write_answers
from gpt.training.assistant.fine_tune_task import FineTune
from gpt.training.assistant.objectives import (
    clipped_objective,
    kl_of_tokens,
    log_probs_of,
    masked_mean,
)
from gpt.training.assistant.on_policy import OnPolicy
from gpt.training.assistant.reference import Reference
from gpt.training.assistant.rollouts import Rollout, RolloutBatch
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Batch, Numbers, Watched

TOGETHER = 256
"""Prompts whose right answer is weighed at once."""


class ImproveByJudge(OnPolicy, FineTune):
    """Write answers, and make those likelier that a judge finds better than the others."""

    rollout: Rollout | None = None

    def __init__(self, run: Run, model: GPTConfig, config: TrainingConfig) -> None:
        """Read, split and encode the run's demonstrations, and read the reference.

        Raises:
            CheckpointError: the run has no demonstrations, or its first weights are damaged.
        """
        super().__init__(run, model, config)
        self.run, self.tokenizer = run, run.tokenizer()
        assert self.data.judge is not None  # by `check_task`
        self.judge = self.data.judge
        self.reference = Reference(run, model, config, self.sheet)

    @property
    def answers(self) -> int:
        """`group_size` answers to each prompt of a batch."""
        return self.config.batch_size * self.config.group_size

    def read_rollout(self, step: int) -> Rollout:
        """The rollout of the run's folder that was written before a step."""
        return rollouts.read(self.run.path, step)

    def write_rollout(self, policy: GPT, step: int, number: int, first_seed: int) -> Rollout:
        """The answers of the policy as it is now, with their rewards."""
        asked = self._asked(policy, number)
        chosen = [n for n in asked for _ in range(self.config.group_size)]
        prompts = [self.learned.rows[n][0] for n in chosen]
        written = write_answers(
            policy,
            [row.ids[: row.start] for row in prompts],
            end_token(self.tokenizer),
            self.config.answer_tokens,
            range(first_seed, first_seed + len(chosen)),
        )
        texts = [self.learned_prompts[n] for n in chosen]
        answers = [self.tokenizer.decode(each.answer) for each in written]
        rewards = [self.judge(*pair) for pair in zip(texts, answers, strict=True)]
        return Rollout.of(step, written, rewards, self.config.group_size)

    def _asked(self, policy: GPT, number: int) -> list[int]:
        """The prompts of a rollout.

        Of several batches those are asked where p (1 − p) is largest, p being the probability of
        the right answer as it was demonstrated. A group that is all right or all wrong teaches
        nothing (Foster and Foerster, 2025, arXiv 2502.12272).
        """
        size, count = self.config.batch_size, self.config.candidates
        batches = (
            self.learned.numbers_at(number * count + n, size, self.config.seed)
            for n in range(count)
        )
        numbers = [n for batch in batches for n in batch]
        if count == 1:
            return numbers
        spread = self._spread(policy, numbers)
        return [numbers[n] for n in torch.argsort(-spread, stable=True)[:size].tolist()]

    @torch.no_grad()
    def _spread(self, policy: GPT, numbers: Sequence[int]) -> torch.Tensor:
        """(N,) p (1 − p) of some prompts: the variance of "right or wrong"."""
        training, device = policy.training, next(policy.parameters()).device
        policy.eval()
        parts = []
        for first in range(0, len(numbers), TOGETHER):
            rows = [self.learned.rows[n][0] for n in numbers[first : first + TOGETHER]]
            ids, targets = (tensor.to(device) for tensor in inputs_and_targets(rows))
            parts.append(log_probs_of(policy(ids), targets).sum(-1).exp().cpu())  # (B, T) -> (B,)
        policy.train(training)
        p = torch.cat(parts)
        return p * (1 - p)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The clipped objective and the KL penalty, to be made small."""
        assert isinstance(batch, RolloutBatch)
        mask = batch.targets >= 0
        log_ratio = log_probs_of(logits, batch.targets) - batch.log_probs
        gain = clipped_objective(log_ratio, batch.advantages[:, None], mask, self.config.clip)
        if not self.config.beta:
            return -gain
        kl = kl_of_tokens(logits, self.reference.logits(batch.ids))
        return self.config.beta * masked_mean(kl, mask) - gain

    def scores(self, watched: Watched) -> Numbers | None:
        """What held-out answers are worth, how far the policy has gone, and the last rollout."""
        judged = self.sheet.scores(watched)
        weigh = self.reference.judged
        compared = self.reference.compared(watched, weigh) if judged is not None else None
        if judged is None or compared is None:
            return None
        return {**judged, **compared, **(self.rollout.numbers if self.rollout else {})}

    def worth(self, numbers: Numbers) -> float:
        """What GRPO makes large, on held-out prompts: the reward minus β times the divergence."""
        return numbers["held_out_reward"] - self.config.beta * numbers["kl"]
