"""Runs beside each other, by the judge: means, errors and win rates by hand."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import gpt
from gpt.__main__ import main
from gpt.errors import ConfigError, TextError
from gpt.text.prompted import Demonstrations
from gpt.training.assistant.judged_runs import JudgedRun, by_kind, judge_run, mean_of, unseen
from gpt.training.loop import train
from gpt.training.runs import Run
from tests.close import close
from tests.gpt.training.assistant.stage_runs import base_run, demonstrations, stage_run

pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return base_run(tmp_path_factory.mktemp("runs") / "base")


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory, base: Run) -> Run:
    run = stage_run(tmp_path_factory.mktemp("runs") / "tuned", base, "sft")
    assert train(run).state == "done"
    return run


def test_a_mean_and_its_standard_error() -> None:
    mean = mean_of(np.array([1.0, 0.0, 1.0, 1.0]))
    assert (mean.value, mean.error) == (close(0.75), close(math.sqrt(0.25) / 2))  # s² = 1/4


def test_two_runs_are_compared_prompt_by_prompt() -> None:
    one = JudgedRun("one", ("",) * 4, np.array([1.0, 0.5, 0.2, 0.0]))
    other = JudgedRun("other", ("",) * 4, np.array([0.0, 0.5, 0.6, 0.0]))
    difference, win_rate = one.beside(other)
    values = [1.0, 0.0, -0.4, 0.0]
    variance = sum((v - 0.15) ** 2 for v in values) / 3
    assert (difference.value, difference.error) == (close(0.15), close(math.sqrt(variance / 4)))
    assert win_rate == close((1 + 0.5 + 0 + 0.5) / 4)
    assert one.mean([0, 1]).value == close(0.75)


def test_the_unseen_prompts_of_instructions_are_of_the_test_in_equal_shares() -> None:
    data = unseen(Demonstrations.from_builtin("instructions", count=2000), 150)
    assert set(data.parts) == {"test"} and len(set(data.prompts)) == 150
    assert Counter(map(len, by_kind(data).values())) == {30: 5}
    with pytest.raises(TextError, match="has 200 prompts for the test, not 201"):
        unseen(Demonstrations.from_builtin("instructions", count=2000), 201)
    assert by_kind(demonstrations()) == {}


def test_a_runs_answers_are_those_of_generate(tuned: Run) -> None:
    checkpoint, data = gpt.load(tuned.path), unseen(demonstrations())
    judged = judge_run(checkpoint, data, seed=5)
    for n, (prompt, answer) in enumerate(zip(data.prompts, judged.answers, strict=True)):
        ids, end = checkpoint.ids_of(f"Ⓠ{prompt}Ⓐ"), checkpoint.end
        steps = gpt.generate(checkpoint.model, ids, 64, seed=5 + n, stop=end)
        text = checkpoint.tokenizer.decode(step.id for step in steps)
        assert text.startswith(answer)
        is_full = len(ids) + len(answer) == checkpoint.config.block_size
        assert text[len(answer) :] == "\n" or is_full
        assert judged.scores[n] == close(float((prompt, answer) in demonstrations().rows))


def test_the_command_prints_a_row_a_run_and_what_differs(
    base: Run, tuned: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["judge", str(base.path), str(tuned.path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{len(unseen(demonstrations()))} unseen prompts of twice;")
    assert "\nbase " in said and "\ntuned − base, prompt by prompt: " in said
    own = tmp_path / "own.jsonl"
    own.write_text('{"prompt": "ab", "answer": "aba"}\n')
    assert main(["judge", str(tuned.path), "--text", str(own)]) == 0
    assert "1 unseen prompts of own" in capsys.readouterr().out


def test_what_cannot_be_judged_is_refused(
    base: Run, tuned: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", str(base.path)]) == 1
    assert "has no prompts with answers to be judged by" in capsys.readouterr().err
    assert main(["evaluate", str(tuned.path)]) == 1
    assert "is measured by its answers, with python -m gpt judge" in capsys.readouterr().err
    reward = stage_run(tmp_path / "reward", base, "reward", steps=1)
    assert train(reward).state == "done"
    with pytest.raises(ConfigError, match="has no decoder that could learn to answer"):
        judge_run(gpt.load(reward.path), demonstrations())
