"""GRPO: its rollouts are those of the policy, and its loss is that of its parts, one by one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import gpt
from gpt.errors import CheckpointError, TrainingError
from gpt.seeds import seed_of
from gpt.text.template import Answered
from gpt.training.assistant import rollouts
from gpt.training.assistant.answering import Written
from gpt.training.assistant.grpo_task import ImproveByJudge
from gpt.training.assistant.rollouts import Rollout, RolloutBatch
from gpt.training.control import Control
from gpt.training.initial import initial
from gpt.training.loop import Trainer, train
from gpt.training.runs import Run
from tests.close import close
from tests.gpt.training.assistant.stage_runs import base_run, stage_run

pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that answers some prompts rightly."""
    folder = tmp_path_factory.mktemp("runs")
    settings: dict[str, Any] = dict(steps=70, learning_rate=0.02, batch_size=32)
    run = stage_run(
        folder / "tuned",
        base_run(folder / "base", n_layer=2, position="rotary", n_head=1),
        "sft",
        **{**settings, "eval_interval": 70, "log_interval": 70, "warmup_steps": 10},
    )
    assert train(run).state == "done"
    return run


def trainer(run: Run) -> tuple[Trainer, ImproveByJudge]:
    own = Trainer(run, Control(), lambda line, status: None)
    assert isinstance(own.task, ImproveByJudge)
    return own, own.task


def test_a_rollout_is_what_generate_writes_and_the_judge_says(tmp_path: Path, tuned: Run) -> None:
    own, task = trainer(stage_run(tmp_path / "run", tuned, "grpo", group_size=3, batch_size=2))
    own._batch(0)
    rollout = task.rollout
    assert rollout is not None and len(rollout.rows) == 6
    tokenizer, end = own.run.tokenizer(), own.run.tokenizer().encode("\n")[0]
    first = seed_of(own.config.seed, 0)
    for n, (row, logs) in enumerate(zip(rollout.rows, rollout.log_probs, strict=True)):
        steps = list(
            gpt.generate(own.model.eval(), row.ids[: row.start], 5, seed=first + n, stop=end)
        )
        assert row.ids[row.start :] == [step.id for step in steps]
        assert logs == close([math.log(step.probs[step.id]) for step in steps])
        prompt, _, answer = tokenizer.decode(row.ids).removeprefix("Ⓠ").partition("Ⓐ")
        assert rollout.rewards[n] == close(float(answer == f"{prompt}{prompt[0]}\n"))
    prompts = [row.ids[: row.start] for row in rollout.rows]
    assert prompts[0] == prompts[1] == prompts[2] != prompts[3] == prompts[5]


def test_the_ratio_is_1_at_the_first_step_of_a_rollout_and_not_at_the_second(
    tmp_path: Path, tuned: Run
) -> None:
    run = stage_run(tmp_path / "run", tuned, "grpo", beta=0.0, learning_rate=0.03, warmup_steps=0)
    own, _ = trainer(run)
    ratios = []
    for _ in range(2):
        batch = own._batch(own.progress.step)
        assert isinstance(batch, RolloutBatch)
        with torch.no_grad():
            log_probs = batch.logits(own.model).log_softmax(-1)
        chosen = log_probs.gather(-1, batch.targets.clamp(min=0)[..., None])[..., 0]
        mask = batch.targets >= 0
        ratios.append((chosen - batch.log_probs)[mask])
        own._step()
    torch.testing.assert_close(ratios[0], torch.zeros_like(ratios[0]), atol=1e-5, rtol=0)
    assert ratios[1].abs().max() > 1e-3


def test_the_loss_is_the_clipped_objective_and_the_divergence_token_by_token(
    tmp_path: Path, tuned: Run
) -> None:
    run = stage_run(tmp_path / "run", tuned, "grpo", beta=0.3, steps=3, clip=0.1)
    assert train(run).state == "done"
    own, task = trainer(run)
    batch = own._batch(2)
    assert isinstance(batch, RolloutBatch) and task.rollout is not None
    reference = initial(run).model
    terms, kls = [], []
    with torch.no_grad():
        mine = own.task.loss(batch.logits(own.model), batch).item()
        for row, logs, advantage in zip(
            task.rollout.rows, task.rollout.log_probs, task.rollout.advantages, strict=True
        ):
            ids = torch.tensor([row.ids[:-1]])
            now, then = (m(ids).log_softmax(-1)[0] for m in (own.model, reference))
            for at, log in enumerate(logs, row.start - 1):
                ratio = math.exp(now[at, row.ids[at + 1]].item() - log)
                held = min(max(ratio, 0.9), 1.1)
                terms.append(min(ratio * advantage.item(), held * advantage.item()))
                kls.append((now[at].exp() * (now[at] - then[at])).sum().item())
    assert mine == close(0.3 * float(np.mean(kls)) - float(np.mean(terms)))


def test_an_advantage_can_be_computed_again_from_the_saved_rollout(
    tmp_path: Path, tuned: Run
) -> None:
    run = stage_run(tmp_path / "run", tuned, "grpo", batch_size=8)
    assert train(run).state == "done"
    names = sorted(path.name for path in (run.path / "rollouts").iterdir())
    assert names == ["0000002.npz", "0000006.npz", "0000010.npz"]
    with np.load(run.path / "rollouts" / names[0]) as file:
        rewards = file["rewards"].reshape(-1, int(file["group_size"]))
        std = rewards.std(1, keepdims=True)
        again = (rewards - rewards.mean(1, keepdims=True)) / (std + 1e-6)
        np.testing.assert_allclose(file["advantages"], again.ravel(), atol=1e-5)
        assert std.max() > 0
    read = rollouts.read(run.path, 2)
    assert read.numbers["reward"] == close(rewards.mean())
    with pytest.raises(CheckpointError):
        rollouts.read(run.path, 3)


def test_those_candidates_are_asked_whose_right_answer_is_least_certain(
    tmp_path: Path, tuned: Run
) -> None:
    settings: dict[str, Any] = dict(group_size=2, batch_size=3, candidates=5)
    own, task = trainer(stage_run(tmp_path / "run", tuned, "grpo", **settings))
    own._batch(0)
    assert task.rollout is not None
    numbers = [n for at in range(5) for n in task.learned.numbers_at(at, 3, own.config.seed)]
    spread = {}
    with torch.no_grad():
        for n in numbers:
            row = task.learned.rows[n][0]
            logs = own.model.eval()(torch.tensor([row.ids[:-1]])).log_softmax(-1)[0]
            of_tokens = [logs[at, row.ids[at + 1]] for at in range(row.start - 1, len(row) - 1)]
            p = math.exp(sum(log.item() for log in of_tokens))
            spread[n] = p * (1 - p)
    best = sorted(numbers, key=lambda n: -spread[n])[:3]
    prompts = [row.ids[: row.start] for row in task.rollout.rows[::2]]
    assert prompts == [task.learned.rows[n][0].ids[: task.learned.rows[n][0].start] for n in best]
    assert len(set(numbers)) == 15 and min(spread[n] for n in best) > 0


def test_the_share_of_mixed_groups_is_counted() -> None:
    written = [Written(Answered([1, 2, 3], 2), [-0.5], True)] * 8
    rollout = Rollout.of(0, written, [1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0], 2)
    assert rollout.numbers["mixed"] == 0.25


def test_a_run_that_chooses_its_prompts_goes_on_to_the_same_numbers(
    tmp_path: Path, tuned: Run
) -> None:
    settings: dict[str, Any] = dict(steps=3, group_size=4, batch_size=3, candidates=4)
    whole, cut = (
        stage_run(tmp_path / name, tuned, "grpo", eval_interval=3, **settings) for name in "ab"
    )
    assert train(whole).state == "done"
    own, _ = trainer(cut)
    own.progress.owed = None
    own._step()  # the first of the two steps on a rollout
    own._save(is_best=False, observations={})
    assert train(cut).state == "done"
    last, again = (load_file(run.path / "model.safetensors") for run in (whole, cut))
    for name, tensor in last.items():
        torch.testing.assert_close(again[name], tensor)


def test_a_step_makes_better_answers_likelier_than_worse_ones(tmp_path: Path, tuned: Run) -> None:
    run = stage_run(
        tmp_path / "run", tuned, "grpo", batch_size=16, beta=0.0, learning_rate=1e-3, warmup_steps=0
    )
    own, task = trainer(run)
    own._step()
    rollout = task.rollout
    assert rollout is not None and rollout.numbers["length"] > 1
    changes = []
    with torch.no_grad():
        for row, logs in zip(rollout.rows, rollout.log_probs, strict=True):
            now = own.model.eval()(torch.tensor([row.ids[:-1]])).log_softmax(-1)[0]
            chosen = [now[at, row.ids[at + 1]].item() for at in range(row.start - 1, len(row) - 1)]
            changes.append(sum(chosen) - sum(logs))
    advantages = rollout.advantages
    assert 0.05 < rollout.numbers["reward"] < 0.95
    gain = torch.tensor(changes)
    assert (gain * advantages).mean() > 0.01
    assert gain[advantages > 0].mean() > gain[advantages < 0].mean()


def test_a_reward_that_is_no_number_ends_the_run() -> None:
    written = [Written(Answered([1, 2, 3], 2), [-0.5], True)] * 2
    with pytest.raises(TrainingError, match="the reward of an answer became nan before step 8"):
        Rollout.of(7, written, [1.0, math.nan], 2)
