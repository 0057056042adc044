"""Page speed: from a changed control to the last change on the page, on every page of See.

One model, one prompt of 128 tokens, a real browser on the same machine as the server. A page counts
as repainted at the last change of its document, components included, before half a second of quiet.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from benchmarks.app_speed import SHIPPED, copy_runs, server_on, texts_of
from benchmarks.browser import TIMEOUT, launched
from benchmarks.report import ROOT, Report, Row, median, parser, progress, quantile

NAME = "page_speed"
T = 128
QUIET = 500  # milliseconds

# Components live in shadow roots, which an observer of the document does not see into.
SETTLING = """(quiet) => {
  const clock = (window.settling = { began: null, last: null, done: false });
  const seen = new Set();
  const changed = () => { clock.last = performance.now(); };
  const observer = new MutationObserver(() => { changed(); look(); });
  const what = { subtree: true, childList: true, attributes: true, characterData: true };
  const look = () => {
    for (const host of document.querySelectorAll("[data-testid=stBidiComponentIsolated]")) {
      const root = host.shadowRoot;
      if (root && !seen.has(root)) { seen.add(root); observer.observe(root, what); }
    }
  };
  observer.observe(document.querySelector("[data-testid=stMainBlockContainer]"), what);
  look();
  addEventListener("click", () => { clock.began = clock.last = performance.now(); wait(); },
    { capture: true, once: true });
  const wait = () => {
    if (performance.now() - clock.last < quiet || clock.last === clock.began) {
      setTimeout(wait, 20);
    } else {
      observer.disconnect();
      clock.done = true;
    }
  };
}"""

Change = tuple[str, str, Callable[[Page, int], None]]


def main() -> None:
    """Open each page once, then change one of its controls to and fro."""
    options = _options()
    report = Report(NAME, options)
    changes = 4 if options.quick else options.changes
    text = texts_of(ROOT / "checkpoints" / options.run)(T)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        checkpoints = copy_runs(Path(folder) / "checkpoints", options.run)
        with server_on(checkpoints, Path(folder) / "log.txt") as server:
            rows = []
            for place, what, change in CHANGES:
                progress(f"{place}: {what}")
                link = urlencode({"run": options.run, "prompt": text.replace("\n", "↵")})
                address = f"{server.url}/{place}{'&' if '?' in place else '?'}{link}"
                rows.append(_row(place, what, _times(browser, address, change, changes)))
    notes = [
        f"run {options.run}, {T} tokens; runs shipped beside it: {', '.join(SHIPPED)}",
        "from the click to the last change of the page before half a second of quiet",
        "each setting was computed once before, so that the server answers from its trace",
    ]
    report.finish({"Repaint": rows}, notes)


def _options() -> argparse.Namespace:
    made = parser(__doc__)
    made.add_argument("--run", default="shakespeare", help="shipped run to look at")
    made.add_argument("--changes", type=int, default=16, help="changes a page")
    return made.parse_args()


def _times(
    browser: Browser, address: str, change: Callable[[Page, int], None], count: int
) -> list[float]:
    """Milliseconds of each change; the first two, which compute, are left out."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.goto(address)
    page.get_by_role("heading", level=2).first.wait_for(timeout=TIMEOUT)
    page.wait_for_timeout(5000)
    found = []
    for n in range(count + 2):
        page.evaluate(SETTLING, QUIET)
        change(page, n)
        page.wait_for_function("settling.done", polling=50, timeout=TIMEOUT)
        found.append(float(page.evaluate("settling.last - settling.began")))
    page.close()
    return found[2:]


def _row(place: str, what: str, times: list[float]) -> Row:
    p95 = quantile(times, 0.95) if len(times) >= 10 else None
    name = place.partition("?")[0]
    return {"page": name, "change": what, "median_ms": median(times), "p95_ms": p95}


def _radio(key: str, names: tuple[str, str]) -> Callable[[Page, int], None]:
    """Click one of two options in turn, the second first."""

    def change(page: Page, n: int) -> None:
        group = page.locator(f".st-key-{key}")
        group.get_by_role("radio", name=names[(n + 1) % 2], exact=True).click()

    return change


CHANGES: list[Change] = [
    ("attention", "mask", _radio("link_mask", ("as trained", "off"))),
    ("head", "mask", _radio("link_mask", ("as trained", "off"))),
    ("mask_scale", "scale of B", _radio("link_scale_b", ("as trained", "off"))),
    ("embeddings", "weights", _radio("link_when", ("trained", "start"))),
    ("residual", "mask", _radio("link_mask", ("as trained", "off"))),
]


if __name__ == "__main__":
    main()
