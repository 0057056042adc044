"""What a judge says of a model's answers: while it trains, and of any run on unseen prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpt.nn.model import GPT
from gpt.text.builtin.assistant_tasks import Judge
from gpt.text.documents import end_token
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.text.template import encode_prompt
from gpt.text.tokenizer import Tokenizer
from gpt.training.assistant.answering import Written, write_answers
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Numbers, Watched

SCORED = 100
"""Held-out prompts that are answered at an evaluation."""
TOGETHER = 50
"""Prompts that are answered between two looks at what a person asks for."""
SHOWN = 6
"""Held-out prompts of a sample."""


@dataclass(frozen=True)
class PromptSheet:
    """Prompts to be answered, and who judges the answers.

    Fields:
        prompts: as texts, all different.
        ids: of each, in the template.
        judge: None if there is none.
        most: tokens of an answer, its end included.
    """

    prompts: tuple[str, ...]
    ids: tuple[list[int], ...]
    judge: Judge | None
    tokenizer: Tokenizer
    most: int

    @classmethod
    def of(
        cls,
        data: Demonstrations | Comparisons,
        rows: Sequence[int] | np.ndarray,
        tokenizer: Tokenizer,
        config: TrainingConfig,
        most: int = SCORED,
    ) -> PromptSheet:
        """The first prompts of some rows, each once."""
        prompts = tuple(dict.fromkeys(data.prompts[i] for i in rows))[:most]
        ids = tuple(encode_prompt(tokenizer, prompt) for prompt in prompts)
        return cls(prompts, ids, data.judge, tokenizer, config.answer_tokens)

    def written(self, model: GPT, rows: range, seed: int | None = None) -> list[Written]:
        """A model's answers to some of the prompts.

        Args:
            seed: prompt n is answered with `seed` + n; None takes the likeliest tokens.
        """
        seeds = None if seed is None else [seed + n for n in rows]
        ids = [self.ids[n] for n in rows]
        return write_answers(model, ids, end_token(self.tokenizer), self.most, seeds)

    def answers(self, model: GPT, rows: range, seed: int | None = None) -> list[str]:
        """The same as texts."""
        return [self.tokenizer.decode(each.answer) for each in self.written(model, rows, seed)]

    def judged(self, answers: Sequence[str]) -> np.ndarray:
        """(N,) what the judge says of an answer to each prompt."""
        assert self.judge is not None
        pairs = zip(self.prompts, answers, strict=True)
        return np.array([self.judge(prompt, answer) for prompt, answer in pairs])

    def scores(self, watched: Watched, seed: int | None = None) -> Numbers | None:
        """`judged`, the mean score of the answers; nothing without a judge.

        Returns:
            None if the evaluation was interrupted.
        """
        if self.judge is None:
            return {}
        answers: list[str] = []
        for first in range(0, len(self.prompts), TOGETHER):
            rows = range(first, min(first + TOGETHER, len(self.prompts)))
            answers += self.answers(watched.model, rows, seed)
            if watched.interrupted():
                return None
        return {"judged": float(self.judged(answers).mean())}

    def sample(self, model: GPT) -> dict[str, Any]:
        """The first prompts, each with what the model answers, as fields of a sample."""
        rows = range(min(SHOWN, len(self.prompts)))
        answers = self.answers(model, rows)
        examples = [
            {"text": prompt, "output": answer}
            for prompt, answer in zip(self.prompts, answers, strict=False)
        ]
        return {
            "text": "".join(f"{e['text']}\n  {e['output']}\n" for e in examples),
            "examples": examples,
        }
