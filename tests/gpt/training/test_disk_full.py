"""A disk that really is full: the run says so, keeps its last checkpoint, and goes on later."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gpt
from gpt.training.loop import train
from gpt.training.runs import Run
from gpt.training.status import Status
from tests.gpt.tiny import new_run
from tests.gpt.training.comparing import assert_same_runs

MIB = 2**20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB, in memory."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={MIB}", "tmpfs", str(mounted)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount on this machine")
    if done.returncode:
        pytest.skip(f"only root may mount a small disk here: {done.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", str(mounted)], check=True)


def fill(disk: Path, leave: int) -> Path:
    """A file that takes all of the disk but some bytes."""
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    ballast.write_bytes(b"\0" * max(0, free.f_bavail * free.f_frsize - leave))
    return ballast


# A checkpoint has about 50 KiB: of 0 bytes left the metrics are the first to fail, of 12 KiB the
# weights, of 36 KiB the optimizer or what follows it.
@pytest.mark.parametrize("leave", [0, 12 * 1024, 20 * 1024, 36 * 1024, 44 * 1024])
def test_a_full_disk_is_said_and_nothing_is_lost(disk: Path, tmp_path: Path, leave: int) -> None:
    settings: dict[str, Any] = dict(model=dict(n_embd=30, n_layer=1))
    straight, run = new_run(tmp_path / "straight", **settings), new_run(disk / "run", **settings)
    assert train(straight).state == "done"

    def fill_at_step_6(line: dict[str, Any], status: Status) -> None:
        if line["step"] == 6:
            fill(disk, leave)

    status = train(run, report=fill_at_step_6)
    assert status == run.status()
    assert (status.state, status.pid) == ("failed", None)
    assert status.reason.startswith("the disk is full. The last checkpoint is whole; make room")
    assert gpt.load(run.path).info["weights"]["step"] == "4"
    assert Run(run.path).metrics()[-1]["step"] >= 6

    (disk / "ballast").unlink()
    assert train(run).state == "done"
    assert_same_runs(straight, run)


def test_going_on_while_the_disk_is_still_full_fails_again(disk: Path) -> None:
    run = new_run(disk / "run")

    def fill_up(line: dict[str, Any], status: Status) -> None:
        if line["step"] == 6 and not (disk / "ballast").exists():
            fill(disk, 0)

    assert train(run, report=fill_up).state == "failed"
    status = train(run)
    assert status.state == "failed"
    assert status.reason.startswith("the disk is full")
    assert gpt.load(run.path).info["weights"]["step"] == "4"


def test_a_disk_that_was_full_from_the_start_has_no_checkpoint(disk: Path) -> None:
    run = new_run(disk / "run")
    fill(disk, 0)
    status = train(run)
    assert status.state == "failed"
    assert status.reason.startswith("the disk is full. No checkpoint was saved yet: the run begins")
    (disk / "ballast").unlink()
    assert train(run).state == "done"


@pytest.mark.parametrize("leave", range(0, 24 * 1024, 4096))
def test_wherever_a_new_run_stops_to_fit_the_disk_is_why(disk: Path, leave: int) -> None:
    fill(disk, leave)
    try:
        new_run(disk / "run")
    except OSError as error:
        assert error.errno == errno.ENOSPC
        assert not (disk / "run").exists()


def test_a_run_that_does_not_fit_leaves_no_folder(disk: Path) -> None:
    fill(disk, 0)
    with pytest.raises(OSError, match="No space left"):
        new_run(disk / "run")
    assert [path.name for path in disk.iterdir()] == ["ballast"]
