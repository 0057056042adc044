"""Large model: a GPT of GPT-2's size (124 M parameters) in the app, up to 1,024 tokens.

Its weights are drawn, so nothing needs to be downloaded; how long each step takes does not depend
on what they are. The tokenizer is GPT-2's where its files are known (HEADLIGHT_GPT2), else a
byte-level one of the same size. Server and browser share this machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import torch
from playwright.sync_api import Browser, Page

import gpt
from benchmarks.app_speed import server_on
from benchmarks.browser import TIMEOUT, hover, launched, opened
from benchmarks.page_speed import opened_in, settled
from benchmarks.report import Report, Row, median, parser, progress, quantile
from gpt.convert import result
from gpt.errors import TokenizerError
from gpt.text import corpus as corpora
from gpt.text import cutting
from gpt.text.tokenizers import gpt2 as bpe
from gpt.text.tokenizers.gpt2 import Gpt2Tokenizer
from tests.browser.app_server import AppServer

NAME = "large_model"
RUN = "large"
LONG, SHORT = 1024, 128
LINE_BREAK = "↵"
PATIENCE = 240_000  # milliseconds
SIZE = dict(n_layer=12, n_head=12, n_embd=768, block_size=1024, vocab_size=50257)
SMALL = SIZE | dict(n_layer=4, n_head=4, n_embd=128)
PLACES = (
    "attention",
    "head",
    "mask_scale",
    "mask_scale?section=write",
    "mask_scale?section=draw",
    "mask_scale?section=softmax",
    "generate",
    "embeddings",
    "embeddings?part=Neighbours and analogies",
    "embeddings?part=Positions",
    "embeddings?part=Token %2B position",
    "residual",
    "residual?part=Direct effects",
    "residual?part=Norms",
    "residual?part=Gradients",
    "residual?part=Normalization",
)
REPAINTED = ("attention", "head", "mask_scale", "generate", "embeddings", "residual")


def main() -> None:
    """Start, look at a long prompt, hover, open every page, then change a short prompt."""
    options = _options()
    report = Report(NAME, options)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        checkpoints, log = Path(folder) / "checkpoints", Path(folder) / "log.txt"
        tokenizer = make(checkpoints / RUN, SMALL if options.quick else SIZE)
        texts = texts_of(tokenizer)
        long = texts(LONG)  # each text is new to the server
        began = time.perf_counter()
        with server_on(checkpoints, log) as server:
            started = time.perf_counter() - began
            at_once, _ = _first_look(browser, server, next(long))
        with server_on(checkpoints, log) as server:
            _visited(browser, server)
            first, frames = _first_look(browser, server, next(long))
            opens = [_open(browser, server, path, next(long)) for path in PLACES]
            repaints = [
                _repaint(browser, server, path, texts(SHORT), options.prompts) for path in REPAINTED
            ]
            memory = peak_mib(server.process.pid)
    notes = [
        f"{tokenizer.vocab_size:,} tokens; weights drawn; T = {LONG:,} first, then {SHORT}",
        "first paint: of Attention, in a new browser, from the address to all maps drawn; the "
        "model is loaded and traced in it. Just started: the server is still importing torch",
        "opened: from the address to the last change of the page before half a second of quiet",
        "repaint: from Enter to the last change of the page; every prompt is new to the server",
        "memory: the most that the server's process ever held (VmHWM), after all of the above",
    ]
    start = [
        {"wait": "process start to server answers", "value": started, "unit": "s"},
        {"wait": f"first paint, T = {LONG:,}, server just started", "value": at_once, "unit": "s"},
        {"wait": f"first paint, T = {LONG:,}", "value": first, "unit": "s"},
        {"wait": "frame while hovering, median", "value": median(frames), "unit": "ms"},
        {"wait": "frame while hovering, p95", "value": quantile(frames, 0.95), "unit": "ms"},
        {"wait": "most memory of the server", "value": memory, "unit": "MiB"},
    ]
    report.finish({"Start": start, "Opened": opens, "Repaint": repaints}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--prompts", type=int, default=5, help="changed prompts a page")
    return arguments.parse_args()


def make(folder: Path, size: dict[str, int]) -> Gpt2Tokenizer:
    """Write a run of drawn weights and GPT-2's architecture."""
    torch.manual_seed(1)
    model = gpt.GPT(gpt.GPTConfig(**size, tie_weights=True, activation="gelu_tanh"))
    tokenizer = tokenizer_of(size["vocab_size"])
    checkpoint = result.checkpoint("gpt2", Path("drawn"), model, tokenizer)
    folder.parent.mkdir(parents=True)
    result.save(checkpoint, folder)
    return tokenizer


def tokenizer_of(V: int) -> Gpt2Tokenizer:
    """GPT-2's, or as many tokens of one and two bytes, printable ones first."""
    try:
        return bpe.gpt2(network=False)
    except TokenizerError:
        bytes_ = [bytes([byte]) for byte in (*range(32, 127), *range(32), *range(127, 256))]
        pairs = (first + second for first in bytes_ for second in bytes_)
        return Gpt2Tokenizer([*bytes_, *(next(pairs) for _ in range(V - 257))])


def texts_of(tokenizer: Gpt2Tokenizer) -> Callable[[int], Iterator[str]]:
    """A function from a length to ever new texts of so many tokens."""
    written = corpora.from_builtin("plays", seed=7, length=400_000).text

    def texts(T: int) -> Iterator[str]:
        start = T  # other places for other lengths
        while True:
            start = written.index("\n\n", start + 101) + 2
            ids = cutting.beginning(tokenizer, tokenizer.encode(written[start : start + 12 * T]), T)
            if len(ids) == T and cutting.reads_back(tokenizer, ids):
                yield tokenizer.decode(ids)

    return texts


def peak_mib(pid: int) -> float:
    """The most memory that a process has held, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _address(server: AppServer, path: str, text: str) -> str:
    link = urlencode({"run": RUN, "prompt": text.replace("\n", LINE_BREAK)})
    return f"{server.url}/{path}{'&' if '?' in path else '?'}{link}"


def _visited(browser: Browser, server: AppServer) -> None:
    """Visit a page that reads no model first, so that the server has done its imports."""
    page = browser.new_page()
    opened_in(page, f"{server.url}/train", PATIENCE)
    page.wait_for_timeout(8000)
    page.close()


def _first_look(browser: Browser, server: AppServer, text: str) -> tuple[float, list[float]]:
    """Seconds to the first paint of a long prompt, then milliseconds of each frame of hovering."""
    progress("first paint")
    began = time.perf_counter()
    with opened(browser, _address(server, "attention", text)) as page:
        first = time.perf_counter() - began
        page.wait_for_timeout(3000)
        return first, hover(page, 400)


def _open(browser: Browser, server: AppServer, path: str, text: str) -> Row:
    """One page with a prompt that is new to the server."""
    progress(f"{path}, {LONG:,} tokens")
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    took = opened_in(page, _address(server, path, text), PATIENCE)
    held = peak_mib(server.process.pid)
    complaints = page.locator(".stAlert").all_inner_texts()
    page.close()
    return {
        "page": path,
        "seconds": took / 1000,
        "server_mib_by_then": held,
        "said": " ".join(complaints)[:90],
    }


def _repaint(
    browser: Browser, server: AppServer, path: str, texts: Iterator[str], count: int
) -> Row:
    """A changed prompt of the short length."""
    progress(f"{path}, {SHORT} tokens")
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.goto(_address(server, path, next(texts)))
    page.get_by_label("Prompt", exact=True).wait_for(timeout=TIMEOUT)
    page.wait_for_timeout(6000)
    times = [_enter(page, next(texts)) for _ in range(count + 1)][1:]
    page.close()
    return {"page": path, "T": SHORT, "median_ms": median(times), "n": count}


def _enter(page: Page, text: str) -> float:
    field = page.get_by_label("Prompt", exact=True)
    field.fill(text.replace("\n", LINE_BREAK))
    return settled(page, "keydown", lambda: field.press("Enter"), PATIENCE)


if __name__ == "__main__":
    main()
