"""Observing: what each evaluation keeps of a model besides its weights: its heads and a sample."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from gpt.inspect.generation import generate, write_documents
from gpt.nn.model import GPT
from gpt.run_files import MOST_FILE, SAMPLES
from gpt.run_lines import Sample
from gpt.text import cutting
from gpt.text.documents import Documents, end_token
from gpt.text.splitting import Ids
from gpt.text.tokenizer import Tokenizer
from gpt.training import snapshots
from gpt.training.files import Writers
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig


class Observer:
    """Watches one model on one probe prompt, the beginning of the held-out text.

    Args:
        held_out: the ids of the validation split.
    """

    def __init__(
        self, run: Run, config: TrainingConfig, model: GPT, tokenizer: Tokenizer, held_out: Ids
    ) -> None:
        self.run, self.config, self.model, self.tokenizer = run, config, model, tokenizer
        self.probe = _probe(tokenizer, held_out, snapshots.probe_length(model.config))

    def writers(self, step: int) -> Writers:
        """The files that keep what the model does after a step."""
        snapshot = partial(snapshots.write, self.model, self.probe, step)
        files: Writers = {snapshots.name(step): snapshot}
        if self.config.sample_tokens:
            samples: list[Sample] = [*self.run.samples(), {"step": step, "text": self.sample()}]
            files[SAMPLES] = partial(_write_samples, samples)
        return files

    def sample(self) -> str:
        """A text that the model writes now, the same for the same weights."""
        ids = self._document_ids() if self.config.documents == "lines" else self._ids()
        self.model.train()
        # The stream keeps back the first bytes of a character that the sample's end cuts off.
        return "".join(map(self.tokenizer.stream().add, ids))

    def _ids(self) -> list[int]:
        tokens, seed = self.config.sample_tokens, self.config.seed
        return [step.id for step in generate(self.model, self._start(), tokens, seed=seed)]

    def _document_ids(self) -> list[int]:
        tokens, seed = self.config.sample_tokens, self.config.seed
        end = end_token(self.tokenizer)
        documents = write_documents(self.model, self._start(), end, tokens, seed=seed)
        return [id for document in documents for id in document]

    def _start(self) -> list[int]:
        return cutting.shortest(self.tokenizer, self.probe)


def _probe(tokenizer: Tokenizer, held_out: Ids, most: int) -> list[int]:
    """The first ids of the held-out text: of one document, without the token that ends it."""
    text = held_out.longest()[:-1] if isinstance(held_out, Documents) else held_out
    ids = text[: most + cutting.LONGEST_CHARACTER].tolist()
    return cutting.beginning(tokenizer, ids, most)


def _write_samples(samples: list[Sample], path: Path) -> None:
    """Write the newest samples, as many as `read_samples` reads again."""
    left, kept = MOST_FILE[SAMPLES], []
    for line in (json.dumps(sample) + "\n" for sample in reversed(samples)):
        left -= len(line)
        if left < 0:
            break
        kept.append(line)
    path.write_text("".join(reversed(kept)), encoding="utf-8")
