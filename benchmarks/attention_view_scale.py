"""Attention view at scale: the component alone, 12 × 12 heads, from 64 to 1,024 tokens.

Painted is from the click that asks for other maps to the frame that shows them: Streamlit's rerun,
the way to the browser, decoding and drawing. The encoding, which the app caches, is timed apart.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.attention_view_app import PAYLOADS, H, L, picture
from benchmarks.browser import hover, launched, opened, timed
from benchmarks.report import Report, Row, median, parser, progress, quantile
from tests.browser import app_server
from viz.views.attention import encode

NAME = "attention_view_scale"
APP = Path(__file__).with_name("attention_view_app.py")
LENGTHS = (64, 128, 256, 512, 1024)


def main() -> None:
    """One row for each number of tokens."""
    options = _options()
    report = Report(NAME, options)
    lengths, moves = ((64, 512), 40) if options.quick else (options.tokens, 400)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        server = app_server.start(Path(folder), Path(folder) / "log.txt", APP)
        try:
            rows = [_row(browser, server.url, T, moves) for T in lengths]
        finally:
            server.kill()
    notes = [
        f"{L} × {H} heads, weights, causal; the large map is of one head",
        f"painted: median of {PAYLOADS - 1} clicks, each for maps not sent before",
        "head: click on a thumbnail to drawn; – (null) where that head has to come from the server",
        "hover: time between frames while the mouse moves over the large map",
    ]
    report.finish({"Attention view": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--tokens", type=int, nargs="+", default=LENGTHS, metavar="T")
    return arguments.parse_args()


def _row(browser: Browser, url: str, T: int, moves: int) -> Row:
    progress(f"T = {T}")
    size, encode_ms, every = _encoding(T)
    with opened(browser, f"{url}/?T={T}") as page:
        painted = [_next(page) for _ in range(PAYLOADS - 1)]
        head_ms = _head(page) if every else None
        frames = hover(page, moves)
    return {
        "T": T,
        "heads_sent": "all" if every else "one, and thumbnails",
        "payload_mb": size / 1e6,
        "encode_ms": encode_ms,
        "painted_ms": median(painted),
        "head_ms": head_ms,
        "hover_p50_ms": quantile(frames, 0.5),
        "hover_p95_ms": quantile(frames, 0.95),
        "frames": len(frames),
    }


def _encoding(T: int) -> tuple[int, float, bool]:
    """Bytes of a payload, median milliseconds to make one, and whether it holds every head."""
    maps, times, size = picture(T, seed=0), [], 0
    for _ in range(3):
        started = time.perf_counter()
        size = len(encode(maps))
        times.append(1000 * (time.perf_counter() - started))
    return size, median(times), maps.every_head_is_exact


def _next(page: Page) -> float:
    button = page.get_by_role("button", name="next", exact=True)
    return timed(page, "click", "painted", button.click)


def _head(page: Page) -> float:
    thumbs = page.get_by_test_id("attention-thumb")
    return median(
        timed(page, "click", "selectedHead", thumbs.nth(n).click) for n in (1, 14, 27, 40, 53)
    )


if __name__ == "__main__":
    main()
