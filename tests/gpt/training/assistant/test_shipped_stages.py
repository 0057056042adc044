"""The shipped stages of an assistant: each does what the README says that it learned."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import gpt
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.training.assistant import token_rollouts
from gpt.training.assistant.answer_rows import encoded, to_weigh
from gpt.training.assistant.judged_runs import judge_run, unseen
from gpt.training.assistant.reward_task import rewards
from gpt.training.initial import initial
from gpt.training.runs import Run
from tests.gpt.test_shipped import RUNS, STAGES


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_shipped_with_the_run_that_it_began_with(name: str) -> None:
    run = Run(RUNS / name)
    assert run.config()["begun_from"]["run"] == STAGES[name]
    parent, first = gpt.load(RUNS / STAGES[name]).model, initial(run).model
    old = parent.state_dict()["wte.weight"]
    assert (first.state_dict()["wte.weight"][: len(old)] - old).abs().max() <= 2e-3  # 16 bits each


def test_the_fine_tuned_run_follows_instructions_that_it_never_learned() -> None:
    data = unseen(Demonstrations.from_builtin("instructions", 1, 1000), 80)
    judged = [
        judge_run(gpt.load(RUNS / f"assistant-{name}"), data) for name in ("base", "instructions")
    ]
    assert judged[0].mean().value <= 0.05
    assert judged[1].mean().value >= 0.8


@pytest.mark.parametrize(("name", "least"), [("dpo", 0.65), ("ppo", 0.75)])
def test_a_tuned_run_answers_in_a_better_manner_than_the_one_it_began_with(
    name: str, least: float
) -> None:
    data = unseen(Demonstrations.from_builtin("manner", 1, 5000), 40)
    before, after = (
        judge_run(gpt.load(RUNS / f"assistant-{run}"), data, seed=1) for run in ("manner", name)
    )
    assert before.mean().value >= 0.4
    assert after.beside(before)[1] >= least


def test_the_reward_model_foresees_what_people_prefer() -> None:
    checkpoint = gpt.load(RUNS / "assistant-reward")
    data = Comparisons.from_builtin("manner", 1, 5000)
    test = data.take(data.split().test[:200])
    chosen, rejected = zip(*encoded(test, checkpoint.tokenizer), strict=True)
    with torch.no_grad():
        r = rewards(checkpoint.model(to_weigh([*chosen, *rejected]).ids))
    assert (r[:200] > r[200:]).float().mean() >= 0.9


def test_the_advantages_of_the_ppo_run_follow_from_the_answers_that_it_kept() -> None:
    with np.load(RUNS / "assistant-ppo" / "rollouts" / "0000058.npz") as kept:
        rollout = {name: kept[name] for name in kept.files}
    for n in range(len(rollout["ids"])):
        after, start, end = 0.0, rollout["starts"][n], rollout["ends"][n]
        values = [*rollout["values"][n, start:end], 0.0]
        for t in reversed(range(start, end)):
            reward = -rollout["beta"] * (rollout["log_probs"] - rollout["reference"])[n, t]
            reward += rollout["scores"][n] if t == end - 1 else 0.0
            surprise = reward + values[t - start + 1] - values[t - start]
            after = surprise + rollout["lam"] * after
            assert rollout["advantages"][n, t] == pytest.approx(after, abs=1e-4)
    assert token_rollouts.read(RUNS / "assistant-ppo", 58).step == 58
