"""Crowd: ten people use the app at once, with and without a run that trains beside them.

Each is a tab of one Chromium on Attention, with a prompt of its own. Every two seconds each changes
something: the prompt, then the mask, and so on; nobody waits for the others. One person alone does
the same. Server, browser and training share this machine.
"""

from __future__ import annotations

import argparse
import itertools
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from benchmarks.app_speed import LINE_BREAK, copy_runs, server_on, texts_of
from benchmarks.browser import TIMEOUT, launched, opened
from benchmarks.cold_start import ERRORS, PATIENCE
from benchmarks.report import ROOT, Report, Row, median, parser, progress, quantile
from tests.browser.app_server import AppServer

NAME = "crowd"
RUN = "shakespeare"
TOKENS = 64
LONG = 200_000  # steps, so that the training outlasts the people
PAUSE = 2.0  # seconds from one change of a person to the next
WITHOUT_ICON = """element => {
  const copy = element.cloneNode(true);
  const icons = copy.querySelectorAll("[data-testid=stIconMaterial], [role=img]");
  icons.forEach((icon) => icon.remove());
  return copy.textContent.trim();
}"""
RESIDENT = re.compile(r"^VmRSS:\s*(\d+) kB", re.MULTILINE)


def main() -> None:
    """Open the tabs and use them: one and all, without a training and beside one."""
    options = _options()
    report = Report(NAME, options)
    sessions, seconds = (2, 10.0) if options.quick else (options.sessions, options.seconds)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        checkpoints = copy_runs(Path(folder) / "checkpoints", RUN)
        with server_on(checkpoints, Path(folder) / "log.txt") as server:
            rows = _rows(browser, server, sessions, seconds)
    notes = [
        f"run {RUN}, {TOKENS} tokens; each tab changes its prompt or its mask every {PAUSE:g} s",
        "change: from the browser's keydown or click to the frame with the new maps",
        "memory: of the server's process, with all tabs open, before and after the row's changes",
        "ratio: median of a change to that of one person without a training",
    ]
    report.finish({"Together": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--sessions", type=int, default=10, help="people")
    arguments.add_argument("--seconds", type=float, default=180.0, help="how long all use it")
    return arguments.parse_args()


def _rows(browser: Browser, server: AppServer, sessions: int, seconds: float) -> list[Row]:
    text = texts_of(ROOT / "checkpoints" / RUN)
    with ExitStack() as stack:
        tabs = []
        for number in range(sessions):
            progress(f"tab {number + 1} of {sessions}")
            address = f"{server.url}/attention?{urlencode({'run': RUN, 'prompt': text(TOKENS)})}"
            tabs.append(stack.enter_context(opened(browser, address)))
        alone = min(seconds, 40.0)
        rows = [_row(server, tabs[:1], alone, text), _row(server, tabs, seconds, text)]
        trainer = stack.enter_context(_training(browser, server))
        rows += [
            _row(server, chosen, length, text, trainer)
            for chosen, length in ((tabs[:1], alone), (tabs, seconds))
        ]
    return [row | {"ratio": row["p50 ms"] / rows[0]["p50 ms"]} for row in rows]


def _row(
    server: AppServer,
    tabs: list[Page],
    seconds: float,
    text: Callable[[int], str],
    trainer: Page | None = None,
) -> dict[str, object]:
    progress(f"{len(tabs)} for {seconds:g} s, {'beside a training' if trainer else 'alone'}")
    before = _memory(server)
    times = _changed(tabs, seconds, text)
    pages = [*tabs, trainer] if trainer else tabs
    return {
        "sessions": len(tabs),
        "a run trains": trainer is not None,
        "seconds": seconds,
        "error boxes": sum(page.locator(ERRORS).count() for page in pages),
        "tracebacks": server.log().count("Traceback"),
        "changes": len(times),
        "p50 ms": median(times),
        "p95 ms": quantile(times, 0.95),
        "memory before MiB": before,
        "memory after MiB": _memory(server),
        "training": trainer.locator(".st-key-state").evaluate(WITHOUT_ICON) if trainer else None,
    }


@contextmanager
def _training(browser: Browser, server: AppServer) -> Iterator[Page]:
    """The tab in which somebody has a run trained."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server.url}/train?minutes=steps")
    page.get_by_text("More: tokenizer").click(timeout=PATIENCE)
    steps = page.get_by_label("steps", exact=True)
    steps.fill(str(LONG), timeout=PATIENCE)
    steps.press("Enter")
    page.get_by_role("button", name="Train", exact=True).click(timeout=PATIENCE)
    state = page.locator(".st-key-state")
    state.get_by_text("training", exact=False).wait_for(timeout=PATIENCE)
    yield page
    page.close()


def _changed(tabs: list[Page], seconds: float, text: Callable[[int], str]) -> list[float]:
    """Milliseconds of each change, of all tabs in turn, each every two seconds if it can."""
    times: list[float] = []
    began, gap = time.monotonic(), PAUSE / len(tabs)
    for number in itertools.count():
        tab, turn = tabs[number % len(tabs)], number // len(tabs)
        if number * gap >= seconds:
            break
        wait = began + number * gap - time.monotonic()
        tab.wait_for_timeout(max(0.0, 1000 * wait))
        if turn > 0:
            times.append(_milliseconds(tab))
        _change(tab, turn, text)
    return times + [_milliseconds(tab) for tab in tabs]


def _change(tab: Page, turn: int, text: Callable[[int], str]) -> None:
    """Give the tab another prompt, or switch its mask, and do not wait for the maps."""
    if turn % 2 == 0:
        field = tab.get_by_label("Prompt", exact=True)
        field.fill(text(TOKENS).replace("\n", LINE_BREAK))
        tab.evaluate("headlightClock.arm('keydown', 'painted')")
        field.press("Enter")
        return
    # The other one of the two, also after an odd number of switches: the same one paints nothing.
    is_off = tab.evaluate("window.headlightMaskIsOff = !window.headlightMaskIsOff")
    name = "off" if is_off else "as trained"
    tab.evaluate("headlightClock.arm('click', 'painted')")
    tab.locator(".st-key-link_mask").get_by_role("radio", name=name, exact=True).click()


def _milliseconds(tab: Page) -> float:
    """How long the tab's latest change took, once its maps are there."""
    tab.wait_for_function("headlightClock.ended !== null", polling=50, timeout=TIMEOUT)
    return float(tab.evaluate("headlightClock.ended - headlightClock.started"))


def _memory(server: AppServer) -> int:
    """MiB that the server's process has in memory."""
    text = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    match = RESIDENT.search(text)
    return int(match[1]) // 1024 if match else 0


if __name__ == "__main__":
    main()
