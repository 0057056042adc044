"""The loss of a stage on held-out answers, against the trace of each answer by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gpt
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.text.template import encode
from gpt.training.assistant.stage_loss import stage_loss
from gpt.training.runs import Run
from tests.close import close
from tests.gpt.training.assistant import stage_runs


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return stage_runs.base_run(tmp_path_factory.mktemp("loss") / "base")


def test_it_is_that_of_the_answers_alone(tmp_path: Path, base: Run) -> None:
    run = stage_runs.stage_run(tmp_path / "sft", base, "sft")
    of, answers = stage_runs.untrained(run), run.examples(Demonstrations)
    held_out = answers.take(answers.split().validation.tolist()[:3])
    logs: list[float] = []
    for prompt, answer in held_out.rows:
        row = encode(run.tokenizer(), prompt, answer)
        log_probs = log_softmax(gpt.trace(of, row.ids).logits)
        logs += [log_probs[t - 1, row.ids[t]] for t in range(row.start, len(row))]
    assert stage_loss(run, 3)(of) == close(-np.mean(logs))


def test_of_a_reward_model_it_is_bradley_and_terrys(tmp_path: Path, base: Run) -> None:
    run = stage_runs.stage_run(tmp_path / "reward", base, "reward")
    of, pairs = stage_runs.untrained(run), run.examples(Comparisons)
    held_out = pairs.take(pairs.split().validation.tolist()[:3])
    losses = []
    for prompt, *answers in held_out.rows:
        rows = [encode(run.tokenizer(), prompt, answer) for answer in answers]
        chosen, rejected = (np.diff(gpt.trace(of, row.ids).class_logits)[0] for row in rows)
        losses.append(np.log1p(np.exp(rejected - chosen)))
    assert stage_loss(run, 3)(of) == close(np.mean(losses))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    below = logits.astype(np.float64) - logits.max(-1, keepdims=True)
    return np.asarray(below - np.log(np.exp(below).sum(-1, keepdims=True)))
