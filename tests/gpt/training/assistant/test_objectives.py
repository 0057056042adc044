"""The objectives of the assistant's stages, worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from gpt.training.assistant.objectives import (
    bradley_terry_loss,
    clipped_objective,
    dpo_loss,
    generalized_advantages,
    group_advantages,
    kl_of_tokens,
    log_probs_of,
    penalized_rewards,
)


def close(got: torch.Tensor, expected: list[float] | list[list[float]] | float) -> None:
    torch.testing.assert_close(got, torch.tensor(expected), atol=1e-5, rtol=1e-5)


def test_bradley_terry_on_two_pairs_and_its_gradient() -> None:
    chosen = torch.tensor([math.log(3), 0.0], requires_grad=True)
    rejected = torch.tensor([0.0, math.log(4)], requires_grad=True)
    loss = bradley_terry_loss(chosen, rejected)  # σ(log 3) = 3/4, σ(−log 4) = 1/5
    close(loss.detach(), (math.log(4 / 3) + math.log(5)) / 2)
    loss.backward()
    close(chosen.grad, [-1 / 8, -4 / 10])  # −(1 − σ) / 2
    close(rejected.grad, [1 / 8, 4 / 10])


def test_log_probabilities_are_those_of_the_tokens_that_came() -> None:
    logits = torch.log(torch.tensor([[[1.0, 2.0, 5.0], [4.0, 2.0, 2.0], [1.0, 1.0, 2.0]]]))
    close(log_probs_of(logits, torch.tensor([[2, 0, -1]])), [[math.log(5 / 8), math.log(1 / 2), 0]])


def test_kl_of_two_distributions() -> None:
    policy = torch.log(torch.tensor([[[1 / 2, 1 / 4, 1 / 4], [0.2, 0.3, 0.5]]]))
    reference = torch.log(torch.tensor([[[1 / 4, 1 / 4, 1 / 2], [0.2, 0.3, 0.5]]]))
    close(kl_of_tokens(policy, reference), [[math.log(2) / 2 - math.log(2) / 4, 0]])


def test_the_score_comes_with_the_last_token_of_the_answer() -> None:
    mask = torch.tensor([[True, True, False], [False, True, True]])
    ratios = torch.tensor([[0.1, -0.2, 9.0], [9.0, 0.3, 0.4]])
    rewards = penalized_rewards(torch.tensor([1.0, -2.0]), ratios, mask, beta=0.5)
    close(rewards, [[-0.05, 1.1, 0.0], [0.0, -0.15, -2.2]])


def test_advantages_of_five_steps() -> None:
    rewards = torch.tensor([[0.0, 0.0, 1.0, 0.0, 2.0]])
    values = torch.tensor([[0.5, 1.0, 0.0, 1.0, 0.5]])
    # γ = 1/2, λ = 1/2; δ = (0 + .5 − .5, 0 + 0 − 1, 1 + .5 − 0, 0 + .25 − 1, 2 − .5)
    #                     = (0, −1, 1.5, −0.75, 1.5);  A_t = δ_t + A_{t+1} / 4
    fifth = 1.5
    fourth = -0.75 + fifth / 4
    third = 1.5 + fourth / 4
    second = -1 + third / 4
    expected = [[second / 4, second, third, fourth, fifth]]
    close(generalized_advantages(rewards, values, 0.5, 0.5), expected)


@pytest.mark.parametrize("gamma", [1.0, 0.9])
def test_the_extremes_of_lambda_are_one_step_and_the_whole_return(gamma: float) -> None:
    generator = torch.Generator().manual_seed(2)
    rewards, values = (torch.randn(3, 7, generator=generator) for _ in range(2))
    following = F.pad(values[:, 1:], (0, 1))
    one_step = rewards + gamma * following - values
    torch.testing.assert_close(generalized_advantages(rewards, values, gamma, 0.0), one_step)
    powers = gamma ** torch.arange(7)
    returns = torch.stack([(rewards[:, t:] * powers[: 7 - t]).sum(1) for t in range(7)], 1)
    got = generalized_advantages(rewards, values, gamma, 1.0)
    torch.testing.assert_close(got, returns - values, atol=1e-5, rtol=1e-5)


def test_the_clip_holds_a_gain_and_lets_a_loss_through() -> None:
    ratio = torch.tensor([[1.5, 1.5, 0.5, 0.5, 1.1, 7.0]])
    advantages = torch.tensor([[1.0, -1.0, 1.0, -1.0, 1.0, 5.0]])
    mask = torch.tensor([[True, True, True, True, True, False]])
    # min(ρ A, clip(ρ) A): 1.2, −1.5, 0.5, −0.8, 1.1
    close(clipped_objective(ratio.log(), advantages, mask, 0.2), (1.2 - 1.5 + 0.5 - 0.8 + 1.1) / 5)


def test_beyond_the_clip_there_is_no_gradient() -> None:
    log_ratio = torch.tensor([[1.5, 1.5, 0.5, 0.5]]).log().requires_grad_()
    advantages, mask = torch.tensor([[1.0, -1.0, 1.0, -1.0]]), torch.ones(1, 4, dtype=torch.bool)
    clipped_objective(log_ratio, advantages, mask, 0.2).backward()
    close(log_ratio.grad, [[0.0, -1.5 / 4, 0.5 / 4, 0.0]])  # d(ρ A)/d log ρ = ρ A


def test_dpo_on_two_pairs() -> None:
    loss = dpo_loss(
        torch.tensor([-1.0, -4.0]),
        torch.tensor([-3.0, -2.0]),
        torch.tensor([-2.0, -3.0]),
        torch.tensor([-2.0, -3.5]),
        beta=0.5,
    )  # β (2 − 0) = 1 and β (−2 − 0.5) = −1.25
    close(loss, (math.log1p(math.exp(-1)) + math.log1p(math.exp(1.25))) / 2)


def test_a_group_is_compared_with_itself() -> None:
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0], [3.0, 3.0, 3.0, 3.0], [2.0, 0.0, 2.0, 0.0]])
    root = math.sqrt(3)
    expected = [[root, -1 / root, -1 / root, -1 / root], [0.0] * 4, [1.0, -1.0, 1.0, -1.0]]
    close(group_advantages(rewards), expected)
