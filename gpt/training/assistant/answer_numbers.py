"""A number at each token of an answer: how likely it was, how far from the reference, its reward.

Every array has T numbers, one for each token of prompt and answer; nan where there is none. What is
about drawing a token stands at that token, as in the files of rollouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch

from gpt.inspect.generation import generate
from gpt.nn.classifier import Classifier
from gpt.nn.model import GPT
from gpt.text.template import Answered, inputs_and_targets
from gpt.training.assistant.objectives import (
    generalized_advantages,
    kl_of_tokens,
    log_probs_of,
    penalized_rewards,
)
from gpt.training.assistant.token_rollouts import GAMMA
from gpt.training.assistant.value_model import values


def write_answer(
    model: GPT, prompt: Sequence[int], end: int | None, most: int, temperature: float, seed: int
) -> Answered:
    """A prompt with the answer that `gpt.generate` writes to it.

    Args:
        prompt: its ids, in the template.
        end: the token that ends an answer; None: it goes on to its last token.
        most: tokens of the answer, its end included; fewer where the model's block is full.
        temperature: 0 takes the likeliest token each time.
    """
    room = min(most, model.config.block_size - len(prompt))
    steps = generate(model, prompt, max(room, 0), temperature=temperature, seed=seed, stop=end)
    return Answered([*prompt, *(step.id for step in steps)], len(prompt))


@torch.no_grad()
def log_probs(model: GPT, row: Answered) -> np.ndarray:
    """(T,) natural, of each token of the answer given all before it, in nats."""
    ids, targets = inputs_and_targets([row])
    return _of_answer(log_probs_of(model.eval()(ids), targets), row)


@torch.no_grad()
def divergences(model: GPT, reference: GPT, row: Answered) -> np.ndarray:
    """(T,) KL(model ‖ reference) of the distributions that each answer's token is drawn from."""
    ids, _ = inputs_and_targets([row])
    return _of_answer(kl_of_tokens(model.eval()(ids), reference.eval()(ids)), row)


@torch.no_grad()
def rewards_so_far(reward: GPT, ids: Sequence[int]) -> np.ndarray:
    """(T,) what a reward model says of the text up to and with each token."""
    so_far = values(cast(Classifier, reward.eval()), torch.tensor([list(ids)]))  # (1, T)
    return so_far[0].double().numpy()


@torch.no_grad()
def expected_rewards(value: GPT, row: Answered) -> np.ndarray:
    """(T,) what a value model expects before each token of the answer is drawn."""
    ids, _ = inputs_and_targets([row])
    return _of_answer(values(cast(Classifier, value.eval()), ids), row)


def advantages(
    score: float,
    log_ratio: np.ndarray,
    expected: np.ndarray,
    row: Answered,
    beta: float,
    lam: float,
) -> np.ndarray:
    """(T,) generalized advantages of the answer's tokens, as PPO computes them.

    Args:
        score: the reward model's, of the whole answer.
        log_ratio: (T,) log π − log π_ref of the answer's tokens.
        expected: (T,) what the value model expects before each of them.
        beta, lam: β and λ.
    """
    answer = slice(row.start, len(row))
    ratio, values = (
        torch.tensor(x[answer], dtype=torch.float32)[None] for x in (log_ratio, expected)
    )
    mask = torch.ones_like(ratio, dtype=torch.bool)
    rewards = penalized_rewards(torch.tensor([score]), ratio, mask, beta)
    return _placed(generalized_advantages(rewards, values, GAMMA, lam)[0], row)


def _of_answer(of_targets: torch.Tensor, row: Answered) -> np.ndarray:
    """Numbers at targets, (1, T - 1), moved to the answer's own tokens, (T,)."""
    return _placed(of_targets[0, row.start - 1 :], row)


def _placed(of_answer: torch.Tensor, row: Answered) -> np.ndarray:
    placed = np.full(len(row), np.nan)
    placed[row.start :] = of_answer.double().numpy()
    return placed
