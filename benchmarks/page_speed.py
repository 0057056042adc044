"""Page speed: from a changed control to the last change on the page, on every page of See.

One model, prompts of 128 tokens, a real browser on the same machine as the server. A page counts
as repainted at the last change of its document, components included, before half a second of quiet.
That is later than when a person sees the new numbers: it counts the fading and unfading of
everything that Streamlit touches, down to the last button. What a canvas paints in the same task
as its last change of an attribute is in it, the frame in which the screen shows that is not.

Scrubbing is the film of a run's snapshots on Runs, one frame after the other as fast as each is
painted.
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
SETTLING = """([quiet, event]) => {
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
  const start = (began, last = began) => { Object.assign(clock, { began, last }); wait(); };
  const app = () => document.querySelector("[data-testid=stApp]");
  const busy = () => app()?.dataset.testScriptState !== "notRunning";
  const wait = () => {
    if (performance.now() - clock.last < quiet || clock.last <= clock.began || busy()) {
      setTimeout(wait, 20);
    } else {
      observer.disconnect();
      clock.done = true;
    }
  };
  const now = () => performance.now();
  if (!event) start(0, now()); // from the page's own beginning
  else addEventListener(event, () => start(now()), { capture: true, once: true });
}"""

# Paints every frame of the film, each in an animation frame of its own; answers in milliseconds.
ONE_PASS = """async () => {
  const host = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
    .find((each) => each.shadowRoot?.querySelector("[data-testid=attention-player] input"));
  const slider = host.shadowRoot.querySelector("[data-testid=attention-player] input");
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const frames = 1 + Number(slider.max);
  await painted();
  const began = performance.now();
  for (let frame = 0; frame < frames; frame++) {
    slider.value = frame;
    slider.dispatchEvent(new Event("input"));
    await painted();
  }
  return [frames, performance.now() - began];
}"""

Change = Callable[[Page, int], None]
Options = tuple[str, tuple[str, ...]]
"""A row of options: the key of its widget, and their names, the first chosen at first."""

MASK: Options = ("link_mask", ("as trained", "off", "last 8"))
SCALE: Options = ("link_scale", ("as trained", "1/√D", "1/√C", "off"))


def main() -> None:
    """Open each page once, then change one of its controls to and fro."""
    options = _options()
    report = Report(NAME, options)
    changes = 4 if options.quick else options.changes
    # A row's own text, so that no other row had the model read it.
    texts = texts_of(ROOT / "checkpoints" / options.run)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        checkpoints = copy_runs(Path(folder) / "checkpoints", options.run)
        with server_on(checkpoints, Path(folder) / "log.txt") as server:
            rows = []
            for path, what, change, most in CHANGES:
                progress(f"{path}: {what}")
                address = f"{server.url}/{_with_prompt(path, options.run, texts(T))}"
                times = _times(browser, address, change, min(changes, most))
                rows.append(_row(path, what, times))
            film = _film(browser, f"{server.url}/runs?runs={options.run}&show=time", changes)
    notes = [
        f"run {options.run}, {T} tokens; runs shipped beside it: {', '.join(SHIPPED)}",
        "repaint: from the click to the last change of the page before half a second of quiet",
        "to and fro: both settings were computed before, and the server answers from its trace",
        "new: mask and scale as they were never before on this prompt, so that the model runs",
        "film: all heads on the run's own probe prompt, one frame after the other",
    ]
    report.finish({"Repaint": rows, "Film": [film]}, notes)


def _with_prompt(path: str, run: str, text: str) -> str:
    """The path in this run and text, unless it names a run of its own."""
    if "run=" in path:
        return path
    link = urlencode({"run": run, "prompt": text.replace("\n", "↵")})
    return f"{path}{'&' if '?' in path else '?'}{link}"


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--run", default="shakespeare", help="shipped run to look at")
    arguments.add_argument("--changes", type=int, default=16, help="changes a page")
    return arguments.parse_args()


def _times(
    browser: Browser, address: str, change: Callable[[Page, int], None], count: int
) -> list[float]:
    """Milliseconds of each change; the first two, which compute, are left out."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.goto(address)
    page.get_by_role("heading", level=2).first.wait_for(timeout=TIMEOUT)
    page.wait_for_timeout(5000)
    times = []
    for n in range(count + 2):
        times.append(settled(page, "click", lambda n=n: change(page, n)))  # type: ignore[misc]
    page.close()
    return times[2:]


def settled(page: Page, event: str, act: Callable[[], None], timeout: int = TIMEOUT) -> float:
    """Milliseconds from the event that `act` causes to the last change of the page."""
    page.evaluate(SETTLING, [QUIET, event])
    act()
    return _last(page, timeout)


def opened_in(page: Page, address: str, timeout: int = TIMEOUT) -> float:
    """Milliseconds from an address to the last change of its page."""
    page.goto(address)
    page.locator("[data-testid=stMainBlockContainer]").wait_for(timeout=TIMEOUT)
    page.evaluate(SETTLING, [QUIET, ""])
    return _last(page, timeout)


def _last(page: Page, timeout: int = TIMEOUT) -> float:
    page.wait_for_function("settling.done", polling=50, timeout=timeout)
    return float(page.evaluate("settling.last - settling.began"))


def _film(browser: Browser, address: str, passes: int) -> Row:
    """Frames a second of the snapshots of a run, scrubbed from the first to the last."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.goto(address)
    page.locator("[data-testid=attention-view][data-frames]").wait_for(timeout=TIMEOUT)
    page.wait_for_timeout(3000)
    rates, frames = [], 0
    for _ in range(passes):
        frames, took = page.evaluate(ONE_PASS)
        rates.append(1000 * frames / took)
    page.close()
    return {"page": "runs", "frames": frames, "median_frames_a_second": median(rates)}


def _row(path: str, what: str, times: list[float]) -> Row:
    p95 = quantile(times, 0.95) if len(times) >= 10 else None
    return {
        "page": path.replace("?part=", ", ").partition("?")[0],
        "change": what,
        "median_ms": median(times),
        "p95_ms": p95,
    }


def _click(page: Page, key: str, name: str) -> None:
    page.locator(f".st-key-{key}").get_by_role("radio", name=name, exact=True).click()


def _to_and_fro(key: str, names: tuple[str, str]) -> Change:
    """Click one of two options in turn, the second first."""
    return lambda page, n: _click(page, key, names[(n + 1) % 2])


def _ever_new(outer: Options, inner: Options) -> Change:
    """Click through the pairs of two rows of options, one click a pair, and none of them twice."""
    clicks: list[tuple[str, str]] = []
    for n, name in enumerate(outer[1]):
        names = inner[1][::-1] if n % 2 else inner[1]
        clicks += [(outer[0], name)] if n else []
        clicks += [(inner[0], each) for each in names[1:]]
    return lambda page, n: _click(page, *clicks[n])


PAIRS = len(MASK[1]) * len(SCALE[1]) - 1 - 2
"""Changes to new pairs of mask and scale that there are, after the two that warm up."""


def _hold_token(page: Page, n: int) -> None:
    page.get_by_test_id("whole-token").nth(n).click()


def _pick_head(page: Page, n: int) -> None:
    page.get_by_test_id("attention-view").first.locator(f"[data-head='{(n + 1) % 2}']").click()


_averaged = _to_and_fro("link_show", ("Every head", "Alignment: heads averaged"))


# Page, what is changed, how, and how often at most.
CHANGES: list[tuple[str, str, Change, int]] = [
    ("home", "another token held", _hold_token, 99),
    ("attention", "mask, to and fro", _to_and_fro("link_mask", ("as trained", "off")), 99),
    ("attention", "new mask or scale", _ever_new(MASK, SCALE), PAIRS),
    ("head", "mask, to and fro", _to_and_fro("link_mask", ("as trained", "off")), 99),
    ("head", "new mask or scale", _ever_new(MASK, SCALE), PAIRS),
    (
        "mask_scale",
        "scale of B, to and fro",
        _to_and_fro("link_scale_b", ("as trained", "off")),
        99,
    ),
    (
        "mask_scale",
        "new scale of A or B",
        _ever_new(("link_scale_a", SCALE[1]), ("link_scale_b", SCALE[1])),
        PAIRS,
    ),
    ("embeddings", "weights, to and fro", _to_and_fro("link_when", ("trained", "start")), 99),
    ("residual", "mask, to and fro", _to_and_fro("link_mask", ("as trained", "off")), 99),
    ("residual", "new mask or scale", _ever_new(MASK, SCALE), PAIRS),
    (
        "residual?part=Normalization",
        "mask, to and fro",
        _to_and_fro("link_mask", ("as trained", "off")),
        99,
    ),
    ("encoder?run=reviews", "another head", _pick_head, 99),
    ("translation?run=translation", "heads, averaged, to and fro", _averaged, 99),
]


if __name__ == "__main__":
    main()
