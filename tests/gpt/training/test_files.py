"""Files are there whole or not at all, whatever moment a crash chooses."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpt.training import files
from gpt.training.files import commit_group, recover, write_atomic, write_json

OLD = {"a.txt": "old a", "b.txt": "old b", "deep/c.txt": "old c"}
NEW = {"a.txt": "new a", "b.txt": "new b", "deep/c.txt": "new c"}


class Crash(BaseException):
    """The process ends here."""


def writers(content: dict[str, str]) -> dict[str, Callable[[Path], Any]]:
    return {name: lambda path, text=text: path.write_text(text) for name, text in content.items()}


def contents(folder: Path) -> dict[str, str]:
    """Every file, by its path inside the folder."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    commit_group(tmp_path, writers(OLD))
    return tmp_path


def crash_at(monkeypatch: pytest.MonkeyPatch, function: str, call: int) -> None:
    """Let the calls of an os function before the given one pass; crash in its place."""
    real, calls = getattr(os, function), []

    def crashing(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) > call:
            raise Crash
        return real(*arguments)

    monkeypatch.setattr(os, function, crashing)


def test_a_group_replaces_all_and_leaves_nothing_else(folder: Path) -> None:
    assert contents(folder) == OLD
    commit_group(folder, writers(NEW))
    assert contents(folder) == NEW
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "b.txt", "deep"]


def test_files_outside_the_group_stay(folder: Path) -> None:
    commit_group(folder, writers({"b.txt": "new b"}))
    assert contents(folder) == {**OLD, "b.txt": "new b"}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Crash()])
def test_a_writer_that_fails_leaves_the_old_files(folder: Path, error: BaseException) -> None:
    def fail(path: Path) -> None:
        path.write_text("half of c")
        raise error

    with pytest.raises(type(error)):
        commit_group(folder, {**writers(NEW), "deep/c.txt": fail})
    assert contents(folder) == OLD


def test_a_crash_before_the_commit_leaves_the_old_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        crash_at(patch, "rename", 0)
        patch.setattr("shutil.rmtree", lambda *_, **__: None)  # a killed process cleans up nothing
        with pytest.raises(Crash):
            commit_group(folder, writers(NEW))
    assert (folder / files.PENDING / "a.txt").read_text() == "new a"
    recover(folder)
    assert contents(folder) == OLD


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_a_crash_after_the_commit_is_rolled_forward(
    folder: Path, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    with monkeypatch.context() as patch:
        crash_at(patch, "replace", moved)
        with pytest.raises(Crash):
            commit_group(folder, writers(NEW))
    left = contents(folder)
    assert sum(left[name] == NEW[name] for name in NEW) == moved
    recover(folder)
    assert contents(folder) == NEW


def test_rolling_forward_may_itself_be_interrupted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for function in (lambda: commit_group(folder, writers(NEW)), lambda: recover(folder)):
        with monkeypatch.context() as patch:
            crash_at(patch, "replace", 1)
            with pytest.raises(Crash):
                function()
    recover(folder)
    assert contents(folder) == NEW


def test_a_crash_while_clearing_up_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        commit_group(folder, writers(NEW))
    (folder / files.PENDING).mkdir()
    (folder / files.PENDING / "a.txt").write_text("half of a newer a")
    recover(folder)
    assert contents(folder) == NEW


def test_the_next_group_first_finishes_an_interrupted_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        crash_at(patch, "replace", 1)
        with pytest.raises(Crash):
            commit_group(folder, writers(NEW))
    commit_group(folder, writers({"a.txt": "newest a"}))
    assert contents(folder) == {**NEW, "a.txt": "newest a"}


def test_recovering_a_folder_that_needs_nothing_changes_nothing(folder: Path) -> None:
    recover(folder)
    assert contents(folder) == OLD


def test_the_files_of_a_group_are_synced_before_the_commit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    sync, rename = os.fsync, os.rename
    monkeypatch.setattr(os, "fsync", lambda fd: (order.append("sync"), sync(fd)))
    monkeypatch.setattr(os, "rename", lambda *a: (order.append("commit"), rename(*a)))
    commit_group(folder, writers(NEW))
    assert order.index("commit") >= len(NEW)
    assert set(order[: order.index("commit")]) == {"sync"}


def test_an_atomic_write_that_fails_leaves_the_old_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomic(tmp_path / "x.json", "old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(OSError, match="full"):
            write_atomic(tmp_path / "x.json", "new")
    assert contents(tmp_path) == {"x.json": "old"}


def test_json_that_no_one_could_read_again_is_not_written(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"name": "Grüße"})
    for bad in (float("nan"), float("inf"), object()):
        with pytest.raises((ValueError, TypeError)):
            write_json(tmp_path / "x.json", {"loss": bad})
    assert contents(tmp_path) == {"x.json": '{\n "name": "Grüße"\n}\n'}


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_a_folder_that_is_deleted_during_the_commit_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    folder, replace = tmp_path / "run", os.replace
    folder.mkdir()
    commit_group(folder, writers(OLD))
    calls = iter(range(len(NEW)))

    def delete(source: Path, target: Path) -> None:
        replace(source, target)
        if next(calls) == moved:
            shutil.rmtree(folder)

    monkeypatch.setattr("os.replace", delete)
    with pytest.raises(FileNotFoundError):
        commit_group(folder, writers(NEW))
    assert not folder.exists()
