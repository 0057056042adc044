"""The menu of pages: beside the page where there is room, over it and closed again where not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.app_server import AppServer

PHONE: ViewportSize = {"width": 390, "height": 844}
ZOOMED: ViewportSize = {"width": 683, "height": 384}  # 1366 × 768 at 200 %
WIDE: ViewportSize = {"width": 1366, "height": 900}


@pytest.mark.parametrize(
    ("size", "by_keyboard"),
    [(PHONE, False), (ZOOMED, False), (PHONE, True)],
    ids=["phone", "zoomed", "by keyboard"],
)
def test_a_menu_over_the_page_closes_once_a_page_is_chosen(
    page: Page, server: AppServer, size: ViewportSize, by_keyboard: bool
) -> None:
    page.set_viewport_size(size)
    page.goto(f"{server.url}/import")
    expect(page.get_by_role("heading", name="Import")).to_be_visible()
    menu = page.get_by_test_id("stSidebar")
    expect(menu).to_have_attribute("data-collapsed", "true")
    opener = page.get_by_test_id("stExpandSidebarButton")
    link = page.get_by_test_id("stSidebarNavLink").filter(has_text="Averaging")
    opener.press("Enter") if by_keyboard else opener.click()
    expect(menu).to_have_attribute("data-collapsed", "false")
    link.press("Enter") if by_keyboard else link.click()
    expect(page.get_by_role("heading", name="Averaging the past")).to_be_visible()
    expect(menu).to_have_attribute("data-collapsed", "true")


def test_a_menu_beside_the_page_stays(page: Page, server: AppServer) -> None:
    page.set_viewport_size(WIDE)
    page.goto(f"{server.url}/import")
    menu = page.get_by_test_id("stSidebar")
    expect(menu).to_have_attribute("data-collapsed", "false")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Averaging").click()
    expect(page.get_by_role("heading", name="Averaging the past")).to_be_visible()
    expect(menu).to_have_attribute("data-collapsed", "false")
