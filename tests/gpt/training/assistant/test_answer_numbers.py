"""Numbers at each token of an answer, against independent numpy and the saved rollouts."""

from __future__ import annotations

import json

import numpy as np
import pytest

import gpt
from gpt.text.template import Answered, as_text
from gpt.training.assistant import answer_numbers, token_rollouts
from gpt.training.initial import initial
from gpt.training.loop import train
from gpt.training.runs import Run
from tests.close import close
from tests.gpt.training.assistant import stage_runs


@pytest.fixture(scope="module")
def ppo(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of PPO, trained for two steps."""
    root = tmp_path_factory.mktemp("numbers")
    run = stage_runs.stage_run(root / "ppo", stage_runs.base_run(root / "base"), "ppo", steps=2)
    assert train(run).state == "done"
    return run


@pytest.fixture(scope="module")
def row(ppo: Run) -> Answered:
    tokenizer = gpt.load(ppo.path).tokenizer
    return Answered(tokenizer.encode(as_text("ab") + "aba\n"), len(tokenizer.encode(as_text("ab"))))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    logits = logits.astype(np.float64)
    below = logits - logits.max(-1, keepdims=True)
    return np.asarray(below - np.log(np.exp(below).sum(-1, keepdims=True)))


def test_log_probs_and_divergences_are_those_of_the_traces(ppo: Run, row: Answered) -> None:
    model, reference = gpt.load(ppo.path).model, initial(ppo).model
    ours, theirs = (log_softmax(gpt.trace(m, row.ids).logits)[:-1] for m in (model, reference))
    drawn = ours[np.arange(len(row) - 1), row.ids[1:]]
    kl = (np.exp(ours) * (ours - theirs)).sum(-1)
    answer = slice(row.start, len(row))
    found = answer_numbers.log_probs(model, row), answer_numbers.divergences(model, reference, row)
    for values, expected in zip(found, (drawn, kl), strict=True):
        assert np.isnan(values[: row.start]).all() and len(values) == len(row)
        assert values[answer] == close(expected[row.start - 1 :])


def test_the_reward_so_far_is_that_of_each_beginning(ppo: Run, row: Answered) -> None:
    of = stage_runs.reward_of(ppo)
    so_far = answer_numbers.rewards_so_far(of, row.ids)
    for n in range(1, len(row) + 1):
        logits = gpt.trace(of, row.ids[:n]).class_logits
        assert so_far[n - 1] == close(logits[1] - logits[0])


def test_an_answer_is_the_one_that_generate_writes(ppo: Run, row: Answered) -> None:
    model, prompt = gpt.load(ppo.path).model, row.ids[: row.start]
    written = answer_numbers.write_answer(model, prompt, row.ids[-1], 4, 1.0, seed=3)
    steps = gpt.generate(model, prompt, 4, seed=3, stop=row.ids[-1])
    assert written.ids == [*prompt, *(step.id for step in steps)] and written.start == row.start


def test_advantages_are_those_of_the_files_own_numbers(ppo: Run) -> None:
    """The recursion of Schulman et al. (2016), equation 16, in plain Python, for a kept answer."""
    rollout = token_rollouts.read(ppo.path, 0)
    training = json.loads((ppo.path / "config.json").read_text())["training"]
    for n, row in enumerate(rollout.rows):
        logs, reference = np.array(rollout.log_probs[n]), np.array(rollout.reference[n])
        expected, score = np.array(rollout.values[n]), float(rollout.scores[n])
        paid = -training["beta"] * (logs - reference)
        paid[-1] += score
        later, by_hand = 0.0, []
        for t in reversed(range(len(paid))):
            following = expected[t + 1] if t + 1 < len(paid) else 0.0
            later = paid[t] + following - expected[t] + training["lam"] * later
            by_hand.insert(0, later)
        pad = np.full(row.start, np.nan)
        ratio, values = (np.concatenate([pad, x]) for x in (logs - reference, expected))
        found = answer_numbers.advantages(
            score, ratio, values, row, training["beta"], training["lam"]
        )
        assert found[row.start :] == close(by_hand)
        assert rollout.advantages[n, row.start - 1 : len(row) - 1].numpy() == close(by_hand)


def test_the_value_before_a_token_is_read_at_the_one_before(ppo: Run, row: Answered) -> None:
    of = stage_runs.reward_of(ppo)
    before = answer_numbers.rewards_so_far(of, row.ids)[row.start - 1 : -1]
    assert answer_numbers.expected_rewards(of, row)[row.start :] == close(before)
