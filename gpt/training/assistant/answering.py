"""Answers that a model writes to many prompts at once, for scores and for rollouts.

Each token is drawn as `gpt.generate` draws it, by the seed of the answer and its place in the text,
so that an answer is the one that `gpt.generate` writes with the same seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gpt.inspect.sampling import Sampling, draw
from gpt.nn.model import GPT
from gpt.text.template import Answered


@dataclass(frozen=True)
class Written:
    """An answer that a model wrote.

    Fields:
        row: the prompt and the answer; the end with them if it came.
        log_probs: natural, of each token of the answer when it was drawn.
        ended: whether the end came, within the tokens that were allowed.
    """

    row: Answered
    log_probs: list[float]
    ended: bool

    @property
    def answer(self) -> list[int]:
        """The ids of the answer, without its end."""
        ids = self.row.ids[self.row.start :]
        return ids[:-1] if self.ended else ids


@torch.no_grad()
def write_answers(
    model: GPT,
    prompts: Sequence[Sequence[int]],
    end: int,
    most: int,
    seeds: Sequence[int] | None = None,
    temperature: float = 1.0,
) -> list[Written]:
    """One answer to each prompt.

    Args:
        prompts: their ids, in the template.
        end: the token that ends an answer.
        most: tokens of an answer, its end included; fewer where the model's block is full.
        seeds: one for each answer; None takes the likeliest token each time.

    Returns:
        In the order of the prompts. The model is in training mode again if it was.
    """
    training, sampling = model.training, Sampling(0.0 if seeds is None else temperature)
    model.eval()
    texts = [list(prompt) for prompt in prompts]
    log_probs: list[list[float]] = [[] for _ in texts]
    limits = [min(len(text) + most, model.config.block_size) for text in texts]
    left = [n for n, text in enumerate(texts) if len(text) < limits[n]]
    while left:
        drawn_from = _drawn_from(model, [texts[n] for n in left], sampling)
        for n, probs in zip(left, drawn_from, strict=True):
            seed = 0 if seeds is None else seeds[n]
            id = draw(probs, seed, len(texts[n]))
            log_probs[n].append(float(np.log(probs[id])))
            texts[n].append(id)
        left = [n for n in left if texts[n][-1] != end and len(texts[n]) < limits[n]]
    model.train(training)
    rows = zip(texts, prompts, log_probs, strict=True)
    return [_written(text, len(prompt), logs, end) for text, prompt, logs in rows]


def _written(text: list[int], start: int, log_probs: list[float], end: int) -> Written:
    return Written(Answered(text, start), log_probs, len(text) > start and text[-1] == end)


def _drawn_from(model: GPT, texts: Sequence[Sequence[int]], sampling: Sampling) -> list[np.ndarray]:
    """(V,) for each text, the probabilities of the token that follows it.

    Texts that are equal are read once: several answers to a prompt begin alike.
    """
    distinct = list(dict.fromkeys(map(tuple, texts)))
    probs = dict(zip(distinct, map(sampling.probs, _next_logits(model, distinct)), strict=True))
    return [probs[tuple(text)] for text in texts]


def _next_logits(model: GPT, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """(B, V) logits of the token that follows each text."""
    T, device = max(map(len, texts)), next(model.parameters()).device
    ids = torch.tensor([[*text, *[0] * (T - len(text))] for text in texts], device=device)
    last = torch.tensor([len(text) - 1 for text in texts], device=device)
    states = model.read(ids)  # (B, T, C); what fills up a row is seen by no earlier token
    return model.lm_head(states[torch.arange(len(texts)), last]).float().cpu().numpy()
