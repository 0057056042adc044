"""Names that another system cannot store are refused wherever a run or a file is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gpt.convert.result import new_folder
from gpt.errors import ConversionError, TrainingError
from gpt.names import check_name, check_new, free_name, is_storable

NOWHERE = ["CON", "nul.txt", "aux.", "Com1", "lpt9.tar.gz", "PRN", "run.", "a..", "COM¹", "con .x"]


@pytest.mark.parametrize("name", [*NOWHERE, "a ", "a:b", 'a"b', "a\nb", "a\x00", "é" * 128, ""])
def test_what_some_system_cannot_store(name: str) -> None:
    assert not is_storable(name)


@pytest.mark.parametrize("name", ["config.json", "console", "com10", "aux-1", "été.txt", "a" * 255])
def test_what_every_system_stores(name: str) -> None:
    assert is_storable(name)


@pytest.mark.parametrize("name", NOWHERE)
def test_no_run_has_such_a_name(name: str) -> None:
    with pytest.raises(TrainingError, match=re.escape(repr(name))):
        check_name(name)


def test_what_is_exported_has_no_such_name(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="rename"), new_folder(tmp_path / "nul.gpt2"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_names_that_differ_by_case_are_one(tmp_path: Path) -> None:
    (tmp_path / "Plays").mkdir()
    check_new(tmp_path / "Plays")
    check_new(tmp_path / "elsewhere" / "plays")
    with pytest.raises(TrainingError, match="'plays' differs from 'Plays' by case alone"):
        check_new(tmp_path / "plays")
    with pytest.raises(ConversionError, match="by case alone"), new_folder(tmp_path / "plays"):
        pass
    assert free_name(tmp_path, "plays") == "plays-2"
    assert free_name(tmp_path, "plays", "-best") == "plays-best"
    assert free_name(tmp_path, "Plays") == "Plays-2"
    assert free_name(tmp_path, "other") == "other"


def test_a_free_name_is_one_that_a_run_may_have(tmp_path: Path) -> None:
    long = "a" * 64
    (tmp_path / long).mkdir()
    names = [free_name(tmp_path, long), free_name(tmp_path, long, "-best")]
    assert names == ["a" * 62 + "-2", "a" * 59 + "-best"]
    (tmp_path / names[1]).mkdir()
    assert free_name(tmp_path, long, "-best") == "a" * 57 + "-best-2"
    for name in names:
        check_name(name)
