"""The attention view in a real browser: what is read on hover is what numpy holds."""

import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.profiles import empty_page
from tests.browser.waiting import becomes, box_of, fits
from viz.colors import WEIGHTS

ANY_TEXT = re.compile(".+")
ROOT = Path(__file__).parents[2]
APP = Path(__file__).with_name("attention_view_app.py")


def load_app() -> ModuleType:
    spec = importlib.util.spec_from_file_location("attention_view_app", APP)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


app = load_app()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"port": port, "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    flags = [f"--server.{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(APP), *flags]
    command.append("--browser.gatherUsageStats=false")
    process = subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def wait_until_healthy(url: str, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"no answer from {url}")


@pytest.fixture
def show(profile: BrowserContext, server: str) -> Iterator[Callable[..., Page]]:
    """show(T=…, L=…, …) opens the page; afterwards no page may have thrown or logged an error."""
    pages: list[Page] = []
    faults: list[str] = []

    def open_page(theme: Literal["light", "dark"] = "light", **settings: Any) -> Page:
        page = empty_page(profile, server, theme)
        pages.append(page)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append("a token opened a dialog"))
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        page.goto(f"{server}/?{query}&embed_options={theme}_theme")
        expect(root(page)).to_have_attribute("data-painted", ANY_TEXT)
        return page

    yield open_page
    for page in pages:
        assert not page.locator("[role=dialog]").count()
        page.close()
    assert not faults


def root(page: Page) -> Any:
    return page.get_by_test_id("attention-view")


def readout(page: Page) -> Any:
    return page.get_by_test_id("readout")


def hover(page: Page, i: int, j: int, T: int) -> None:
    box = box_of(page.get_by_test_id("attention-detail"))
    page.mouse.move(
        box["x"] + (j + 0.5) / T * box["width"], box["y"] + (i + 0.5) / T * box["height"]
    )


def expect_cell(page: Page, l: int, h: int, i: int, j: int, text: str) -> None:
    line = readout(page)
    for name, value in (("query", i), ("key", j), ("layer", l), ("head", h)):
        expect(line).to_have_attribute(f"data-{name}", str(value))
    expect(line).to_have_attribute("data-value", text)
    expect(line).to_have_attribute("data-weight", text)
    expect(line).to_contain_text(text)


def pick(page: Page, l: int, h: int) -> None:
    page.locator(f"[data-testid=attention-thumb][data-layer='{l}'][data-column='{h}']").click()
    expect(root(page)).to_have_attribute("data-selected-head", f"{l},{h}")


def four(value: float) -> str:
    return f"{float(value):.4f}"


@pytest.mark.parametrize(
    ("settings", "cells"),
    [
        ({"T": 8}, [(0, 0), (7, 7), (5, 2), (6, 6)]),
        ({"T": 64}, [(0, 0), (63, 0), (63, 63), (40, 38), (17, 3)]),
        ({"T": 64, "kind": "signed"}, [(63, 0), (20, 19), (50, 1)]),
        ({"T": 64, "mask": "odd"}, [(2, 1), (5, 61)]),
        ({"T": 256, "L": 12, "H": 12}, [(255, 0), (255, 255), (100, 99)]),
        ({"T": 300, "L": 12, "H": 12}, [(299, 299), (150, 148)]),
    ],
)
def test_hover_reads_the_array(
    show: Callable[..., Page], settings: dict[str, Any], cells: list[tuple[int, int]]
) -> None:
    picture = app.picture(**settings)
    page = show(**settings)
    T = settings["T"]
    expect(root(page)).to_have_attribute("data-tokens", str(T))
    for i, j in cells:
        hover(page, i, j, T)
        expect_cell(page, 0, 0, i, j, four(picture.values[0, 0, i, j]))
    expect(readout(page)).to_have_attribute("data-view", picture.name)


def test_masked_is_said_never_zero(show: Callable[..., Page]) -> None:
    page = show(T=8)
    hover(page, 2, 6, 8)
    expect_cell(page, 0, 0, 2, 6, "masked")
    expect(readout(page)).not_to_contain_text("0.0")


def test_hovering_a_token_lights_its_query(show: Callable[..., Page]) -> None:
    weights = app.picture(T=64).values[0, 0]
    page = show(T=64)
    page.locator("[data-testid=token-strip] span").nth(30).hover()
    key = int(np.argmax(weights[30]))
    expect_cell(page, 0, 0, 30, key, four(weights[30, key]))


def test_click_locks_and_escape_releases(show: Callable[..., Page]) -> None:
    page = show(T=8)
    hover(page, 5, 2, 8)
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_text("cell [5, 2]")).to_be_visible()
    hover(page, 7, 1, 8)
    expect(readout(page)).to_have_attribute("data-locked", "true")
    expect(readout(page)).to_have_attribute("data-query", "5")
    page.keyboard.press("Escape")
    expect(page.get_by_text("cell None")).to_be_visible()
    hover(page, 7, 0, 8)
    expect(readout(page)).to_have_attribute("data-query", "7")


def test_a_lock_outlives_new_data(show: Callable[..., Page]) -> None:
    page = show(T=8)
    hover(page, 5, 2, 8)
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_text("cell [5, 2]")).to_be_visible()
    page.get_by_text("signed", exact=True).click()
    raw = app.picture(T=8, kind="signed").values
    expect_cell(page, 0, 0, 5, 2, four(raw[0, 0, 5, 2]))


def test_arrow_keys_move_the_cell_and_shift_the_head(show: Callable[..., Page]) -> None:
    weights = app.picture(T=8).values
    page = show(T=8)
    hover(page, 5, 2, 8)
    page.get_by_test_id("attention-detail").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect_cell(page, 0, 0, 6, 3, four(weights[0, 0, 6, 3]))
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    expect_cell(page, 1, 1, 6, 3, four(weights[1, 1, 6, 3]))
    expect(page.get_by_text("head [1, 1]")).to_be_visible()
    page.keyboard.press("[")
    expect(root(page)).to_have_attribute("data-selected-head", "1,0")


def test_picking_a_head_here_and_from_python(show: Callable[..., Page]) -> None:
    weights = app.picture(T=64).values
    page = show(T=64)
    pick(page, 2, 3)
    expect(page.get_by_text("head [2, 3]")).to_be_visible()
    hover(page, 33, 30, 64)
    expect_cell(page, 2, 3, 33, 30, four(weights[2, 3, 33, 30]))
    page.get_by_role("button", name="go to the last head").click()
    expect(root(page)).to_have_attribute("data-selected-head", "3,3")
    expect(page.get_by_text("head [3, 3]")).to_be_visible()
    pick(page, 2, 3)  # the same as before Python's: still a pick
    expect(page.get_by_text("head [2, 3]")).to_be_visible()
    expect(root(page)).to_have_attribute("data-selected-head", "2,3")


def test_a_head_not_sent_yet_loads_and_is_then_exact(show: Callable[..., Page]) -> None:
    weights = app.picture(T=300, L=3, H=2).values
    page = show(T=300, L=3, H=2)
    hover(page, 200, 199, 300)
    expect_cell(page, 0, 0, 200, 199, four(weights[0, 0, 200, 199]))
    page.evaluate(RECORD_READOUT)
    page.get_by_test_id("attention-detail").focus()
    page.keyboard.press("Shift+ArrowDown")
    expect_cell(page, 1, 0, 200, 199, four(weights[1, 0, 200, 199]))
    said = page.evaluate("window.said.filter(text => text.startsWith('L1 H0'))")
    assert "loading L1 H0…" in said[0]  # of all that was said until the value came


RECORD_READOUT = """() => {
  const host = document.querySelector('[data-testid=stBidiComponentIsolated]');
  const line = host.shadowRoot.querySelector('[data-testid=readout]');
  window.said = [];
  new MutationObserver(() => window.said.push(line.textContent))
    .observe(line, {childList: true, subtree: true, characterData: true});
}"""


def test_a_thousand_tokens_zoom(show: Callable[..., Page]) -> None:
    weights = app.picture(T=1024, L=2, H=2).values[0, 0]
    page = show(T=1024, L=2, H=2)
    hover(page, 700, 690, 1024)
    expect_cell(page, 0, 0, 700, 690, four(weights[700, 690]))
    page.mouse.wheel(0, -100)
    expect(root(page)).to_contain_text("queries")
    page.get_by_test_id("attention-detail").focus()
    page.keyboard.press("ArrowUp")
    expect_cell(page, 0, 0, 699, 690, four(weights[699, 690]))
    page.get_by_role("button", name="reset").click()
    expect(root(page)).not_to_contain_text("queries")


HOSTILE = ("<script>alert(1)</script>", "⟨U+202E⟩abc", "<img·src=x·onerror=alert(1)>")


def test_hostile_tokens_are_text(show: Callable[..., Page]) -> None:
    page = show(T=16, hostile=1)
    strip = page.locator("[data-testid=token-strip] span")
    for n, words in enumerate(HOSTILE):
        expect(strip.nth(n)).to_have_text(words)
    expect(root(page).locator("img, script")).to_have_count(0)
    hover(page, 2, 0, 16)
    expect(readout(page)).to_contain_text("<script>alert(1)</script>")


def test_sorted_heads_keep_their_names(show: Callable[..., Page]) -> None:
    picture = app.picture(T=64, order="entropy")
    page = show(T=64, order="entropy")
    l, h = picture.order[0]
    first = page.get_by_test_id("attention-thumb").first
    expect(first).to_have_text(f"L{l} H{h}")
    title = f"L{l} H{h} · mean entropy {picture.entropy[l, h]:.2f} nats"
    expect(first).to_have_attribute("title", title)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_and_width(show: Callable[..., Page], theme: str) -> None:
    """Weight 1 has the scale's last colour in both themes; nothing stands over the right edge."""
    page = show(T=8, theme=theme)
    canvas = page.get_by_test_id("attention-detail").locator(".base")
    for width in (760, 1920):
        fits(page, width)
        becomes(page, lambda: canvas.evaluate(FIRST_CELL), [*bytes.fromhex(WEIGHTS[-1][1:]), 255])
        becomes(page, lambda: root(page).evaluate("e => e.scrollWidth <= e.clientWidth"), True)


FIRST_CELL = "c => [...c.getContext('2d').getImageData(c.width / 16, c.width / 16, 1, 1).data]"
