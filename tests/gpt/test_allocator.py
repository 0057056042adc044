"""What glibc keeps is given back when asked for; where there is no glibc, nothing happens."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpt import allocator

STATM = Path("/proc/self/statm")
# Pieces too small to be mapped one by one, and the last of them kept: the heap cannot shrink.
SCRIPT = """
import resource
from gpt import allocator
held = lambda: int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() >> 20
pieces = [bytearray(60_000) for _ in range(4000)]
last = pieces.pop()
pieces.clear()
before = held()
allocator.give_back()
print(before - held())
"""


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    allocator._glibc.cache_clear()
    yield
    allocator._glibc.cache_clear()


@pytest.mark.skipif(not STATM.exists() or allocator._glibc() is None, reason="glibc's own")
@pytest.mark.slow
def test_freed_pieces_go_back_to_the_kernel() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 150  # of 229 MiB


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert allocator._glibc() is None
    allocator.give_back()
    allocator.keep_buffers()
