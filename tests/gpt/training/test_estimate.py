"""What is said of a run before it starts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import gpt
from gpt.errors import TextError, TrainingError
from gpt.nn.model import GPT
from gpt.shape_only import count_parameters
from gpt.text.prompted import Demonstrations
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training import estimate
from gpt.training.assistant.stage_plan import plan_stage
from gpt.training.estimate import Pace, measure, time_run, uniform_loss
from gpt.training.evaluate import prompt_loss
from gpt.training.loop import train
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from tests.close import close
from tests.gpt.tiny import config, names, new_run
from tests.gpt.training.assistant.stage_runs import base_run, comparisons, stage_run


@pytest.mark.parametrize("changes", [{}, {"tie_weights": True}, {"position": "none"}])
def test_parameters_are_those_of_the_real_model(changes: dict[str, object]) -> None:
    settings = config(**changes)
    assert count_parameters(settings) == GPT(settings).n_parameters


def test_a_model_that_would_fill_many_machines_can_be_counted() -> None:
    huge = config(n_layer=96, n_head=96, n_embd=12288, block_size=2048, vocab_size=50257)
    assert count_parameters(huge) > 170e9


def test_uniform_loss_is_ln_v() -> None:
    assert uniform_loss(65) == pytest.approx(4.174387)


def test_total_adds_steps_evaluations_and_samples() -> None:
    pace = Pace(step=0.5, batch=0.25, token=0.125, steps=3)
    settings = TrainingConfig(steps=10, eval_interval=4, eval_batches=2, sample_tokens=8)
    # 10 steps; 4 evaluations (0, 4, 8, 10), each of 2 × 2 batches and 8 tokens
    assert pace.total(settings) == pytest.approx(10 * 0.5 + 4 * (4 * 0.25 + 8 * 0.125))


def test_pace_is_that_of_the_steps_but_the_first(tmp_path: Path) -> None:
    pace = time_run(new_run(tmp_path / "run", steps=4, log_interval=1, eval_interval=4))
    assert pace.steps == 3
    assert min(pace.step, pace.batch, pace.token) > 0


def test_a_run_that_takes_long_is_left_early(tmp_path: Path) -> None:
    ticks = iter(range(0, 1000, 5))
    pace = time_run(
        new_run(tmp_path / "run", steps=9, log_interval=1, eval_interval=9),
        clock=lambda: next(ticks),
    )
    assert pace.steps < 8


def test_a_run_that_fails_says_why(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run", steps=4, log_interval=1, learning_rate=100.0, grad_clip=0.0)
    (run.path / "tokenizer.json").unlink()
    with pytest.raises(TrainingError, match=r"tokenizer\.json"):
        time_run(run)


def test_measuring_refuses_a_text_that_is_too_short() -> None:
    corpus = names()
    tokenizer = CharacterTokenizer.of(corpus.text)
    with pytest.raises(TextError, match="at least"):
        measure(config(block_size=500, vocab_size=99), TrainingConfig(), corpus, tokenizer)


def test_prompt_loss_is_the_mean_over_the_predicted_tokens() -> None:
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [1, 1, 1]], dtype=np.float32))
    loss = prompt_loss(logits, np.array([2, 0, 1]))
    assert loss == close(-(math.log(0.5) + math.log(0.8)) / 2)


def test_one_token_has_nothing_before_it() -> None:
    assert prompt_loss(np.zeros((1, 3), np.float32), np.array([1])) is None


def test_the_pace_of_a_stage_is_measured_over_whole_rollouts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = []

    def in_this_process(run: Run) -> Pace:
        timed.append(run.training_config())
        ticks = iter(range(1000))
        return time_run(run, clock=lambda: next(ticks) / 1000)

    monkeypatch.setattr(estimate, "_measure_in_process", in_this_process)
    base = base_run(tmp_path / "base")
    reward = stage_run(tmp_path / "reward", base, "reward")
    assert train(reward).state == "done"
    settings = {"rollout_steps": 3, "steps": 50, "batch_size": 4, "answer_tokens": 5}
    parent, followed = gpt.load(base.path), gpt.load(reward.path)
    pace = plan_stage("ppo", parent, comparisons(), followed, training=settings).pace()
    assert timed[0].steps == 6  # two rollouts; the first one also sets things up
    assert pace.steps == 3
    assert min(pace.step, pace.batch, pace.scores) > 0


def test_a_rollout_is_a_part_of_each_of_its_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = base_run(tmp_path / "base")
    plan = {"rollout_steps": 2, "steps": 7, "log_interval": 1, "eval_interval": 7}
    run = stage_run(tmp_path / "run", base, "grpo", batch_size=2, group_size=2, **plan)
    seconds = [9.0, 5.0, 3.0, 1.0, 3.0, 1.0, 3.0]  # the first one sets up, the last has no second
    monkeypatch.setattr(estimate, "_step_seconds", lambda *_: (train(run), seconds)[1])
    pace = time_run(run)
    assert (pace.step, pace.steps) == (close(2.0), 4)


def test_the_answers_of_an_evaluation_are_timed_on_fewer_prompts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def timed(run: Run) -> Pace:
        assert run.config()["data"]["count"] == 400
        return Pace(1.0, 1.0, 0.0, 1, scores=2.0)

    monkeypatch.setattr(estimate, "_measure_in_process", timed)
    data = Demonstrations.from_builtin("instructions", 1, 2000)
    base = base_run(tmp_path / "base", block_size=64)
    pace = plan_stage("sft", gpt.load(base.path), data).pace()
    # a tenth of the prompts, all different, is for validation: 100 of 200 are answered, 40 of 40
    assert pace.scores == close(2.0 * 100 / 40)
