"""The first stage: to answer a prompt as a person did (supervised fine-tuning).

Source: Ouyang et al., 2022 (arXiv 2203.02155), section 3.5.
"""

from __future__ import annotations

from typing import Any

import torch

from gpt.nn.config import GPTConfig
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.text.prompted import Demonstrations
from gpt.training import snapshots
from gpt.training.assistant.answer_rows import AnswerRows, encoded, to_write
from gpt.training.assistant.judging import PromptSheet
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.estimating import losses_over
from gpt.training.tasks.task import Batch, Numbers, Probe, Task, Watched


class FineTune(Task):
    """Write the answer to each prompt; the loss is on the answer only."""

    def __init__(self, run: Run, model: GPTConfig, config: TrainingConfig) -> None:
        """Read, split and encode the run's demonstrations.

        Raises:
            CheckpointError: the run has no demonstrations.
        """
        self.config, tokenizer = config, run.tokenizer()
        data = self.data = run.examples(Demonstrations)
        parts = data.split()
        self.learned_prompts = [data.prompts[i] for i in parts.training]
        rows = encoded(data, tokenizer)
        self.learned = AnswerRows([rows[i] for i in parts.training], to_write)
        self.held_out = AnswerRows([rows[i] for i in parts.validation], to_write)
        self.sheet = PromptSheet.of(data, parts.validation, tokenizer, config)
        self.probe = Probe(self.held_out.longest()[: snapshots.probe_length(model)])

    def batch(self, step: int, generator: torch.Generator) -> Batch:
        """The demonstrations of a step: each comes once in an epoch."""
        return self.learned.at_step(step, self.config.batch_size, self.config.seed)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Cross-entropy over every token of the answers and their ends."""
        return cross_entropy(logits, batch.targets)

    def losses(self, watched: Watched) -> Numbers | None:
        """The loss on both sides of the split."""
        size, most = self.config.batch_size, self.config.eval_batches
        learned, held_out = self.learned.some(size, most), self.held_out.some(size, most)
        return losses_over(learned, held_out, watched)

    def scores(self, watched: Watched) -> Numbers | None:
        """What the judge says of answers to held-out prompts, their every token the likeliest."""
        return self.sheet.scores(watched)

    def sample(self, model: GPT) -> dict[str, Any]:
        """A few held-out prompts, each with what the model answers."""
        return self.sheet.sample(model)
