"""Cold start: error boxes when eight browsers come at once to a server that has just begun.

Each tab opens another page, so that many of the server's threads import at the same time. The tabs
stand in one Chromium; server and browser share this machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.app_speed import copy_runs, server_on
from benchmarks.browser import launched
from benchmarks.report import Report, Row, median, parser, progress, quantile

NAME = "cold_start"
PAGES = (
    "attention",
    "train",
    "ladder",
    "normalization",
    "runs",
    "embeddings",
    "residual",
    "generate",
)
PATIENCE = 120_000  # milliseconds
ERRORS = "[data-testid=stAlertContentError], [data-testid=stException]"
# A run has ended and has left something: a page's first element is its heading, or an error box.
DRAWN = f"""() => document.querySelector(
  '[data-testid=stApp][data-test-script-state=notRunning]'
) && document.querySelector('[data-testid=stHeading], {ERRORS}')"""


def main() -> None:
    """Start the server many times, and open eight pages at once each time."""
    options = _options()
    report = Report(NAME, options)
    starts = 2 if options.quick else options.starts
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        checkpoints = copy_runs(Path(folder) / "checkpoints", "shakespeare")
        rows = [_start(browser, checkpoints, Path(folder), n) for n in range(starts)]
    boxes = sum(row["error boxes"] for row in rows)
    seconds = [row["all drawn s"] for row in rows]
    summary = {"starts": starts, "pages": len(PAGES), "error boxes": boxes}
    summary |= {"all drawn s": median(seconds), "p95 s": quantile(seconds, 0.95)}
    notes = ["all drawn: from the server's first answer until the last of the pages has been drawn"]
    report.finish({"Together": [summary], "Each start": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--starts", type=int, default=20, help="starts of the server")
    return arguments.parse_args()


def _start(browser: Browser, checkpoints: Path, folder: Path, number: int) -> Row:
    """One start: how many error boxes there were, and how long it took."""
    with server_on(checkpoints, folder / f"log-{number}.txt") as server:
        began = time.perf_counter()
        boxes = error_boxes(browser, server.url, PAGES)
        seconds = time.perf_counter() - began
    for page, text in boxes:
        progress(f"start {number + 1}: {page}: {text}")
    progress(f"start {number + 1}: {len(boxes)} error boxes, {seconds:.1f} s")
    return {"start": number + 1, "error boxes": len(boxes), "all drawn s": seconds}


def error_boxes(browser: Browser, url: str, pages: Sequence[str]) -> list[tuple[str, str]]:
    """Open pages at the same time; return (page, text) of each error box that they show."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        tabs = {name: context.new_page() for name in pages}
        for name, tab in tabs.items():
            # Not `goto`, which returns only when the answer is there.
            tab.evaluate("address => { location.href = address }", f"{url}/{name}")
        return [(name, text) for name, tab in tabs.items() for text in _errors_of(tab)]
    finally:
        context.close()


def _errors_of(tab: Page) -> list[str]:
    """The texts of a page's error boxes, once it has been drawn."""
    tab.wait_for_function(DRAWN, polling=200, timeout=PATIENCE)
    return tab.locator(ERRORS).all_inner_texts()


if __name__ == "__main__":
    main()
