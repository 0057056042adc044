"""PPO: its rewards, values and advantages are those of its three models, computed one by one."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import gpt
from gpt.checkpoint import model_config
from gpt.errors import ConfigError, TrainingError
from gpt.text.template import Answered
from gpt.training.assistant import rollouts, token_rollouts, value_model
from gpt.training.assistant.ppo_task import FollowReward
from gpt.training.assistant.starting import assistant_start, following, reward_start
from gpt.training.assistant.token_rollouts import TokenRollout, ValuedBatch
from gpt.training.control import Control
from gpt.training.initial import initial
from gpt.training.loop import Trainer, train
from gpt.training.pack import pack
from gpt.training.runs import INITIAL, REWARD, Run
from gpt.weights_file import load_weights
from tests.close import close
from tests.gpt.training.assistant.stage_runs import base_run, comparisons, stage_run

pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return base_run(tmp_path_factory.mktemp("runs") / "base")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, base: Run) -> Run:
    folder = tmp_path_factory.mktemp("runs") / "done"
    run = stage_run(folder, base, "ppo", batch_size=5, beta=0.3, lam=0.8, rollout_steps=3)
    assert train(run).state == "done"
    return run


def trainer(run: Run) -> tuple[Trainer, FollowReward]:
    own = Trainer(run, Control(), lambda line, status: None)
    assert isinstance(own.task, FollowReward)
    return own, own.task


def test_the_ratio_is_1_at_the_first_step_of_a_rollout(tmp_path: Path, base: Run) -> None:
    own, task = trainer(stage_run(tmp_path / "run", base, "ppo", batch_size=6))
    batch = own._batch(0)
    assert isinstance(batch, ValuedBatch) and task.rollout is not None
    with torch.no_grad():
        log_probs = batch.logits(own.model).log_softmax(-1)
    chosen = log_probs.gather(-1, batch.targets.clamp(min=0)[..., None])[..., 0]
    mask = batch.targets >= 0
    torch.testing.assert_close(chosen[mask], batch.log_probs[mask], atol=1e-5, rtol=0)
    assert mask.sum() == sum(map(len, task.rollout.log_probs))
    assert batch.advantages[mask].mean().item() == close(0.0)  # at a ratio of 1, so is the loss
    assert own.task.loss(batch.logits(own.model), batch).item() == pytest.approx(0.0, abs=1e-5)


def test_a_rollout_is_weighed_by_its_three_models(tmp_path: Path, base: Run) -> None:
    run = stage_run(tmp_path / "run", base, "ppo", batch_size=4, beta=0.3)
    own, task = trainer(run)
    own._batch(0)
    rollout, reference = task.rollout, initial(run).model
    assert rollout is not None
    with torch.no_grad():
        for n, row in enumerate(rollout.rows):
            ids = torch.tensor([row.ids])
            logits = task.reward(ids)[0]
            assert rollout.scores[n] == close((logits[1] - logits[0]).item())
            then = reference(ids).log_softmax(-1)[0]
            places = range(row.start - 1, len(row) - 1)
            assert rollout.reference[n] == close([then[t, row.ids[t + 1]].item() for t in places])
            for t, value in zip(places, rollout.values[n], strict=True):
                # The value model begins as the reward model, which weighs a text by its last token.
                so_far = task.reward(ids[:, : t + 1])[0]
                assert value == close((so_far[1] - so_far[0]).item())


def test_an_advantage_can_be_computed_again_from_the_saved_rollout(done: Run) -> None:
    steps = sorted(int(path.stem) for path in (done.path / "rollouts").iterdir())
    assert steps == [3, 6, 9]
    with np.load(done.path / "rollouts" / "0000006.npz") as file:
        a = dict(file)
    gamma, lam, beta = 1.0, float(a["lam"]), float(a["beta"])
    assert (lam, beta) == (0.8, 0.3)
    for n in range(5):
        later, following_value = 0.0, 0.0
        for t in range(int(a["ends"][n]) - 1, int(a["starts"][n]) - 1, -1):
            reward = -beta * (a["log_probs"][n, t] - a["reference"][n, t])
            reward += a["scores"][n] if t == a["ends"][n] - 1 else 0.0
            assert a["rewards"][n, t] == close(reward)
            delta = reward + gamma * following_value - a["values"][n, t]
            later = delta + gamma * lam * later
            following_value = a["values"][n, t]
            assert a["advantages"][n, t] == close(later)
    read = token_rollouts.read(done.path, 6)
    np.testing.assert_allclose(
        np.pad(read.advantages.numpy(), ((0, 0), (1, 0))), a["advantages"], atol=1e-6
    )


def test_the_value_model_learns_what_comes(tmp_path: Path, base: Run) -> None:
    settings: dict[str, Any] = dict(value_learning_rate=0.001, rollout_steps=40, batch_size=6)
    own, task = trainer(stage_run(tmp_path / "run", base, "ppo", **settings))

    def error() -> float:
        batch = own._batch(0)
        assert isinstance(batch, ValuedBatch) and batch.returns is not None
        mask = batch.targets >= 0
        return ((task.value.expected(batch.ids) - batch.returns)[mask] ** 2).mean().item()

    before = error()
    for _ in range(40):
        own._step()
    assert error() < 0.5 * before


def test_the_run_measures_reward_and_length_and_keeps_its_models(done: Run) -> None:
    last: dict[str, Any] = dict(done.metrics()[-1])
    rollout = token_rollouts.read(done.path, 9)
    assert last["reward"] == close(float(rollout.scores.mean()))
    logs = [log for row in rollout.log_probs for log in row]
    assert (last["entropy"], last["length"]) == (close(-float(np.mean(logs))), close(len(logs) / 5))
    names = ("reward.safetensors", "value.safetensors", "value_optimizer.safetensors")
    assert all((done.path / name).is_file() for name in names)
    assert done.config()["begun_from"]["reward"] == "base"


def test_a_score_that_is_no_number_ends_the_run() -> None:
    with pytest.raises(TrainingError, match="the reward of an answer became nan before step 3"):
        TokenRollout(
            *(2, (Answered([1, 2], 1),), ([-0.5],), ([-0.5],), ([0.1],)),
            scores=np.array([math.nan]),
            beta=0.1,
            lam=0.9,
        )


def test_a_reward_model_of_another_kind_is_refused(tmp_path: Path, base: Run) -> None:
    checkpoint, pairs = gpt.load(base.path), comparisons()
    wider, start = assistant_start(checkpoint, pairs, seed=1)
    with pytest.raises(ConfigError, match="'base' is no reward model"):
        following(start, wider, checkpoint)
    weigher, _ = reward_start(checkpoint, pairs, seed=1)
    weigher = replace(weigher, info={**weigher.info, "training": {"task": "reward"}})
    assert following(start, wider, weigher).describe()["reward"] == "base"
    with pytest.raises(ConfigError, match="reads other tokens"):
        following(start, checkpoint, weigher)
    small = replace(weigher.config, block_size=5)
    with pytest.raises(ConfigError, match="reads up to 5 tokens"):
        following(start, wider, replace(weigher, config=small))


def test_a_packed_run_keeps_the_models_and_answers_that_explain_it(
    tmp_path: Path, done: Run
) -> None:
    pack(done.path, tmp_path / "latest", "latest")
    pack(done.path, tmp_path / "best", "best")
    models = {path.name for path in (tmp_path / "latest").glob("*.safetensors")}
    assert models == {INITIAL, REWARD, value_model.WEIGHTS, "model.safetensors"}
    assert not (tmp_path / "best" / value_model.WEIGHTS).exists()  # it belongs to other weights
    config = model_config({"model": done.config()["begun_from"]["reward_model"]})
    for name, kind in ((INITIAL, gpt.load(done.path).config), (REWARD, config)):
        ours, packed = (
            load_weights(path / name, kind)[0] for path in (done.path, tmp_path / "latest")
        )
        for p, q in zip(ours.parameters(), packed.parameters(), strict=True):
            assert (p - q).abs().max() <= p.abs().max() * 2**-11 + 2**-25
    assert rollouts.steps(tmp_path / "latest") == rollouts.steps(done.path) != []
    for step in rollouts.steps(done.path):
        kept = (tmp_path / "latest" / rollouts.name(step)).read_bytes()
        assert kept == (done.path / rollouts.name(step)).read_bytes()


def test_the_best_weights_are_those_of_the_highest_reward_less_the_penalty(
    tmp_path: Path, base: Run
) -> None:
    settings: dict[str, Any] = dict(steps=12, eval_interval=4, learning_rate=0.02, batch_size=16)
    run = stage_run(tmp_path / "run", base, "ppo", beta=0.02, warmup_steps=0, **settings)
    assert train(run).state == "done"
    evaluated = [line for line in run.metrics() if line["val_loss"] is not None]
    worth = {line["step"]: line["held_out_reward"] - 0.02 * line["answer_kl"] for line in evaluated}
    losses = {line["step"]: line["val_loss"] for line in evaluated}
    best = max(worth, key=worth.__getitem__)
    assert best != min(losses, key=losses.__getitem__)
    with safe_open(run.path / "best.safetensors", framework="pt") as file:
        assert file.metadata()["step"] == str(best)


def test_the_held_out_reward_and_divergence_are_those_of_answers_one_by_one(done: Run) -> None:
    own, task = trainer(done)
    policy, reference = own.model.eval(), initial(done).model
    end = done.tokenizer().encode("\n")[0]
    scores, divergences = [], []
    with torch.no_grad():
        for n, prompt in enumerate(task.sheet.ids):
            steps = gpt.generate(policy, prompt, 5, seed=own.config.seed + n, stop=end)
            ids = torch.tensor([[*prompt, *(step.id for step in steps)]])
            logits = task.reward(ids)[0]
            scores.append((logits[1] - logits[0]).item())
            now, then = (m(ids[:, :-1]).log_softmax(-1)[0] for m in (policy, reference))
            by_token = (now.exp() * (now - then)).sum(-1)
            divergences.append(by_token[len(prompt) - 1 :].sum().item())
    last = done.metrics()[-1]
    assert last["held_out_reward"] == close(float(np.mean(scores)))
    assert last["answer_kl"] == close(float(np.mean(divergences)))


def test_a_reward_model_that_gives_no_number_ends_the_run(tmp_path: Path, base: Run) -> None:
    run = stage_run(tmp_path / "run", base, "ppo", batch_size=3)
    weights = load_file(run.path / REWARD)
    weights["class_head.weight"][1, 2] = math.nan
    save_file(weights, run.path / REWARD)
    status = train(run)
    assert status.state == "failed"
    assert "the reward of a held-out answer became nan, by which no policy" in status.reason
    assert status.reason.endswith(". No checkpoint was saved yet: the run begins anew")
    assert not run.has_checkpoint


@pytest.mark.parametrize("name", [INITIAL, REWARD])
def test_a_reference_or_reward_model_of_another_architecture_is_refused(
    tmp_path: Path, base: Run, name: str
) -> None:
    run = stage_run(tmp_path / "run", base, "ppo", batch_size=3)
    other = base_run(tmp_path / "other", n_layer=1, n_embd=8)
    shutil.copy(other.path / "model.safetensors", run.path / name)
    status = train(run)
    assert status.state == "failed"
    assert name in status.reason and "config.json" in status.reason
