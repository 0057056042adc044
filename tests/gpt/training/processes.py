"""Training as a process of its own, and waiting for what it does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

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


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Look again and again; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)
