"""What is said of a run before it starts."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from gpt.errors import TextError, TrainingError
from gpt.nn.model import GPT
from gpt.shape_only import count_parameters
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.estimate import Pace, measure, time_run, uniform_loss
from gpt.training.evaluate import prompt_loss
from gpt.training.settings import TrainingConfig
from tests.close import close
from tests.gpt.tiny import config, names, new_run


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
