"""Buffers given back, threads that sleep, and choices that are made before torch is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpt import process

STATM = Path("/proc/self/statm")
# Pieces too small to be mapped one by one, and the last of them kept: the heap cannot shrink.
SCRIPT = """
import resource
from gpt import process
held = lambda: int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() >> 20
pieces = [bytearray(60_000) for _ in range(4000)]
last = pieces.pop()
pieces.clear()
before = held()
process.give_back()
print(before - held())
"""


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    process._glibc.cache_clear()
    yield
    process._glibc.cache_clear()


@pytest.mark.skipif(not STATM.exists() or process._glibc() is None, reason="glibc's own")
@pytest.mark.slow
def test_freed_pieces_go_back_to_the_kernel() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 150  # of 229 MiB


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert process._glibc() is None
    process.give_back()
    process.keep_buffers()


def test_threads_sleep_in_the_server_and_not_in_what_it_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    with process.sleeping_threads():
        assert os.environ["OMP_WAIT_POLICY"] == "passive"
    assert "OMP_WAIT_POLICY" not in os.environ


def test_a_policy_that_a_person_chose_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    with process.sleeping_threads():
        assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


@pytest.mark.parametrize("module", ["gpt.process", "pages.shared.server", "app"])
def test_torch_is_not_imported_before_its_threads_are_told(module: str) -> None:
    script = f"import sys, {module}; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
