"""Training as a process of its own, and waiting for what it does."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

from gpt.__main__ import main

ROOT = Path(__file__).resolve().parents[3]


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """`python -m gpt …`, its words kept."""
    return subprocess.Popen(
        [sys.executable, "-m", "gpt", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["gpt.commands.train_command"])


def fork(*arguments: str, output: Path) -> BaseProcess:
    """The same, forked from a process that has imported all that a training needs.

    To import it takes seconds. Where the start of Python is not what is tested, they are spared.

    Args:
        output: a file for its words.
    """
    process = FORKS.Process(target=_run, args=(arguments, output))
    process.start()
    return process


def _run(arguments: tuple[str, ...], output: Path) -> None:
    with output.open("ab") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    os.chdir(ROOT)
    sys.exit(main(arguments))


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Look again and again; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)
