"""The task of an encoder that learns without labels: to fill in hidden words.

Source: Devlin et al. (2019), section 3.1. Of the chosen tokens, a tenth stays as it is and a tenth
becomes a random token, so that the model cannot rely on seeing the mark.
"""

from __future__ import annotations

from typing import Any

import torch

from gpt.nn.config import GPTConfig
from gpt.nn.loss import IGNORED, cross_entropy
from gpt.nn.model import GPT
from gpt.nn.padding import PADDING
from gpt.text.documents import Documents, draw
from gpt.text.hidden_tokens import hidden_token
from gpt.text.splitting import Ids
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.stored_text import ids_of
from gpt.training.tasks.estimating import losses_over
from gpt.training.tasks.next_token_task import probe_of
from gpt.training.tasks.task import Batch, Numbers, Probe, Task, Watched

CHOSEN, MARKED, RANDOM = 0.15, 0.8, 0.1
"""Share of the tokens that are predicted; of those, the shares that are hidden and replaced."""


class MaskedWords(Task):
    """Fill in tokens that are hidden from blocks cut out of a text."""

    def __init__(self, run: Run, model: GPTConfig, config: TrainingConfig) -> None:
        """Read and split the run's text.

        Raises:
            TokenizerError: a vocabulary without a token that can stand for a hidden one.
        """
        self.config, self.block_size, self.tokenizer = config, model.block_size, run.tokenizer()
        self.mark = hidden_token(self.tokenizer)
        self.learned, self.held_out = ids_of(run, self.tokenizer, config.documents)
        self.probe = Probe(probe_of(run, self.tokenizer, self.held_out, model))

    def batch(self, step: int, generator: torch.Generator) -> Batch:
        """Random blocks of the text, some of their tokens hidden."""
        return self._hidden(self.learned, self.config.batch_size, generator)

    def _hidden(self, ids: Ids, count: int, generator: torch.Generator) -> Batch:
        tokens, following = draw(ids, self.block_size, count, generator)  # (B, T)
        if isinstance(ids, Documents):  # what fills up a short document is no token
            tokens = torch.where(following == IGNORED, PADDING, tokens)
        return hide(tokens, self.mark, self.tokenizer.vocab_size, generator)

    def loss(self, logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Cross-entropy over the hidden tokens."""
        return cross_entropy(logits, batch.targets)

    def tokens(self, batch: Batch) -> int:
        """The tokens that are read, without padding."""
        return int((batch.ids != PADDING).sum())

    def losses(self, watched: Watched) -> Numbers | None:
        """The loss over hidden tokens on both sides of the split, and how many are guessed."""
        sides = (self._batches(self.learned), self._batches(self.held_out))
        return losses_over(*sides, watched, with_accuracy=True)

    def _batches(self, ids: Ids) -> list[Batch]:
        generator = torch.Generator().manual_seed(self.config.seed)
        size = self.config.batch_size
        return [self._hidden(ids, size, generator) for _ in range(self.config.eval_batches)]

    @torch.no_grad()
    def sample(self, model: GPT) -> dict[str, Any] | None:
        """The probe with hidden tokens, and what the model puts in their places."""
        if not self.config.sample_tokens:
            return None
        device = next(model.parameters()).device
        ids = torch.tensor([self.probe.ids[: self.config.sample_tokens]])  # (1, T)
        generator = torch.Generator().manual_seed(self.config.seed)
        hidden = torch.rand(ids.shape, generator=generator) < CHOSEN
        asked = torch.where(hidden, self.mark, ids)
        guessed = model.eval()(asked.to(device)).argmax(-1).cpu()  # (1, T)
        model.train()
        rows = (asked, torch.where(hidden, guessed, ids), ids)
        texts = [self.tokenizer.decode(row[0].tolist()) for row in rows]
        names = ("hidden", "filled in", "original")
        lines = (f"{name}: {text}\n" for name, text in zip(names, texts, strict=True))
        return {"text": "".join(lines)}


def hide(ids: torch.Tensor, mark: int, vocab_size: int, generator: torch.Generator) -> Batch:
    """Hide some tokens; only those are predicted, each at its own place.

    Args:
        ids: (B, T), or `PADDING`, which is never chosen.
        mark: the id that stands for a hidden token.
    """
    chosen = (torch.rand(ids.shape, generator=generator) < CHOSEN) & (ids != PADDING)
    if not chosen.any():  # a batch without a target would have no loss
        chosen[0, 0] = True
    how = torch.rand(ids.shape, generator=generator)
    random = torch.randint(vocab_size, ids.shape, generator=generator)
    marked = torch.where(chosen & (how < MARKED), mark, ids)
    replaced = chosen & (how >= MARKED) & (how < MARKED + RANDOM)
    return Batch(torch.where(replaced, random, marked), torch.where(chosen, ids, IGNORED))
