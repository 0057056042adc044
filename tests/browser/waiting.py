"""Waiting for what is expected of a page, where Playwright's own `expect` does not reach.

What is read from a page right after a press may be of before the press, and what is read while it
is drawn anew is half of each. So nothing is read once and compared: `becomes` and `until` read
again until the page is as expected, and fail with the last comparison if it never is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Error, Locator, Page, expect

from tests.close import printed

T = TypeVar("T")
SECONDS = 60.0
"""A machine that is busy with other things is slow, not wrong."""
EVERY = 100.0
"""Milliseconds between two looks."""
NOT_YET = (AssertionError, Error, ValueError, LookupError)
"""What a check of a page that is half drawn ends in: words that are no number yet, too few rows."""
NUMBER = re.compile(r"[+−-]?\d[\d,]*(?:\.\d+)?")

STANDS_STILL = """async ({ looks, every, seconds }) => {
  // Where everything stands, shadow roots included.
  const layout = () => {
    const boxes = [];
    const walk = (root) => {
      for (const e of root.querySelectorAll("*")) {
        if (e.shadowRoot) walk(e.shadowRoot);
        const box = e.getBoundingClientRect();
        if (box.width) boxes.push(box.x, box.y, box.width, box.height);
      }
    };
    walk(document.querySelector(".stMain") || document.body);
    return boxes.map(Math.round).join(" ");
  };
  const end = performance.now() + 1000 * seconds;
  let [last, same] = ["", 0];
  while (same < looks) {
    if (performance.now() > end) return false;
    if (same) await new Promise((resolve) => setTimeout(resolve, every));
    const next = layout();
    [last, same] = [next, next === last ? same + 1 : 1];
  }
  return true;
}"""


def until(page: Page, check: Callable[[], T], seconds: float = SECONDS, every: float = EVERY) -> T:
    """Call a function of assertions until it passes; give what it returns.

    Args:
        every: milliseconds between two looks.

    Raises:
        Whatever it raises the last time, once the time is over.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except NOT_YET:
            if time.monotonic() > end:
                raise
        page.wait_for_timeout(every)  # and the browser's events are heard


def becomes(page: Page, read: Callable[[], Any], expected: Any) -> None:
    """Wait until what is read from the page equals what is expected, which may be approximate."""

    def check() -> None:
        found = read()
        assert found == expected, f"{found!r} is not {expected!r}"

    until(page, check)


def has_parameters(page: Page, **expected: str) -> None:
    """Wait until the address has these parameters, in whatever order and beside whatever others."""

    def read() -> dict[str, str | None]:
        query = dict(parse_qsl(urlsplit(page.url).query))
        return {name: query.get(name) for name in expected}

    becomes(page, read, expected)


def number(text: str) -> float:
    """A number as the pages print it."""
    return float(text.replace("−", "-").replace("+", "").replace(",", ""))


def has_number(place: Locator, attribute: str, expected: float, decimals: int = 4) -> None:
    """Wait until an attribute is a number as it is printed with so many decimals."""

    def read() -> float:
        text = place.get_attribute(attribute) or ""
        assert len(text.partition(".")[2]) == decimals, text
        return number(text)

    becomes(place.page, read, printed(expected, decimals))


def says_number(place: Locator, expected: float, decimals: int = 4) -> None:
    """Wait until one of the numbers in a text is the one expected, with so many decimals."""

    def check() -> None:
        words = place.inner_text()
        numbers = [
            text for text in NUMBER.findall(words) if len(text.partition(".")[2]) == decimals
        ]
        assert any(number(text) == printed(expected, decimals) for text in numbers), words

    until(place.page, check)


def at_rest(page: Page) -> None:
    """Wait until the script has run and everything has stood still for a seventh of a second."""
    still = {"looks": 4, "every": 50, "seconds": SECONDS}

    def check() -> None:  # again if the page goes elsewhere meanwhile
        assert page.evaluate(STANDS_STILL, still), "the page does not come to rest"

    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    until(page, check)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()


def fits(page: Page, width: int | None = None) -> None:
    """Nothing scrolls sideways, once the page has come to rest (at another width)."""
    if width is not None:
        page.set_viewport_size({"width": width, "height": 900})
    at_rest(page)
    main = page.locator(".stMain").evaluate("e => [e.scrollWidth, e.clientWidth]")
    whole = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert main[0] <= main[1] and whole[0] <= whole[1], (width, main, whole)


def box_of(place: Locator) -> dict[str, float]:
    """Where something stands (x, y, width, height in pixels), once it stands still."""
    last: list[Any] = []

    def check() -> dict[str, float]:
        last.append(place.bounding_box())
        assert last[-1] is not None and last[-2:] == [last[-1]] * 2
        return dict(last[-1])

    return until(place.page, check, every=EVERY / 2)
