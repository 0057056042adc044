"""The objectives of an assistant's stages, as pure functions of tensors; read it beside the papers.

    fine-tuning     -log p(answer | prompt), the prompt left out    Ouyang et al., 2022
    reward model    -log σ(r⁺ − r⁻)                                Bradley and Terry, 1952
    PPO             E[min(ρ A, clip(ρ, 1 − ε, 1 + ε) A)]           Schulman et al., 2017
    DPO             -log σ(β (Δ policy − Δ reference))             Rafailov et al., 2023
    GRPO            as PPO, with A = (r − mean) / std of a group   Shao et al., 2024

A *policy* is the model that is trained, the *reference* a frozen copy of the one it started from, ρ
the ratio of the policy's probability of a token to what it was when the token was drawn. B is the
number of answers, T the number of their tokens. Logarithms are natural, so KL is in nats.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

STEADY = 1e-6
"""Added to a deviation, so that a group of equal rewards divides by no zero."""


def bradley_terry_loss(chosen: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    """How surprised a reward model is that people chose what they chose: mean −log σ(r⁺ − r⁻).

    Args:
        chosen, rejected: (B,) scores of the answer that was chosen and of the other one.

    Source: Ouyang et al., 2022 (arXiv 2203.02155), equation 1, for pairs.
    """
    return -F.logsigmoid(chosen - rejected).mean()


def log_probs_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The log-probability of each token that came: logits (B, T, V) and targets (B, T) to (B, T).

    A target below 0 stands for no token; its log-probability is 0.
    """
    chosen = targets.clamp(min=0)[..., None]  # (B, T) -> (B, T, 1)
    log_probs = F.log_softmax(logits.float(), -1).gather(-1, chosen)[..., 0]  # (B, T, V) -> (B, T)
    return log_probs * (targets >= 0)


def kl_of_tokens(policy: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
    """How far the policy has left its reference at each position, from (B, T, V) logits: (B, T).

    KL(policy ‖ reference) = Σ_v π(v) (log π(v) − log π_ref(v)), over the whole vocabulary.
    """
    log_p, log_q = F.log_softmax(policy.float(), -1), F.log_softmax(reference.float(), -1)
    return (log_p.exp() * (log_p - log_q)).sum(-1)  # (B, T, V) -> (B, T)


def penalized_rewards(
    scores: torch.Tensor, log_ratio_to_reference: torch.Tensor, mask: torch.Tensor, beta: float
) -> torch.Tensor:
    """What PPO rewards at each token: −β log(π / π_ref), and at the last one the score as well.

    Args:
        scores: (B,) of the whole answers.
        log_ratio_to_reference: (B, T) log π − log π_ref of the tokens that were drawn.
        mask: (B, T) bool, True for the tokens of the answer; at least one in each row.
        beta: how dear it is to leave the reference.

    Returns:
        (B, T); 0 outside the answer.

    Source: Ouyang et al., 2022, equation 2, token by token.
    """
    rewards = -beta * log_ratio_to_reference * mask
    T = mask.shape[1]
    last = (mask * torch.arange(1, T + 1, device=mask.device)).argmax(1)  # (B, T) -> (B,)
    return rewards.index_put((torch.arange(len(scores)), last), scores, accumulate=True)


def generalized_advantages(
    rewards: torch.Tensor, values: torch.Tensor, gamma: float, lam: float
) -> torch.Tensor:
    """How much better than expected each step went, what follows it counted less and less.

        δ_t = r_t + γ V_{t+1} − V_t        A_t = δ_t + γ λ A_{t+1}

    Args:
        rewards, values: (B, T); the value after the end is 0.
        gamma: γ, how much a later reward counts.
        lam: λ, from 0 (one step ahead) to 1 (all that comes).

    Returns:
        (B, T).

    Source: Schulman et al., 2016 (arXiv 1506.02438), equation 16.
    """
    following = F.pad(values[:, 1:], (0, 1))  # (B, T): V_{t+1}
    errors = rewards + gamma * following - values  # (B, T): δ
    advantages = torch.zeros_like(errors)
    later = torch.zeros_like(errors[:, 0])
    for t in range(errors.shape[1] - 1, -1, -1):
        later = errors[:, t] + gamma * lam * later
        advantages[:, t] = later
    return advantages


def clipped_objective(
    log_ratio: torch.Tensor, advantages: torch.Tensor, mask: torch.Tensor, clip: float
) -> torch.Tensor:
    """PPO's surrogate, to be maximised: the mean over the mask of min(ρ A, clip(ρ) A).

    A step gains nothing by moving a token's probability further than by a factor of 1 ± ε.

    Args:
        log_ratio: (B, T) log ρ: now, minus when the token was drawn.
        advantages: (B, T).
        mask: (B, T) bool, True for the tokens that count.
        clip: ε.

    Source: Schulman et al., 2017 (arXiv 1707.06347), equation 7.
    """
    ratio = log_ratio.exp()
    clipped = ratio.clamp(1 - clip, 1 + clip)
    return masked_mean(torch.minimum(ratio * advantages, clipped * advantages), mask)


def dpo_loss(
    policy_chosen: torch.Tensor,
    policy_rejected: torch.Tensor,
    reference_chosen: torch.Tensor,
    reference_rejected: torch.Tensor,
    beta: float,
) -> torch.Tensor:
    """Learning from comparisons without a reward model: mean −log σ(β (Δ policy − Δ reference)).

    Args:
        policy_chosen, …: (B,) log-probabilities of whole answers, summed over their tokens.
        beta: how dear it is to leave the reference.

    Source: Rafailov et al., 2023 (arXiv 2305.18290), equation 7.
    """
    policy = policy_chosen - policy_rejected
    reference = reference_chosen - reference_rejected
    return -F.logsigmoid(beta * (policy - reference)).mean()


def group_advantages(rewards: torch.Tensor) -> torch.Tensor:
    """How much better each answer is than the others to the same prompt, in deviations.

    Args:
        rewards: (groups, n) of n answers to each prompt.

    Returns:
        (groups, n): (r − mean) / std of the group; 0 where all are equal. The deviation is that of
        the group itself, divided by n.

    Source: Shao et al., 2024 (arXiv 2402.03300), section 4.1.2.
    """
    mean, std = rewards.mean(1, keepdim=True), rewards.std(1, correction=0, keepdim=True)
    return (rewards - mean) / (std + STEADY)


def masked_mean(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean of (B, T) over the positions where the mask is True."""
    return (x * mask).sum() / mask.sum()
