"""Eight browsers at once, right after the server's start; the benchmark does it twenty times."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks.cold_start import PAGES, error_boxes
from tests.browser import app_server


@pytest.mark.parametrize("start", [1, 2])
def test_no_page_shows_an_error(
    browser: Browser, shared_checkpoints: Path, tmp_path: Path, start: int
) -> None:
    server = app_server.start(shared_checkpoints, tmp_path / "log.txt")
    try:
        assert error_boxes(browser, server.url, PAGES) == []
        assert "Traceback" not in server.log()
    finally:
        server.kill()
