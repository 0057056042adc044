"""The third stage: proximal policy optimization against a reward model.

The policy writes answers; the reward model weighs each, and every token pays for leaving the
reference. A value model says what was expected, so that an advantage says how much better it went.

Source: Schulman et al., 2017 (arXiv 1707.06347); Ouyang et al., 2022 (arXiv 2203.02155), section
3.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch

from gpt.nn.classifier import Classifier
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.documents import end_token
from gpt.text.prompted import Comparisons
from gpt.text.template import encode_prompt, inputs_and_targets, whole_texts
from gpt.training import snapshots
from gpt.training.assistant import token_rollouts
from gpt.training.assistant.answer_rows import AnswerRows, encoded, to_write
from gpt.training.assistant.answering import Written, write_answers
from gpt.training.assistant.judging import PromptSheet
from gpt.training.assistant.objectives import clipped_objective, log_probs_of
from gpt.training.assistant.on_policy import OnPolicy
from gpt.training.assistant.reference import Reference
from gpt.training.assistant.reward_task import rewards
from gpt.training.assistant.token_rollouts import TokenNumbers, TokenRollout, ValuedBatch
from gpt.training.assistant.value_model import ValueModel, reward_config
from gpt.training.files import Writers
from gpt.training.runs import REWARD, Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.estimating import losses_over
from gpt.training.tasks.task import Batch, Numbers, Probe, Watched
from gpt.weights_file import load_weights


class FollowReward(OnPolicy):
    """Write answers that the reward model weighs highly, near the model that the run began with."""

    rollout: TokenRollout | None = None

    def __init__(self, run: Run, model: GPTConfig, config: TrainingConfig) -> None:
        """Read the run's prompts, its reference and its reward model.

        Raises:
            CheckpointError: one of them is missing or damaged.
        """
        self.run, self.config, self.tokenizer = run, config, run.tokenizer()
        data = run.examples(Comparisons)
        parts = data.split()
        rows = [answers[:1] for answers in encoded(data, self.tokenizer)]  # what people chose
        self.learned = AnswerRows([rows[i] for i in parts.training], to_write)
        self.held_out = AnswerRows([rows[i] for i in parts.validation], to_write)
        self.prompts = [encode_prompt(self.tokenizer, data.prompts[i]) for i in parts.training]
        self.sheet = PromptSheet.of(data, parts.validation, self.tokenizer, config)
        self.reference = Reference(run, model, config, self.sheet)
        self.reward_config = reward_config(run.config())
        self.reward, value = (_reward_model(run, self.reward_config) for _ in range(2))
        self.value = ValueModel(value, config.value_learning_rate)
        self.probe = Probe(self.held_out.longest()[: snapshots.probe_length(model)])

    @property
    def answers(self) -> int:
        """One answer to each prompt of a batch."""
        return self.config.batch_size

    def attend(self, model: GPT, step: int) -> None:
        """Take the policy, the last rollout, and the value model as it was."""
        super().attend(model, step)
        if step:
            self.value.read(self.run.path, self.reward_config)

    def read_rollout(self, step: int) -> TokenRollout:
        """The rollout of the run's folder that was written before a step."""
        return token_rollouts.read(self.run.path, step)

    @torch.no_grad()
    def write_rollout(self, policy: GPT, step: int, number: int, first_seed: int) -> TokenRollout:
        """The answers of the policy as it is now, with rewards and values."""
        asked = self.learned.numbers_at(number, self.config.batch_size, self.config.seed)
        written = write_answers(
            policy,
            [self.prompts[n] for n in asked],
            end_token(self.tokenizer),
            self.config.answer_tokens,
            range(first_seed, first_seed + len(asked)),
        )
        ids, targets = inputs_and_targets([answer.row for answer in written])
        device = next(policy.parameters()).device
        ids, targets = ids.to(device), targets.to(device)
        self.reward.to(device)
        scores = self._weighed(written)
        self.value.model.to(device)
        return TokenRollout(
            step,
            tuple(answer.row for answer in written),
            tuple(answer.log_probs for answer in written),
            _of_tokens(written, log_probs_of(self.reference.logits(ids), targets)),
            _of_tokens(written, self.value.expected(ids)),
            scores,
            self.config.beta,
            self.config.lam,
        )

    @torch.no_grad()
    def _weighed(self, written: Sequence[Written]) -> np.ndarray:
        """(N,) the reward model's score of each answer."""
        device = next(self.reward.parameters()).device
        texts = whole_texts([answer.row for answer in written]).to(device)
        return np.asarray(rewards(self.reward(texts)).double().cpu().numpy())

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Minus the clipped objective; the value model takes a step of its own meanwhile."""
        assert isinstance(batch, ValuedBatch) and batch.returns is not None
        mask = batch.targets >= 0
        self.value.learn(batch.ids, batch.returns, mask)
        log_ratio = log_probs_of(logits, batch.targets) - batch.log_probs
        return -clipped_objective(log_ratio, batch.advantages, mask, self.config.clip)

    def losses(self, watched: Watched) -> Numbers | None:
        """How likely the answers are that people chose, on both sides of the split."""
        size, most = self.config.batch_size, self.config.eval_batches
        learned, held_out = self.learned.some(size, most), self.held_out.some(size, most)
        return losses_over(learned, held_out, watched)

    def scores(self, watched: Watched) -> Numbers | None:
        """What held-out answers are worth, how far the policy has gone, and the last rollout."""
        judged = self.sheet.scores(watched)
        compared = self.reference.compared(watched, self._weighed) if judged is not None else None
        if judged is None or compared is None:
            return None
        return {**judged, **compared, **(self.rollout.numbers if self.rollout else {})}

    def worth(self, numbers: Numbers) -> float:
        """What PPO makes large, on held-out prompts: reward minus β times an answer's divergence.

        Not the loss on what people chose, which rises as soon as the policy leaves its reference.
        """
        return numbers["held_out_reward"] - self.config.beta * numbers["answer_kl"]

    def sample(self, model: GPT) -> dict[str, Any]:
        """A few held-out prompts, each with what the model answers."""
        return self.sheet.sample(model)

    def writers(self) -> Writers:
        """The files that keep the last rollout and the value model."""
        return {**super().writers(), **self.value.writers()}


def _reward_model(run: Run, config: GPTConfig) -> Classifier:
    model, _ = load_weights(run.path / REWARD, config)
    return cast(Classifier, model.eval().requires_grad_(False))


def _of_tokens(written: Sequence[Written], placed: torch.Tensor) -> TokenNumbers:
    """(N, T) in the places of targets, as a list for each answer."""
    rows = zip(written, placed.tolist(), strict=True)
    return tuple(row[answer.row.start - 1 : len(answer.row) - 1] for answer, row in rows)
