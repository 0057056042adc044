"""How much memory can be had, and what is refused."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from gpt import memory
from gpt.errors import TrainingError


def test_no_more_can_be_had_than_there_is() -> None:
    assert 0 < memory.available() <= memory.total() <= psutil.virtual_memory().total


def test_a_container_has_what_it_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "GROUPS", tmp_path)
    for name, content in {
        "memory.max": "1000000\n",
        "memory.current": "900000\n",
        "memory.stat": "anon 800000\ninactive_file 50000\n",
    }.items():
        (tmp_path / name).write_text(content)
    assert memory.available() == 150_000  # 100,000 free, and 50,000 of files that make room
    assert memory.total() == 1_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.total() == psutil.virtual_memory().total


def test_what_does_not_fit_is_refused_with_both_numbers() -> None:
    memory.require(2**30, "it", "take less", TrainingError, given=2**30)
    message = r"^it takes at least 3\.00 GiB of memory, and 1\.00 GiB can be had here; take less$"
    with pytest.raises(TrainingError, match=message):
        memory.require(3 * 2**30, "it", "take less", TrainingError, given=2**30)
