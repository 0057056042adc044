"""What the server does before the first visit."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pages.shared import warmup


def test_threads_sleep_in_the_server_and_not_in_what_it_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(warmup.POLICY, raising=False)
    with warmup._threads_that_sleep():
        assert os.environ[warmup.POLICY] == "PASSIVE"
    assert warmup.POLICY not in os.environ


def test_a_policy_that_was_chosen_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(warmup.POLICY, "ACTIVE")
    with warmup._threads_that_sleep():
        assert os.environ[warmup.POLICY] == "ACTIVE"
    assert os.environ[warmup.POLICY] == "ACTIVE"


def test_nothing_imports_torch_before_the_policy_is_set() -> None:
    """torch's threads read it once; what the launcher imports must not be the first."""
    told = "import sys; import pages.shared.warmup; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
