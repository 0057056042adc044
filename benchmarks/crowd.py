"""Crowd: ten people use the app for three minutes while it trains a run.

Each is a tab of one Chromium on Attention, with a prompt of its own; in turn, each switches the
mask off or on again. Server, browser and training share this machine.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from benchmarks.app_speed import copy_runs, server_on, texts_of
from benchmarks.browser import launched, opened, timed
from benchmarks.cold_start import ERRORS, PATIENCE
from benchmarks.report import ROOT, Report, Row, median, parser, progress, quantile
from tests.browser.app_server import AppServer

NAME = "crowd"
RUN = "shakespeare"
TOKENS = 64
LONG = 200_000  # steps, so that the training outlasts the people
RESIDENT = re.compile(r"^VmRSS:\s*(\d+) kB", re.MULTILINE)


def main() -> None:
    """Open the tabs, begin the training, and use one tab after the other."""
    options = _options()
    report = Report(NAME, options)
    sessions, seconds = (2, 20.0) if options.quick else (options.sessions, options.seconds)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        checkpoints = copy_runs(Path(folder) / "checkpoints", RUN)
        with server_on(checkpoints, Path(folder) / "log.txt") as server:
            row = _used(browser, server, sessions, seconds)
    notes = [
        f"run {RUN}, {TOKENS} tokens a prompt; each tab's mask is switched off and on in turn",
        "changed control: from the browser's click to the frame with the new maps",
        "memory: of the server's process, with all tabs open, and at the end",
    ]
    report.finish({"Together": [row]}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--sessions", type=int, default=10, help="people")
    arguments.add_argument("--seconds", type=float, default=180.0, help="how long they use it")
    return arguments.parse_args()


def _used(browser: Browser, server: AppServer, sessions: int, seconds: float) -> Row:
    text = texts_of(ROOT / "checkpoints" / RUN)
    with ExitStack() as stack:
        tabs = []
        for number in range(sessions):
            progress(f"tab {number + 1} of {sessions}")
            address = f"{server.url}/attention?{urlencode({'run': RUN, 'prompt': text(TOKENS)})}"
            tabs.append(stack.enter_context(opened(browser, address)))
        trainer = stack.enter_context(_training(browser, server))
        before = _memory(server)
        times = _switched(tabs, seconds)
        after = _memory(server)
        boxes = sum(tab.locator(ERRORS).count() for tab in [*tabs, trainer])
        trained = trainer.locator(".st-key-state").inner_text()
    return {
        "sessions": sessions,
        "seconds": seconds,
        "error boxes": boxes,
        "tracebacks": server.log().count("Traceback"),
        "changes": len(times),
        "p50 ms": median(times),
        "p95 ms": quantile(times, 0.95),
        "memory before MiB": before,
        "memory after MiB": after,
        "training": trained,
    }


@contextmanager
def _training(browser: Browser, server: AppServer) -> Iterator[Page]:
    """The tab in which somebody has a run trained."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server.url}/train")
    steps = page.get_by_label("steps", exact=True)
    steps.fill(str(LONG), timeout=PATIENCE)
    steps.press("Enter")
    page.get_by_role("button", name="Train", exact=True).click(timeout=PATIENCE)
    state = page.locator(".st-key-state")
    state.get_by_text("training", exact=False).wait_for(timeout=PATIENCE)
    yield page
    page.close()


def _switched(tabs: list[Page], seconds: float) -> list[float]:
    """Milliseconds from each click to its maps, one tab after the other until the time is up."""
    times: list[float] = []
    end, turn = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        name = "as trained" if turn % 2 else "off"
        for tab in tabs:
            button = tab.locator(".st-key-link_mask").get_by_role("radio", name=name, exact=True)
            times.append(timed(tab, "click", "painted", button.click))
        turn += 1
    return times


def _memory(server: AppServer) -> int:
    """MiB that the server's process has in memory."""
    text = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    match = RESIDENT.search(text)
    return int(match[1]) // 1024 if match else 0


if __name__ == "__main__":
    main()
