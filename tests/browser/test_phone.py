"""On a phone: pictures are whole in sight, none scrolls in a box of its own, and bars are high."""

from __future__ import annotations

from functools import partial

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app_server import AppServer
from tests.browser.waiting import at_rest, becomes

PHONE = 390  # px
BARS = 130  # px: the highest stack of bars, at least

# The texts of plotly's pictures that are beyond the window or beyond their picture.
BEYOND = """(selector) => [...document.querySelectorAll(selector)].flatMap((plot) => {
  const box = plot.getBoundingClientRect();
  const right = Math.min(box.right, innerWidth);
  return [...plot.querySelectorAll("text")].filter((text) => {
    const words = text.getBoundingClientRect();
    return words.width > 0 && (words.right > right + 1 || words.left < box.left - 1);
  }).map((text) => text.textContent);
})"""
HIGHEST = """(selector) => {
  const bars = [...document.querySelectorAll(`${selector} .bars path`)];
  const boxes = bars.map((bar) => bar.getBoundingClientRect()).filter((box) => box.height);
  const of = (side) => boxes.map((box) => box[side]);
  return boxes.length ? Math.max(...of("bottom")) - Math.min(...of("top")) : 0;
}"""


def opened(page: Page, server: AppServer, address: str) -> None:
    page.set_viewport_size({"width": PHONE, "height": 844})
    page.goto(f"{server.url}/{address}")
    expect(page.locator("h2").first).to_be_visible()
    at_rest(page)


PICTURES = {
    "generate": {"[class*='st-key-generate_bars'] .js-plotly-plot": 1},
    "normalization": {
        "[class*='st-key-norm_matrix_'] .js-plotly-plot": 3,
        "[class*='st-key-norm_change_'] .js-plotly-plot": 2,
    },
    "normalization?show=in+this+model": {".st-key-norm_learned .js-plotly-plot": 1},
}


@pytest.mark.parametrize("address", PICTURES)
def test_a_picture_is_whole_in_sight(page: Page, server: AppServer, address: str) -> None:
    opened(page, server, address)
    for picture, count in PICTURES[address].items():
        expect(page.locator(picture)).to_have_count(count)
        becomes(page, partial(page.evaluate, BEYOND, picture), [])


def test_the_bars_of_a_models_parts_are_high(page: Page, server: AppServer) -> None:
    opened(page, server, "model?run=shakespeare")
    becomes(page, lambda: page.evaluate(HIGHEST, ".st-key-structure_all") >= BARS, True)
