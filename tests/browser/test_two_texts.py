"""Queries of one text and keys of another in a real browser, from trace to picture to view."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

import gpt
from tests.browser import app_server
from tests.browser.profiles import empty_page
from tests.browser.two_texts_app import KEYS, PADDING, TARGET
from tests.browser.waiting import becomes, box_of, fits
from tests.close import close, printed
from tests.gpt.two_texts import H, L, S, T, numpy_forward, source_ids, target_ids, two_texts

APP = Path(__file__).with_name("two_texts_app.py")
SHOTS = os.environ.get("HEADLIGHT_SHOTS", "")
"""A folder for screenshots to look at; none are taken without it."""
WIDTHS = (390, 1024, 1920)
Show = Callable[..., Page]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("two_texts")
    running = app_server.start(folder, folder / "log.txt", script=APP)
    yield running.url
    running.stop()


@pytest.fixture
def show(profile: BrowserContext, server: str) -> Iterator[Show]:
    """show(site=…) opens the page; afterwards no page may have thrown an error."""
    pages: list[Page] = []
    faults: list[str] = []

    def open_page(theme: Literal["light", "dark"] = "light", **settings: Any) -> Page:
        page = empty_page(profile, server, theme)
        page.set_viewport_size({"width": 1366, "height": 900})
        pages.append(page)
        page.on("pageerror", lambda error: faults.append(str(error)))
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        page.goto(f"{server}/?{query}&embed_options={theme}_theme")
        keys = str(T if settings.get("site") == "decoder" else S)
        expect(page.get_by_test_id("attention-view")).to_have_attribute("data-key-tokens", keys)
        expect(page.get_by_test_id("mask-editor")).to_have_attribute("data-key-tokens", str(S))
        return page

    yield open_page
    for page in pages:
        page.close()
    assert not faults


def cross(mask: np.ndarray | None = None) -> gpt.Trace:
    switches = {"cross": gpt.Switches(mask="model" if mask is None else mask)}
    source = source_ids(padding=PADDING)
    return gpt.trace(two_texts(), target_ids(), switches, source=source)


def hover(box: Locator, i: int, j: int, rows: int = T, columns: int = S) -> None:
    """Move the mouse over the middle of a cell of a map."""
    box.scroll_into_view_if_needed()
    at = box_of(box)
    x, y = (j + 0.5) / columns * at["width"], (i + 0.5) / rows * at["height"]
    box.page.mouse.move(at["x"] + x, at["y"] + y)


def expect_cell(page: Page, l: int, h: int, i: int, j: int, text: str) -> None:
    line = page.get_by_test_id("readout")
    for name, value in (("query", i), ("key", j), ("layer", l), ("head", h)):
        expect(line).to_have_attribute(f"data-{name}", str(value))
    expect(line).to_have_attribute("data-value", text)


def the_map(page: Page) -> Locator:
    return page.get_by_test_id("attention-detail")


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png")
        for part in ("head-view", "mask-editor"):
            page.get_by_test_id(part).screenshot(path=f"{SHOTS}/{name}-{part}.png")


def test_hover_reads_the_cross_attention_of_both_texts(show: Show) -> None:
    page = show()
    weights = cross().cross.weights
    expected = numpy_forward(two_texts(), target_ids(), source_ids(padding=PADDING))["cross"]
    assert weights == close(expected["weights"])
    for i, j in ((0, 0), (10, 13), (3, 9), (7, 0)):
        hover(the_map(page), i, j)
        expect_cell(page, 0, 0, i, j, f"{weights[0, 0, i, j]:.4f}")
        expect(page.get_by_test_id("readout")).to_contain_text(TARGET[i])
        expect(page.get_by_test_id("readout")).to_contain_text(KEYS[j])
    hover(the_map(page), 4, 18)
    expect_cell(page, 0, 0, 4, 18, "masked")
    shot(page, "cross")


def test_a_map_has_square_cells_and_its_thumbnails_its_shape(show: Show) -> None:
    page = show()
    box = box_of(the_map(page))
    assert box["width"] / S == pytest.approx(box["height"] / T, rel=0.02)
    thumb = box_of(page.get_by_test_id("attention-thumb").first.locator(".place"))
    assert thumb["width"] / thumb["height"] == pytest.approx(S / T, rel=0.1)
    expect(page.get_by_test_id("attention-thumb")).to_have_count(L * H)


def test_the_keyboard_reaches_the_last_key_and_every_head(show: Show) -> None:
    page = show()
    weights = cross().cross.weights
    the_map(page).focus()
    for _ in range(S + 2):
        page.keyboard.press("ArrowRight")
    for _ in range(T + 2):
        page.keyboard.press("ArrowDown")
    expect_cell(page, 0, 0, T - 1, S - 1, "masked")
    for _ in range(PADDING):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    expect_cell(page, 1, 1, T - 1, 13, f"{weights[1, 1, T - 1, 13]:.4f}")
    page.keyboard.press("Enter")
    expect(page.get_by_text("head [1, 1] cell [10, 13]")).to_be_visible()


def test_the_strip_holds_both_texts_and_each_lights_its_side(show: Show) -> None:
    page = show()
    weights = cross().cross.weights[0, 0]
    strip = page.get_by_test_id("token-strip")
    queries, keys = strip.locator("[data-role=query]"), strip.locator("[data-role=key]")
    expect(queries).to_have_text(TARGET)
    expect(keys).to_have_text(KEYS)
    queries.nth(6).hover()
    key = int(weights[6].argmax())
    expect_cell(page, 0, 0, 6, key, f"{weights[6, key]:.4f}")
    keys.nth(2).hover()
    expect_cell(page, 0, 0, 6, 2, f"{weights[6, 2]:.4f}")
    tints = keys.evaluate_all("all => all.map(span => span.style.background !== '')")
    assert tints[int(weights[6].argmax())] and not any(tints[-PADDING:])


def test_arcs_go_from_one_text_to_the_other(show: Show) -> None:
    """The left column has the queries, the right one the keys, all lines equally high."""
    page = show()
    weights = cross().cross.weights[0, 0]
    arcs = page.get_by_test_id("attention-arcs").locator(".frame")
    arcs.scroll_into_view_if_needed()
    box = box_of(arcs)
    line = min(36, box["height"] / S)
    page.mouse.move(box["x"] + 10, box["y"] + 4.5 * line)
    key = int(weights[4].argmax())
    expect_cell(page, 0, 0, 4, key, f"{weights[4, key]:.4f}")
    page.mouse.move(box["x"] + box["width"] - 10, box["y"] + 12.5 * line)
    expect_cell(page, 0, 0, 4, 12, f"{weights[4, 12]:.4f}")
    page.mouse.move(box["x"] + 10, box["y"] + 15.5 * line)  # below the last query
    expect_cell(page, 0, 0, 4, 12, f"{weights[4, 12]:.4f}")


def test_clicks_in_the_mask_editor_run_the_model_again(show: Show) -> None:
    page = show()
    editor, grid = page.get_by_test_id("mask-editor"), page.get_by_test_id("mask-grid")
    expect(editor).to_have_attribute("data-seen", str(T * S))
    hover(grid, 9, 11)
    page.mouse.down()
    page.mouse.up()
    expect(editor).to_have_attribute("data-seen", str(T * S - 1))
    expect(page.get_by_text(f"{T * S - 1} cells may be seen")).to_be_visible()
    readout = page.get_by_test_id("mask-readout")
    expect(readout).to_have_attribute("data-seen", "false")
    expect(readout).to_contain_text(TARGET[9])
    expect(readout).to_contain_text(KEYS[11])
    mask = np.ones((T, S), bool)
    mask[9, 11] = False
    weights = cross(mask).cross.weights[0, 0]
    assert abs(weights[9, 3] - cross().cross.weights[0, 0, 9, 3]) > 0.0001
    for j, text in ((11, "masked"), (3, f"{weights[9, 3]:.4f}")):
        hover(the_map(page), 9, j)
        expect_cell(page, 0, 0, 9, j, text)


def test_the_mask_editor_by_keyboard_and_a_query_that_sees_nothing(show: Show) -> None:
    page = show()
    editor, grid = page.get_by_test_id("mask-editor"), page.get_by_test_id("mask-grid")
    grid.focus()
    page.keyboard.press("Space")
    for _ in range(S - 1):
        page.keyboard.press("Shift+ArrowRight")
    expect(editor).to_have_attribute("data-blind", "0")
    expect(editor).to_have_attribute("data-seen", str((T - 1) * S))
    expect(page.get_by_text("query 0 may see no key")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(editor).to_have_attribute("data-blind", "")
    expect(page.get_by_text(f"{(T - 1) * S + 1} cells may be seen")).to_be_visible()


def test_the_inside_of_a_head_reads_keys_from_the_other_text(show: Show) -> None:
    page = show()
    view = page.get_by_test_id("head-view")
    expected = numpy_forward(two_texts(), target_ids(), source_ids(padding=PADDING))["cross"]
    shapes = view.locator("figure").evaluate_all(
        "all => Object.fromEntries(all.map(({ dataset: { matrix, rows, columns } }) => "
        "[matrix, rows + columns]))"
    )
    assert shapes["x"] == "TC" and shapes["y"] == "SC" and shapes["keys"] == "SD"
    assert shapes["weights"] == "TS" and shapes["head_out"] == "TD"
    box = view.locator("figure[data-matrix=scores] .box")
    hover(box, 8, 12)
    score = expected["scores"][0, 0, 8, 12]
    readout = view.get_by_test_id("head-readout")
    becomes(page, lambda: float(readout.get_attribute("data-value") or "nan"), printed(score))
    expect(readout).to_contain_text(f"query 8 ‘{TARGET[8]}’")
    expect(readout).to_contain_text(f"key 12 ‘{KEYS[12]}’")
    lit = view.locator("figure[data-matrix=keys]")
    expect(lit).to_have_attribute("data-lit", "12:13,0:7")
    page.mouse.down()
    page.mouse.up()
    expect(view).to_have_attribute("data-key", "12")


@pytest.mark.parametrize("site", ["decoder", "encoder"])
def test_self_attention_of_the_same_model_is_as_ever(show: Show, site: str) -> None:
    count = {"decoder": T, "encoder": S}[site]
    page = show(site=site)
    expect(page.get_by_test_id("attention-view")).to_have_attribute("data-tokens", str(count))
    weights = cross().site(site).weights[0, 0]
    i, j = count - 3, 2
    hover(the_map(page), i, j, count, count)
    expect_cell(page, 0, 0, i, j, f"{weights[i, j]:.4f}")
    expect(page.get_by_test_id("token-strip").locator("[data-role=key]")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_scrolls_sideways(show: Show, theme: Literal["light", "dark"]) -> None:
    page = show(theme=theme)
    for width in WIDTHS:
        fits(page, width)
        hover(the_map(page), 5, 8)
        fits(page)
        shot(page, f"{theme}-{width}")
    page.goto(f"{page.url}&cells=numbers")
    expect(page.get_by_test_id("head-view")).to_have_attribute("data-cells", "numbers")
    for width in WIDTHS:
        fits(page, width)
        shot(page, f"{theme}-{width}-numbers")
