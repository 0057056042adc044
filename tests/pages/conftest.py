"""Pages are run whole, a second or two each and minutes together: few of them in `make check`."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner

from gpt.training.estimate import Pace
from pages.parts.train import training_pace

HERE = Path(__file__).parent
QUICK = {
    "test_every_page.py",
    "test_journeys.py",
    "test_large_traces.py",
    "test_loads.py",
    "test_page_state.py",
    "test_shared.py",
    "test_switch_text.py",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.name not in QUICK:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _packages_are_searched_once() -> Iterator[None]:
    """Keep what Streamlit finds when it looks through all installed packages for components.

    A server does so when it starts. An AppTest does it anew, which takes as long as its page.
    """
    with pytest.MonkeyPatch.context() as patched:
        search = functools.cache(manifest_scanner.scan_component_manifests)
        patched.setattr(manifest_scanner, "scan_component_manifests", search)
        yield


@pytest.fixture(autouse=True)
def _pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of so many minutes begins at once; tests/gpt/training measures, in a new process."""
    pace = Pace(step=0.01, batch=0.005, token=0.001, steps=24)
    monkeypatch.setattr(training_pace, "measure", lambda *settings: pace)


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that pages read their runs from, empty."""
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    return tmp_path
