"""Parts of pages that are not the first: they fit a phone and a small window too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import layout
from tests.browser.app_server import AppServer
from tests.browser.waiting import at_rest, becomes

WIDTHS = (1024, 390)
LONG = "Where+thou+wilt+go,+" * 5  # so that its map can be zoomed
MORE = "summary:has-text('More:')"
# What is opened, and then what is clicked, one part after the other.
PARTS = {
    "residual?run=shakespeare&part=Direct+effects": ["Gradients", "Normalization"],
    "head?run=shakespeare&show=query+and+key+swapped": [],
    "normalization?run=shakespeare&show=in+this+model": ["four norms"],
    "ladder?show=one+rung": [],
    "train?task=classify": [MORE],
    f"runs?runs=shakespeare-fast,shakespeare&show=compare&prompt={LONG}": [],
}


@pytest.mark.parametrize("address", PARTS, ids=[a.partition("?")[0] for a in PARTS])
def test_a_part_fits(page: Page, server: AppServer, address: str) -> None:
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(f"{server.url}/{address}")
    expect(page.locator("h2").first).to_be_visible()
    fits(page)
    for part in PARTS[address]:
        if part == MORE:
            page.locator(MORE).click()
        else:
            page.get_by_role("radio", name=part, exact=True).click()
        fits(page)


def fits(page: Page) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        at_rest(page)
        becomes(page, lambda: layout.faults(page), [])
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
