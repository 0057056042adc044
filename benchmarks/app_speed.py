"""App speed: how long a person waits, in a real browser, from start to hover.

The app runs as `streamlit run app.py` on a copy of the shipped runs; server and browser share this
machine. Prompts are generated, and each is new to the server, so that no cache answers for it.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

import gpt
from benchmarks.browser import hover, launched, opened, timed
from benchmarks.report import ROOT, Report, Row, median, parser, progress, quantile
from gpt.text import corpus as corpora
from gpt.text.repair import drop_unknown
from tests.browser import app_server
from tests.browser.app_server import AppServer

NAME = "app_speed"
SHIPPED = ("shakespeare", "shakespeare-fast", "copy", "reviews", "translation")
LENGTHS = (64, 250)
LINE_BREAK = "↵"  # how the prompt's one-line field shows and reads it


def main() -> None:
    """Start the app some times, then use it at each prompt length."""
    options = _options()
    report = Report(NAME, options)
    starts, prompts, moves = (1, 3, 40) if options.quick else (3, options.prompts, 400)
    texts = texts_of(ROOT / "checkpoints" / options.run)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        checkpoints = copy_runs(Path(folder) / "checkpoints", options.run)
        log = Path(folder) / "log.txt"
        start_rows = _starts(browser, checkpoints, log, starts)
        with server_on(checkpoints, log) as server:
            rows = [
                row
                for T in LENGTHS
                for row in _at_length(browser, server, options.run, T, texts, prompts, moves)
            ]
    notes = [
        f"run {options.run}; medians, and p95 where there are ten or more",
        "new: the model runs. again: the same trace as before, from the server's cache",
        "Enter and clicks: from the browser's event to the frame with the new maps (16.7 ms apart)",
        "hover: time between frames while the mouse moves over the large map",
    ]
    report.finish({"Start": start_rows, "Use": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--run", default="shakespeare", help="shipped run to look at")
    arguments.add_argument("--prompts", type=int, default=15, help="distinct prompts a length")
    return arguments.parse_args()


def copy_runs(folder: Path, run: str) -> Path:
    """The shipped runs alone, in a folder of their own."""
    for name in {*SHIPPED, run}:
        if (ROOT / "checkpoints" / name / "model.safetensors").is_file():
            shutil.copytree(ROOT / "checkpoints" / name, folder / name)
    return folder


def texts_of(run: Path) -> Callable[[int], str]:
    """A function from a length to a text of so many tokens that it has not given before."""
    tokenizer = gpt.load(run).tokenizer
    written = drop_unknown(tokenizer, corpora.from_builtin("plays", seed=7, length=60_000).text)
    places = itertools.count(0, 101)

    def text(T: int) -> str:
        start = next(places) % (len(written) - T)
        return written[start : start + T]

    return text


@contextmanager
def server_on(checkpoints: Path, log: Path) -> Iterator[AppServer]:
    server = app_server.start(checkpoints, log)
    try:
        yield server
    finally:
        server.kill()


def _starts(browser: Browser, checkpoints: Path, log: Path, count: int) -> list[Row]:
    """From the server's process to the first maps on the screen, and again for a second visit."""
    answers, first, second = [], [], []
    for n in range(count):
        progress(f"start {n + 1} of {count}")
        began = time.perf_counter()
        with server_on(checkpoints, log) as server:
            answers.append(time.perf_counter() - began)
            with opened(browser, f"{server.url}/attention"):
                first.append(time.perf_counter() - began)
            began = time.perf_counter()
            with opened(browser, f"{server.url}/attention"):
                second.append(time.perf_counter() - began)
    waits = {
        "process start to server answers": answers,
        "process start to first maps painted": first,
        "second visit: address to maps painted": second,
    }
    return [{"wait": name, "seconds": median(s), "starts": len(s)} for name, s in waits.items()]


def _at_length(
    browser: Browser,
    server: AppServer,
    run: str,
    T: int,
    texts: Callable[[int], str],
    prompts: int,
    moves: int,
) -> list[Row]:
    """Every wait of one prompt length, on one page."""
    progress(f"prompts of {T} tokens")
    address = f"{server.url}/attention?{urlencode({'run': run, 'prompt': texts(T)})}"
    with opened(browser, address) as page:
        entered, off, on = [], [], []
        for _ in range(prompts):
            entered.append(_enter(page, texts(T)))
            off.append(_mask(page, "off"))
            on.append(_mask(page, "as trained"))
        rows = [
            _row("Enter to repainted, new", T, entered),
            _row("mask off to repainted, new", T, off),
            _row("mask on to repainted, again", T, on),
            _row("head clicked to drawn", T, _heads(page, prompts)),
            _row("frame while hovering", T, hover(page, moves)),
        ]
        _expect_tokens(page, T)
    return rows


def _row(wait: str, T: int, times: list[float]) -> Row:
    p95 = quantile(times, 0.95) if len(times) >= 10 else None
    return {"wait": wait, "T": T, "median_ms": median(times), "p95_ms": p95, "n": len(times)}


def _enter(page: Page, text: str) -> float:
    field = page.get_by_label("Prompt", exact=True)
    field.fill(text.replace("\n", LINE_BREAK))
    return timed(page, "keydown", "painted", lambda: field.press("Enter"))


def _mask(page: Page, name: str) -> float:
    button = page.locator(".st-key-link_mask").get_by_role("radio", name=name, exact=True)
    return timed(page, "click", "painted", button.click)


def _heads(page: Page, count: int) -> list[float]:
    """Click one head after the other; the browser has them all, so that no rerun is waited for."""
    thumbs = page.get_by_test_id("attention-thumb")
    others = range(1, 1 + min(count, thumbs.count() - 1))
    return [timed(page, "click", "selectedHead", thumbs.nth(n).click) for n in others]


def _expect_tokens(page: Page, T: int) -> None:
    count = page.get_by_test_id("attention-view").get_attribute("data-tokens")
    if count != str(T):
        raise RuntimeError(f"the page showed {count} tokens, not {T}")


if __name__ == "__main__":
    main()
