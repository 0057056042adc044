"""A real Chromium, and clocks inside its pages.

Times run from the browser's own `click` or `keydown` event to the animation frame in which what
was waited for has changed, so that nothing of the benchmark's own traffic is in them.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.browser import chromium

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
TIMEOUT = 60_000  # milliseconds until something that was waited for counts as broken
Attribute = Literal["painted", "selectedHead"]

# The view lives in a shadow root, which may be built anew at any rerun: it is looked up each time.
CLOCKS = """() => {
  if (window.headlightClock) return;
  const view = () => {
    for (const host of document.querySelectorAll("[data-testid=stBidiComponentIsolated]")) {
      const found = host.shadowRoot?.querySelector("[data-testid=attention-view]");
      if (found) return found;
    }
    return document.querySelector("[data-testid=attention-view]");
  };
  const clock = (window.headlightClock = { started: null, ended: null, frames: [], on: false });
  clock.arm = (event, attribute) => {
    const before = view()?.dataset[attribute];
    Object.assign(clock, { started: null, ended: null });
    const start = () => (clock.started ??= performance.now());
    addEventListener(event, start, { capture: true, once: true });
    const look = () => {
      const now = view()?.dataset[attribute];
      if (clock.started !== null && now && now !== before) clock.ended = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  };
  clock.record = () => {
    Object.assign(clock, { frames: [], on: true });
    const tick = (time) => {
      clock.frames.push(time);
      if (clock.on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  };
  clock.stop = () => {
    clock.on = false;
    return clock.frames;
  };
}"""


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless Chromium; without one, the program ends with advice."""
    path = chromium.find() or sys.exit(chromium.WHAT_WOULD_WORK)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    """A 1280 × 900 page on which the attention view is painted; a page error ends the benchmark."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    wait_until_painted(page)
    page.evaluate(CLOCKS)
    yield page
    page.close()
    if errors:
        raise RuntimeError(f"the page threw: {errors}")


def view(page: Page) -> Locator:
    """The attention view's root element."""
    return page.get_by_test_id("attention-view")


def wait_until_painted(page: Page) -> None:
    """Return once the attention view has drawn its first maps."""
    page.locator("[data-testid=attention-view][data-painted]").wait_for(timeout=TIMEOUT)


def timed(
    page: Page, event: Literal["click", "keydown"], attribute: Attribute, act: Callable[[], Any]
) -> float:
    """Milliseconds from an event to the frame in which an attribute of the view has changed.

    Raises:
        playwright.sync_api.TimeoutError: it did not change.
    """
    page.evaluate("([event, name]) => headlightClock.arm(event, name)", [event, attribute])
    act()
    # A slow poll: looking more often would take time from the page that is measured.
    page.wait_for_function("headlightClock.ended !== null", polling=50, timeout=TIMEOUT)
    return float(page.evaluate("headlightClock.ended - headlightClock.started"))


def hover(page: Page, moves: int) -> list[float]:
    """Move the mouse over the large map on a curve; milliseconds from each frame to the next.

    Raises:
        RuntimeError: the readout did not follow the mouse, so that nothing was measured.
    """
    detail = page.get_by_test_id("attention-detail")
    detail.scroll_into_view_if_needed()
    page.evaluate("headlightClock.record()")
    _move(page, detail, [curve(n / moves) for n in range(moves)])
    times: list[float] = page.evaluate("headlightClock.stop()")
    if len({_cell_at(page, detail, spot) for spot in ((0.1, 0.2), (0.3, 0.9), (0.9, 0.95))}) < 3:
        raise RuntimeError("the readout did not follow the mouse")
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def _move(page: Page, over: Locator, places: list[tuple[float, float]]) -> None:
    """Move the mouse to spots in an element, given as shares of its width and height."""
    box = over.bounding_box()
    if box is None:
        raise RuntimeError("the large map is not on the page")
    for x, y in places:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])


def _cell_at(page: Page, detail: Locator, spot: tuple[float, float]) -> tuple[str | None, ...]:
    """The cell of the readout, in the frame after the mouse reached a spot."""
    _move(page, detail, [spot])
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    readout = page.get_by_test_id("readout")
    return readout.get_attribute("data-query"), readout.get_attribute("data-key")


def curve(share: float) -> tuple[float, float]:
    """A spot in the unit square, inside its edges; the curve crosses most of the square."""
    turn = 2 * math.pi * share
    return 0.5 + 0.45 * math.sin(3 * turn), 0.5 + 0.45 * math.cos(5 * turn)
