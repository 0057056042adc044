"""Draw a mask on Mask and scale: by mouse and keyboard, linked, run, and made to fit a prompt."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.app_server import AppServer
from tests.browser.mask_scale_page import address, ids_of, is_at, losses, opened, run_files, view
from tests.browser.waiting import becomes, box_of, says_number
from tests.gpt import numpy_gpt

IS_DRAWN = re.compile("edit=bits")


@pytest.fixture
def editor(page: Page, server: AppServer) -> Iterator[Locator]:
    opened(page, address(server, run="copy", prompt="\nabcabc", section="draw"))
    found = page.get_by_test_id("mask-editor")
    expect(found).to_have_attribute("data-tokens", "7")
    yield found


def drag(page: Page, cells: list[tuple[int, int]], T: int) -> None:
    box = box_of(page.get_by_test_id("mask-grid"))
    places = [
        (box["x"] + (j + 0.5) / T * box["width"], box["y"] + (i + 0.5) / T * box["height"])
        for i, j in cells
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def mask_in_link(page: Page) -> np.ndarray:
    kind, T, code = parse_qs(urlsplit(page.url).query)["edit"][0].split(":")
    assert kind == "bits"
    packed = zlib.decompress(base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)))
    return np.unpackbits(np.frombuffer(packed, np.uint8), count=int(T) ** 2).reshape(int(T), -1)


def is_linked(page: Page, mask: np.ndarray) -> None:
    """Wait until the address holds this mask."""
    becomes(page, lambda: mask_in_link(page).tolist(), mask.tolist())


def loss_under(mask: np.ndarray, text: str) -> float:
    weights, config, _ = run_files("copy")
    ids = ids_of("copy", text)
    return float(losses(numpy_gpt.forward(weights, config, ids, mask.astype(bool)), ids).mean())


def test_a_drawn_mask_is_run_linked_and_refused_while_a_row_is_blind(
    page: Page, server: AppServer, editor: Locator
) -> None:
    drag(page, [(1, 3), (1, 5)], 7)  # three cells to set
    expected = np.tri(7, dtype=int)
    expected[1, 3:6] = 1
    expect(editor).to_have_attribute("data-seen", str(expected.sum()))
    page.wait_for_url(IS_DRAWN)
    is_linked(page, expected)
    table = page.locator(".st-key-comparison table")
    says_number(table, loss_under(expected, "\nabcabc"))
    drag(page, [(0, 0)], 7)  # the first query's only key
    expect(editor).to_have_attribute("data-blind", "0")
    expect(page.locator(".stAlert")).to_contain_text("Query 0 may see no key")
    assert np.array_equal(mask_in_link(page), expected)  # the good one stays
    drag(page, [(0, 6)], 7)
    expected[0] = [0, 0, 0, 0, 0, 0, 1]
    expect(page.locator(".stAlert")).to_have_count(0)
    says_number(table, loss_under(expected, "\nabcabc"))
    is_linked(page, expected)
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(editor).to_have_attribute("data-seen", str(expected.sum()))


def test_the_editor_works_from_the_keyboard(page: Page, editor: Locator) -> None:
    page.get_by_test_id("mask-grid").focus()
    for key in ("ArrowRight", "ArrowRight", "Space", "ArrowDown"):
        page.keyboard.press(key)
    told = page.get_by_test_id("mask-readout")
    expect(told).to_have_attribute("data-query", "1")
    expect(told).to_have_attribute("data-key", "2")
    page.wait_for_url(IS_DRAWN)
    expected = np.tri(7, dtype=int)
    expected[0, 2] = 1
    is_linked(page, expected)
    page.keyboard.press("Control+z")
    expect(editor).to_have_attribute("data-seen", "28")


def test_a_drawn_mask_is_made_to_fit_another_prompt_and_said_so(
    page: Page, editor: Locator
) -> None:
    drag(page, [(0, 4)], 7)
    page.wait_for_url(IS_DRAWN)
    page.get_by_label("Prompt", exact=True).fill("↵abcabcde")
    page.get_by_label("Prompt", exact=True).press("Enter")
    expect(page.locator(".stAlert")).to_contain_text("drawn for 7 tokens and this prompt has 9")
    expected = np.tri(9, dtype=int)
    expected[0, 4] = 1
    expect(editor).to_have_attribute("data-seen", str(expected.sum()))
    page.get_by_role("button", name="See it side by side").click()
    expect(view(page, "pair_b")).to_have_attribute("data-tokens", "9")
    text = "\nabcabcde"
    is_at(page, "headline_b", loss_under(expected, text))
