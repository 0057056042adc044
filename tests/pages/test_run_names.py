"""A run's name comes from a link, a field or a config: it names a run, and no other folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gpt.errors import CheckpointError
from gpt.training.runs import list_runs
from pages.shared import folders, kinds
from tests.gpt import tiny
from tests.pages.opening import opened, said

PAGES = folders.ROOT / "pages"
NO_NAMES = ("", ".", "..", "../x", "/etc", "a/b", "a/", ".trash", ".trash/1-a", "a\0b")


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_of_a_run_is_no_path(checkpoints: Path, name: str) -> None:
    with pytest.raises(CheckpointError, match="cannot name a run"):
        folders.folder_of(name)
    assert kinds.config_of(name) is None and kinds.info_of(name) == {}


@pytest.mark.parametrize("name", ["www.example.org", "a b", "übung", "con", "a" * 300])
def test_every_other_name_is_of_a_folder_there(checkpoints: Path, name: str) -> None:
    assert folders.folder_of(name) == checkpoints / name


def test_no_page_makes_a_path_of_a_name_by_itself() -> None:
    """`folder_of` checks the name."""
    by_hand = re.compile(r"checkpoints\(\)\s*/|checkpoints\(\)\.joinpath")
    sources = [path for path in PAGES.rglob("*.py") if path.name != "folders.py"]
    assert [path for path in sources if by_hand.search(path.read_text(encoding="utf-8"))] == []


def test_a_reference_is_a_run_of_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link could otherwise open any folder of the server, or ask whether it is there."""
    elsewhere = tiny.new_run(tmp_path / "elsewhere" / "secret").path
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(folders.ROOT / "checkpoints"))
    answers = [
        said(opened("attention", ref_run=path, ref_prompt="a", view="difference"))
        for path in (elsewhere, tmp_path / "missing")
    ]
    for answer in answers:
        assert "cannot name a run; the runs are: tales" in answer


def test_a_hidden_folder_is_no_run(checkpoints: Path) -> None:
    """Such as one that a system keeps of a deleted run."""
    tiny.new_run(checkpoints / "run").path.rename(checkpoints / ".run")
    assert list_runs(checkpoints) == [] and folders.all_folders() == []
