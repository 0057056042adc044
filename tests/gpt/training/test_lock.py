"""A lock is held by one, is seen by all, and is gone with who holds it or with its folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gpt.training import lock
from gpt.training.lock import TRAINING, WAITING, is_held, take


def test_it_is_held_by_one_until_it_is_released(tmp_path: Path) -> None:
    first = take(tmp_path, TRAINING)
    assert first is not None
    assert is_held(tmp_path, TRAINING) is True
    assert take(tmp_path, TRAINING, patience=0.1) is None
    assert is_held(tmp_path, WAITING) is None, "it is another lock"
    first.release()
    first.release()
    assert list(tmp_path.iterdir()) == []
    second = take(tmp_path, TRAINING)
    assert second is not None
    second.release()


def test_a_file_that_a_killed_process_left_is_held_by_nobody(tmp_path: Path) -> None:
    (tmp_path / TRAINING).touch()
    assert is_held(tmp_path, TRAINING) is False
    held = take(tmp_path, TRAINING)
    assert held is not None and held.stands
    held.release()


def test_whoever_only_looks_does_not_take_it_away(tmp_path: Path) -> None:
    (tmp_path / TRAINING).touch()
    for _ in range(100):
        assert is_held(tmp_path, TRAINING) is False
    held = take(tmp_path, TRAINING, patience=0)
    assert held is not None
    held.release()


def test_it_does_not_stand_in_a_folder_that_is_gone_or_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    held = take(folder, TRAINING)
    assert held is not None and held.stands
    shutil.rmtree(folder)
    assert not held.stands
    folder.mkdir()
    (folder / TRAINING).touch()
    assert not held.stands
    held.release()
    assert (folder / TRAINING).exists(), "it is another run's"


def test_a_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        take(tmp_path / "run", TRAINING)
    assert is_held(tmp_path / "run", TRAINING) is None
    assert list(tmp_path.iterdir()) == []


def test_where_there_are_no_locks_nobody_can_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_locked", lambda descriptor, shared=False: None)
    held = take(tmp_path, TRAINING)
    assert held is not None and held.stands
    assert is_held(tmp_path, TRAINING) is None
    held.release()
