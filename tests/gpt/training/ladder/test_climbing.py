"""Climbing: runs of the ladder are made once, found by what they are, trained and measured."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest

import gpt
from gpt.text.corpus import Corpus
from gpt.training.control import Control
from gpt.training.evaluate import validation_loss
from gpt.training.ladder.climbing import climbs, find_run, prepare, train_alone
from gpt.training.ladder.results import measure, result
from gpt.training.ladder.rungs import RUNGS, find
from gpt.training.pack import pack
from gpt.training.runs import Run
from tests.gpt.tiny import names

SHORT = tuple(rung.shortened(3) for rung in RUNGS)
BIGRAM, HEADS = SHORT[0], SHORT[2]


def corpus() -> Corpus:
    return names(3000)


def test_a_run_is_made_once_and_found_whatever_it_is_called(tmp_path: Path) -> None:
    first = prepare(tmp_path, BIGRAM, corpus(), 4)
    assert first.name == "ladder-bigram-4"
    shutil.move(first.path, tmp_path / "other")
    again = prepare(tmp_path, BIGRAM, corpus(), 4)
    assert again.name == "other"
    assert find_run(tmp_path, BIGRAM, names(3500), 4) is None
    assert find_run(tmp_path, BIGRAM, corpus(), 5) is None
    assert find_run(tmp_path, find("bigram"), corpus(), 4) is None  # of other steps


def test_a_shared_run_is_looked_at_and_another_one_trained_in_its_place(tmp_path: Path) -> None:
    run = prepare(tmp_path, BIGRAM, corpus(), 4)
    train_alone(run, Control())
    pack(run.path, tmp_path / "a-shared-one", "latest")
    assert not run.is_shared and Run(tmp_path / "a-shared-one").is_shared

    def first() -> str | None:
        (climb,) = climbs(tmp_path, SHORT)
        return climb.runs[0] and climb.runs[0].name

    assert first() == run.name, "one's own comes first"
    shutil.rmtree(run.path)
    assert first() == "a-shared-one"
    own = prepare(tmp_path, BIGRAM, corpus(), 4)
    assert own.name == "ladder-bigram-4" and own.status().step == 0
    assert first() == own.name


def test_climbs_are_by_text_and_seed_in_the_order_of_the_rungs(tmp_path: Path) -> None:
    for rung, seed in ((HEADS, 2), (BIGRAM, 2), (BIGRAM, 1)):
        prepare(tmp_path, rung, corpus(), seed)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text('{"model": {}, "preset": "ladder-bigram"}')
    own = climbs(tmp_path, SHORT)
    assert [(climb.text, climb.seed) for climb in own] == [("names", 1), ("names", 2)]
    there = [[run and run.name for run in climb.runs] for climb in own]
    assert there[0] == ["ladder-bigram-1", *[None] * 7]
    assert there[1] == ["ladder-bigram-2", None, "ladder-four-heads-2", *[None] * 5]


def test_a_result_is_what_the_runs_files_say(tmp_path: Path) -> None:
    run = prepare(tmp_path, BIGRAM, corpus(), 1)
    assert result(run) is None
    train_alone(run, Control())
    own = result(run)
    assert own is not None
    V = gpt.load(run.path).config.vocab_size
    loss, positions = validation_loss(gpt.load(run.path), corpus())
    first, *_, last = [line for line in run.metrics() if line["val_loss"] is not None]
    assert (own.val_loss, own.positions) == (loss, positions)
    assert (own.first_loss, own.train_loss) == (first["val_loss"], last["train_loss"])
    assert (own.step, own.parameters, own.seconds) == (3, V * V, last["seconds"])
    assert own.uniform_loss == pytest.approx(math.log(V))


def test_a_measurement_of_other_weights_does_not_count(tmp_path: Path) -> None:
    run = prepare(tmp_path, BIGRAM, corpus(), 1)
    train_alone(run, Control())
    file = run.path / "evaluation.json"
    whole = json.loads(file.read_text())
    for wrong in ({"step": 2}, {"which": "best"}):
        file.write_text(json.dumps(whole | wrong))
        assert result(run) is None
    file.write_text("[]")
    with pytest.raises(gpt.errors.CheckpointError, match=r"evaluation\.json does not hold what"):
        result(run)
    assert measure(run) == whole["val_loss"]
    assert result(run) is not None
