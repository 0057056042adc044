"""The second stage: to weigh answers as people do (a reward model, learned from comparisons).

The model is a classifier of two labels, "rejected" and "chosen", that reads the state of the last
token. Its reward r is the difference of their two logits: a scalar head, as the sum of the two has
no part in the loss. σ(r), the probability that the model gives the second label, is how likely
people are to prefer the answer to one of reward 0.

Source: Ouyang et al., 2022 (arXiv 2203.02155), section 3.5.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.padding import PADDING
from gpt.text.prompted import Comparisons
from gpt.training import snapshots
from gpt.training.assistant.answer_rows import AnswerRows, encoded, to_weigh
from gpt.training.assistant.objectives import bradley_terry_loss
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Batch, Numbers, Probe, Task, Watched

SHOWN = 4
"""Held-out comparisons of a sample."""


def rewards(logits: torch.Tensor) -> torch.Tensor:
    """The reward of each text from a reward model's logits: (B, 2) to (B,)."""
    return (logits[:, 1] - logits[:, 0]).float()


class WeighAnswers(Task):
    """Give the answer that people chose a higher reward than the other one."""

    def __init__(self, run: Run, model: GPTConfig, config: TrainingConfig) -> None:
        """Read, split and encode the run's comparisons.

        Raises:
            CheckpointError: the run has no comparisons.
        """
        self.config, tokenizer = config, run.tokenizer()
        data = run.examples(Comparisons)
        parts = data.split()
        rows = encoded(data, tokenizer)
        self.learned = AnswerRows([rows[i] for i in parts.training], to_weigh)
        self.held_out = AnswerRows([rows[i] for i in parts.validation], to_weigh)
        self.shown = data.take(parts.validation[:SHOWN].tolist())
        self.probe = Probe(self.held_out.longest()[: snapshots.probe_length(model)])

    def batch(self, step: int, generator: torch.Generator) -> Batch:
        """The comparisons of a step: each comes once in an epoch."""
        return self.learned.at_step(step, self.config.batch_size, self.config.seed)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Bradley-Terry over the pairs."""
        return bradley_terry_loss(*rewards(logits).chunk(2))

    def tokens(self, batch: Batch) -> int:
        """The tokens that are read, without padding."""
        return int((batch.ids != PADDING).sum())

    def losses(self, watched: Watched) -> Numbers | None:
        """The loss on both sides of the split, and how often the held-out choice is foreseen."""
        size, most = self.config.batch_size, self.config.eval_batches
        learned = self._estimate(self.learned.some(size, most), watched)
        held_out = self._estimate(self.held_out.some(size, most), watched) if learned else None
        if learned is None or held_out is None:
            return None
        return {"train_loss": learned[0], "val_loss": held_out[0], "accuracy": held_out[1]}

    @torch.no_grad()
    def _estimate(self, batches: Iterable[Batch], watched: Watched) -> tuple[float, float] | None:
        """Mean loss and share of foreseen choices; None if the evaluation was interrupted."""
        margins: list[torch.Tensor] = []
        watched.model.eval()
        try:
            for batch in batches:
                with watched.device.autocast():
                    logits = batch.to(watched.device.name).logits(watched.forward)
                chosen, rejected = rewards(logits).cpu().chunk(2)
                margins.append(chosen - rejected)
                if watched.interrupted():
                    return None
        finally:
            watched.model.train()
        margin = torch.cat(margins)
        loss = bradley_terry_loss(margin, torch.zeros_like(margin))
        return loss.item(), (margin > 0).float().mean().item()

    @torch.no_grad()
    def sample(self, model: GPT) -> dict[str, Any]:
        """A few held-out comparisons, each with the rewards of both answers."""
        batch = next(self.held_out.some(len(self.shown), 1))
        device = next(model.parameters()).device
        both = rewards(model.eval()(batch.ids.to(device))).cpu().chunk(2)
        model.train()
        rows = zip(self.shown.rows, *(side.tolist() for side in both), strict=True)
        return {
            "text": "".join(
                f"{prompt}\n  chosen {r:+.3f}: {chosen}\n  rejected {s:+.3f}: {rejected}\n"
                for (prompt, chosen, rejected), r, s in rows
            )
        }
