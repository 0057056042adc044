"""Standings: one text's runs under all its names, differences, and what is not measured yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gpt.text.corpus import Corpus, Document
from gpt.training.control import Control
from gpt.training.ladder.climbing import prepare, train_alone
from gpt.training.ladder.results import FILE, measure
from gpt.training.ladder.rungs import RUNGS
from gpt.training.ladder.standing import free_seed, is_lectures, standings
from gpt.training.loop import train
from tests.gpt.tiny import names

SHORT = tuple(rung.shortened(3) for rung in RUNGS[:3])
LECTURE = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"


def as_file(name: str) -> Corpus:
    return Corpus(name, (Document(name, names(3000).text),))


def sha256() -> str:
    rungs: str = as_file("a").describe()["sha256"]
    return rungs


def test_one_text_under_two_names_is_one_climb(tmp_path: Path) -> None:
    prepare(tmp_path, SHORT[0], as_file("b"), 4)
    prepare(tmp_path, SHORT[2], as_file("a"), 4)
    prepare(tmp_path, SHORT[1], as_file("a"), 5)
    rungs = standings(tmp_path, sha256(), 4, SHORT)
    there = [first.run and first.run.name for first in rungs]
    assert there == ["ladder-bigram-4", None, "ladder-four-heads-4"]
    assert [first.rung for first in rungs] == list(SHORT)


def test_a_run_is_unmeasured_between_its_end_and_its_measurement(tmp_path: Path) -> None:
    run = prepare(tmp_path, SHORT[0], as_file("a"), 4)
    states = [standings(tmp_path, sha256(), 4, SHORT)[0].unmeasured]
    train(run)
    states.append(standings(tmp_path, sha256(), 4, SHORT)[0].unmeasured)
    loss = measure(run)
    first = standings(tmp_path, sha256(), 4, SHORT)[0]
    assert [*states, first.unmeasured] == [False, True, False]
    assert first.result is not None and first.result.val_loss == loss
    assert first.difference == pytest.approx(loss - 2.5)
    assert replace(first, rung=RUNGS[4]).difference is None  # of which the lecture has no number


def test_a_damaged_measurement_is_told_and_takes_nothing_else_away(tmp_path: Path) -> None:
    for rung in SHORT[:2]:
        train_alone(prepare(tmp_path, rung, as_file("a"), 4), Control())
    (tmp_path / "ladder-bigram-4" / FILE).write_text("[]")
    broken, whole, _ = standings(tmp_path, sha256(), 4, SHORT)
    assert broken.result is None and "ladder-bigram-4" in broken.trouble
    assert whole.result is not None and not whole.trouble


def test_the_next_free_seed_leaves_no_run_behind(tmp_path: Path) -> None:
    assert free_seed(tmp_path, sha256(), 4) == 5
    for seed in (4, 5, 7):
        prepare(tmp_path, RUNGS[0], as_file("a"), seed)
    assert free_seed(tmp_path, sha256(), 4) == 6
    assert free_seed(tmp_path, sha256(), 6) == 8
    assert free_seed(tmp_path, "another", 4) == 5


def test_the_lectures_text_is_known_by_its_hash() -> None:
    assert is_lectures(LECTURE)
    assert not is_lectures(sha256())
