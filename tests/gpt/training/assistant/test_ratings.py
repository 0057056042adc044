"""A person's own ratings: kept whole, counted, and learned from; and how well."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import gpt
from gpt.errors import CheckpointError, TextError, TrainingError
from gpt.text import answer_layouts
from gpt.training import lock
from gpt.training.assistant import rating_folds
from gpt.training.assistant.rating_folds import accuracy_of, folded_accuracy
from gpt.training.assistant.ratings import LOCK, PREFERENCES, Rating, Ratings, append, read
from gpt.training.assistant.stage_plan import plan_stage
from gpt.training.confidence import share
from gpt.training.loop import train
from tests.close import close
from tests.gpt.training.assistant.stage_runs import base_run, comparisons

LONGER = tuple(Rating(f"{q} {n}", "aa", "a") for n in range(3) for q in "abcdefgh")
"""24 ratings of as many prompts: the longer answer is better."""


def test_ratings_are_read_as_they_were_given(tmp_path: Path) -> None:
    given = (Rating("q", 'a "b"', "c\nd"), Rating("é", "x", "y", tie=True))
    assert read(tmp_path).rows == ()
    for rating in given:
        append(tmp_path, rating)
    assert read(tmp_path).rows == given
    assert sorted(path.name for path in tmp_path.iterdir()) == [PREFERENCES]


def test_ratings_that_come_at_once_are_all_kept(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda rating: append(tmp_path, rating), LONGER[:12]))
    assert set(read(tmp_path).rows) == set(LONGER[:12]) and len(read(tmp_path)) == 12


def test_a_rating_waits_for_another_one_and_says_if_that_does_not_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    held = lock.take(tmp_path, LOCK)
    assert held is not None
    monkeypatch.setattr(lock.take, "__defaults__", (0.0,))
    with pytest.raises(TrainingError, match=r"another rating of .* is being written"):
        append(tmp_path, LONGER[0])
    held.release()
    assert len(append(tmp_path, LONGER[0])) == 1


@pytest.mark.parametrize("line", ["{", '{"prompt": "q"}', '{"prompt": 1, "chosen": "", "x": 2}'])
def test_a_damaged_line_is_named_and_nothing_is_lost(tmp_path: Path, line: str) -> None:
    append(tmp_path, LONGER[0])
    content = (tmp_path / PREFERENCES).read_text() + line + "\n"
    (tmp_path / PREFERENCES).write_text(content)
    with pytest.raises(CheckpointError, match=r"line 2 of .*preferences\.jsonl is no rating"):
        append(tmp_path, LONGER[1])
    assert (tmp_path / PREFERENCES).read_text() == content


def test_a_rating_without_a_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="the rejected of a rating is empty"):
        append(tmp_path, Rating("q", "a", " "))
    with pytest.raises(TextError, match="an answer has Ⓠ or Ⓐ in it"):
        append(tmp_path, Rating("q", "a", "bⒶ"))
    assert not (tmp_path / PREFERENCES).exists()


def test_ties_and_contradictions_are_counted() -> None:
    rows = (
        Rating("q", "a", "b"),
        Rating("q", "b", "a"),
        Rating("q", "a", "b"),
        Rating("p", "a", "b", tie=True),
        Rating("p", "c", "c"),
    )
    ratings = Ratings(rows)
    assert (ratings.ties, len(ratings.decided), ratings.contradictions) == (2, 3, 1)
    assert ratings.missing == 17
    said = r"3 ratings prefer one.*2 are ties.*fewer than 20.*17 more"
    with pytest.raises(TextError, match=said):
        ratings.comparisons()


def test_a_stage_learns_from_the_ratings_of_a_run_without_its_ties(tmp_path: Path) -> None:
    base = base_run(tmp_path / "base")
    for rating in (*LONGER, Rating("a", "a", "aa", tie=True)):
        append(base.path, rating)
    data = answer_layouts.comparisons([base.path / PREFERENCES])
    assert data.rows == read(base.path).comparisons().rows
    assert len(data) == 24 and data.notes[-1] == "Ties, which were left out: 1."
    plan = plan_stage("dpo", gpt.load(base.path), data, training={"steps": 1, "batch_size": 4})
    assert train(plan.create(tmp_path / "dpo")).state == "done"


def test_a_tie_is_true_or_false(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"prompt": "q", "chosen": "a", "rejected": "b", "tie": 1}\n')
    with pytest.raises(
        TextError, match=r"line 1 has another layout .tie is neither true nor false"
    ):
        answer_layouts.comparisons([tmp_path / "p.jsonl"])


def test_with_one_prompt_the_same_two_answers_are_in_one_part() -> None:
    rows = [("q", f"{n}", f"{n + 1}") for n in range(12)]
    rows += [(q, b, a) for q, a, b in rows]  # contradictions
    lines = "".join(
        f'{{"prompt": "{q}", "chosen": "{a}", "rejected": "{b}"}}\n' for q, a, b in rows
    )
    data = answer_layouts.comparisons_of([("p.jsonl", lines.encode())])
    assert "preferred both ways: 12" in data.notes[0]
    assert "fewer than 10 different prompts" in data.notes[1]
    parts = data.split()
    for part in (parts.training, parts.validation, parts.test):
        assert len(part) > 0
        assert {i % 12 for i in part} == {i % 12 for i in part if i < 12}


def test_an_interval_of_repeated_folds_by_hand() -> None:
    by_fold = np.array([[0.5, 1.0], [0.75, 0.75]])  # s² = 1/24
    right = np.array([[1, 0, 1, 1], [1, 1, 1, 0]], dtype=float)
    # t(0.975, 3) = 3.1824; √((1/4 + 1) / 24) = 0.22822: 0.75 ± 0.7263; Wilson's is 0.3006 to 0.9544
    measured = accuracy_of(right, by_fold)
    assert measured.value == close(0.75)
    assert (measured.low, measured.high) == (pytest.approx(0.0237, abs=1e-4), close(1.0))
    certain = accuracy_of(np.ones((3, 20)), np.ones((3, 5)))
    assert (certain.low, certain.high) == (close(share(20, 20).low), close(1.0))


def test_a_model_that_learned_from_longer_answers_foresees_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rating_folds, "REPEATS", 1)
    monkeypatch.setattr(rating_folds, "STEPS", 15)
    parent, seen = gpt.load(base_run(tmp_path / "base").path), []
    data = comparisons()
    own = folded_accuracy(parent, data, on_fold=lambda done, total: seen.append((done, total)))
    assert own.pairs == 52 and own.measured.value > 0.9
    assert own.measured.low < own.measured.value and own.by_fold.shape == (1, 5)
    assert seen == [(n, 5) for n in range(5)]
    with pytest.raises(TextError, match="there are 19 decided pairs; with fewer than 20"):
        folded_accuracy(parent, data.take(range(19)))
