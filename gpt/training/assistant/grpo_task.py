"""The third stage with a verifier: group relative policy optimization, without a value model.

The policy writes several answers to each prompt, a judge says which are right, and each answer is
compared with the others to the same prompt. Here the penalty is the exact KL divergence over the
vocabulary, which the paper estimates from the drawn tokens.

Source: Shao et al., 2024 (arXiv 2402.03300), section 4.1; rewards by rule as in its section 5.
"""

from __future__ import annotations

import torch

from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.documents import end_token
from gpt.training.assistant import rollouts
from gpt.training.assistant.answering import write_answers
from gpt.training.assistant.fine_tune_task import FineTune
from gpt.training.assistant.objectives import (
    clipped_objective,
    kl_of_tokens,
    log_probs_of,
    masked_mean,
)
from gpt.training.assistant.reference import Reference
from gpt.training.assistant.rollouts import Rollout, RolloutBatch
from gpt.training.files import Writers
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Batch, Numbers, Watched


class ImproveByJudge(FineTune):
    """Write answers, and make those likelier that a judge finds better than the others."""

    def __init__(self, run: Run, model: GPTConfig, config: TrainingConfig) -> None:
        """Read, split and encode the run's demonstrations, and read the reference.

        Raises:
            CheckpointError: the run has no demonstrations, or its first weights are damaged.
        """
        super().__init__(run, model, config)
        self.run, self.tokenizer = run, run.tokenizer()
        self.judge = self.data.judge
        self.reference = Reference(run, model, config, self.sheet)
        self.policy: GPT | None = None
        self.rollout: Rollout | None = None

    def attend(self, model: GPT, step: int) -> None:
        """Take the policy, and the last rollout: the next step may go on with it.

        Raises:
            CheckpointError: that rollout is missing or damaged.
        """
        self.policy = model
        if step:
            self.rollout = rollouts.read(self.run.path, self._first(step - 1))

    def _first(self, step: int) -> int:
        """The first step that learns from the same rollout as a step."""
        return step - step % self.config.rollout_steps

    def batch(self, step: int, generator: torch.Generator) -> Batch:
        """The policy's own answers: new ones every `rollout_steps` steps."""
        if self.rollout is None or self.rollout.step != self._first(step):
            self.rollout = self._written(step)
        return self.rollout.batch()

    def _written(self, step: int) -> Rollout:
        """The answers of the policy as it is now, with their rewards."""
        assert self.policy is not None
        size, group = self.config.batch_size, self.config.group_size
        number = step // self.config.rollout_steps
        asked = self.learned.numbers_at(number, size, self.config.seed)
        chosen = [n for n in asked for _ in range(group)]
        prompts = [self.learned.rows[n][0] for n in chosen]
        first = ((self.config.seed << 31) + number) * size * group  # no two answers share a seed
        written = write_answers(
            self.policy,
            [row.ids[: row.start] for row in prompts],
            end_token(self.tokenizer),
            self.config.answer_tokens,
            range(first, first + len(chosen)),
        )
        texts = [self.learned_prompts[n] for n in chosen]
        answers = [self.tokenizer.decode(one.answer) for one in written]
        rewards = [self.judge(*pair) for pair in zip(texts, answers, strict=True)]
        return Rollout.of(step, written, rewards, group)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The clipped objective and the KL penalty, to be made small."""
        assert isinstance(batch, RolloutBatch)
        mask = batch.targets >= 0
        log_ratio = log_probs_of(logits, batch.targets) - batch.log_probs
        gain = clipped_objective(log_ratio, batch.advantages[:, None], mask, self.config.clip)
        kl = kl_of_tokens(logits, self.reference.logits(batch.ids))
        return self.config.beta * masked_mean(kl, mask) - gain

    def scores(self, watched: Watched) -> Numbers | None:
        """What held-out answers are worth, how far the policy has gone, and the last rollout."""
        judged = self.sheet.scores(watched)
        compared = self.reference.compared(watched) if judged is not None else None
        if judged is None or compared is None:
            return None
        return {**judged, **compared, **(self.rollout.numbers if self.rollout else {})}

    def writers(self) -> Writers:
        """The file that keeps the last rollout."""
        return {rollouts.name(self.rollout.step): self.rollout.write} if self.rollout else {}
