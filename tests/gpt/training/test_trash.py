"""The trash: a deleted run comes back as it was, and only a deletion removes what is too old."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpt.errors import TrainingError
from gpt.training import trash
from gpt.training.lock import TRAINING, take
from gpt.training.runs import Run

DAY = 24 * 3600 * 10**9


def run_of(root: Path, name: str, text: str = "{}") -> Run:
    folder = root / name
    folder.mkdir()
    (folder / "config.json").write_text(text)
    return Run(folder)


def names(root: Path) -> list[str]:
    return [deleted.name for deleted in trash.deleted_runs(root)]


def test_a_run_comes_back_with_all_its_files(tmp_path: Path) -> None:
    deleted = trash.throw_away(run_of(tmp_path, "a-b", "mine"))
    assert [path.name for path in tmp_path.iterdir()] == [trash.TRASH]
    assert trash.deleted_runs(tmp_path) == [deleted] and deleted.name == "a-b"
    back = trash.put_back(deleted)
    assert back.path == tmp_path / "a-b" and names(tmp_path) == []
    assert (back.path / "config.json").read_text() == "mine"
    with pytest.raises(TrainingError, match="not in the trash any more"):
        trash.put_back(deleted)


def test_a_name_that_is_taken_meanwhile_stays_whose_it_is(tmp_path: Path) -> None:
    first = trash.throw_away(run_of(tmp_path, "a", "first"))
    second = trash.throw_away(run_of(tmp_path, "a", "second"))
    assert trash.deleted_runs(tmp_path) == [second, first]
    run_of(tmp_path, "a", "third")
    assert trash.put_back(first).name == "a-2" and trash.put_back(second).name == "a-3"
    texts = [(tmp_path / name / "config.json").read_text() for name in ("a", "a-2", "a-3")]
    assert texts == ["third", "first", "second"]


def test_only_the_last_ones_are_kept_and_for_some_days(tmp_path: Path) -> None:
    (tmp_path / trash.TRASH).mkdir()
    for day in range(1, trash.MOST + 5):
        run_of(tmp_path / trash.TRASH, f"{day * DAY}-day-{day}")
    now = (trash.MOST + 4) * DAY / 1e9
    trash.remove_old(tmp_path, now)
    kept = [f"day-{day}" for day in range(14, 6, -1)]  # of the 14, those of the last seven days
    assert names(tmp_path) == kept
    for second in range(5):
        run_of(tmp_path / trash.TRASH, f"{14 * DAY + second + 1}-late-{second}")
    trash.remove_old(tmp_path, now)
    assert names(tmp_path) == [*(f"late-{s}" for s in (4, 3, 2, 1, 0)), *kept[:5]]


def test_what_is_no_deleted_run_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / trash.TRASH / "notes").mkdir(parents=True)
    (tmp_path / trash.TRASH / "5-file").write_text("")
    assert trash.deleted_runs(tmp_path) == [] == trash.deleted_runs(tmp_path / "nowhere")


def test_a_run_that_trains_is_not_thrown_away(tmp_path: Path) -> None:
    run = run_of(tmp_path, "busy")
    lock = take(run.path, TRAINING)
    assert lock is not None
    with pytest.raises(TrainingError, match="stop it first"):
        trash.throw_away(run)
    assert run.path.is_dir() and names(tmp_path) == []
    lock.release()
