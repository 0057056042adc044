"""The third stage without a reward model: direct preference optimization.

Source: Rafailov et al., 2023 (arXiv 2305.18290). The frozen reference is the model that the run
began with, which its folder keeps.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from gpt.nn.config import GPTConfig
from gpt.nn.loss import counted
from gpt.nn.model import GPT
from gpt.text.prompted import Comparisons
from gpt.training import snapshots
from gpt.training.assistant.answer_rows import AnswerRows, encoded, to_write
from gpt.training.assistant.judging import PromptSheet
from gpt.training.assistant.objectives import dpo_loss, log_probs_of
from gpt.training.assistant.reference import Reference
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Batch, Numbers, Probe, Task, Watched

Four = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


class PreferDirectly(Task):
    """Make the chosen answers likelier, and the rejected ones less likely, than they were."""

    def __init__(self, run: Run, model: GPTConfig, config: TrainingConfig) -> None:
        """Read, split and encode the run's comparisons, and read the reference.

        Raises:
            CheckpointError: the run has no comparisons, or its first weights are damaged.
        """
        self.config, tokenizer = config, run.tokenizer()
        data = run.examples(Comparisons)
        parts = data.split()
        rows = encoded(data, tokenizer)
        self.learned = AnswerRows([rows[i] for i in parts.training], to_write)
        self.held_out = AnswerRows([rows[i] for i in parts.validation], to_write)
        self.sheet = PromptSheet.of(data, parts.validation, tokenizer, config)
        self.reference = Reference(run, model, config, self.sheet)
        self.probe = Probe(self.held_out.longest()[: snapshots.probe_length(model)])

    def batch(self, step: int, generator: torch.Generator) -> Batch:
        """The comparisons of a step: each comes once in an epoch."""
        return self.learned.at_step(step, self.config.batch_size, self.config.seed)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """DPO's, over the pairs."""
        return dpo_loss(*self._log_probs(logits, batch), self.config.beta)

    def _log_probs(self, logits: torch.Tensor, batch: Batch) -> Four:
        """(B,) of the chosen and the rejected answers by the policy, then by the reference."""
        theirs = self.reference.logits(batch.ids)
        own = log_probs_of(logits, batch.targets).sum(-1)  # (2B, T) -> (2B,)
        reference = log_probs_of(theirs, batch.targets).sum(-1)
        (a, b), (c, d) = own.chunk(2), reference.chunk(2)  # (2B,) -> (B,) each
        return a, b, c, d

    def losses(self, watched: Watched) -> Numbers | None:
        """The loss on both sides of the split, and how often the held-out choice is foreseen.

        It is foreseen where the policy has moved more towards the chosen answer than towards the
        rejected one; a policy that has not moved foresees half.
        """
        size, most = self.config.batch_size, self.config.eval_batches
        learned = self._estimate(self.learned.some(size, most), watched)
        held_out = self._estimate(self.held_out.some(size, most), watched) if learned else None
        if learned is None or held_out is None:
            return None
        return {"train_loss": learned[0], "val_loss": held_out[0], "accuracy": held_out[1]}

    @torch.no_grad()
    def _estimate(self, batches: Iterable[Batch], watched: Watched) -> tuple[float, float] | None:
        """Mean loss and share of foreseen choices; None if the evaluation was interrupted."""
        total, foreseen, pairs = 0.0, 0.0, 0
        watched.model.eval()
        try:
            for batch in batches:
                batch = batch.to(watched.device.name)
                with watched.device.autocast():
                    logits = batch.logits(watched.forward)
                a, b, c, d = self._log_probs(logits, batch)
                total += dpo_loss(a, b, c, d, self.config.beta).item() * len(a)
                margins = (a - b) - (c - d)
                foreseen += (0.5 * (margins.sign() + 1)).sum().item()
                pairs += len(a)
                if watched.interrupted():
                    return None
        finally:
            watched.model.train()
        return total / pairs, foreseen / pairs

    def scores(self, watched: Watched) -> Numbers | None:
        """What the answers to held-out prompts are worth, and how far the policy has gone."""
        judged = self.sheet.scores(watched)
        compared = self.reference.compared(watched) if judged is not None else None
        return None if judged is None or compared is None else {**judged, **compared}

    def sample(self, model: GPT) -> dict[str, Any]:
        """A few held-out prompts, each with what the model answers."""
        return self.sheet.sample(model)

    def tokens(self, batch: Batch) -> int:
        """The tokens of the answers."""
        return counted(batch.targets)
