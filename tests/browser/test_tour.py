"""The tour in a browser: from Home through its first stops, each answered wrongly and rightly.

All other stops are walked in `tests/pages/tour/test_tour.py`, without a browser.
"""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.app_server import AppServer
from tests.browser.waiting import becomes, has_parameters

PHONE = {"width": 390, "height": 844}
WIDER = "() => document.querySelector('.stMain').scrollWidth > innerWidth"


def verdict(page: Page, words: str, *numbers: str) -> None:
    said = page.locator(".st-key-tour_verdict")
    expect(said).to_contain_text(words)
    for number in numbers:
        expect(said).to_contain_text(number)


def press(page: Page, name: str) -> None:
    page.locator(f".st-key-tour_{name} button").click()


def answer(page: Page, words: str) -> None:
    page.locator(".st-key-tour_question").get_by_text(words).click()
    expect(page.locator(".st-key-tour_check button")).to_be_enabled()
    press(page, "check")


def menu(page: Page) -> Locator:
    """The menu of stops, whose value is where the person is."""
    return page.locator(".st-key-tour_head input").first  # the one before may still be there


def stop(page: Page, title: str) -> None:
    expect(menu(page)).to_have_value(re.compile(rf": {title}"))
    expect(page.locator(".st-key-tour_verdict")).to_have_count(0)


def test_the_tour_asks_first_marks_by_the_model_sees_the_act_and_goes_on(
    page: Page, server: AppServer
) -> None:
    page.goto(f"{server.url}/?tour=previous")
    stop(page, "One head")
    view = page.get_by_test_id("attention-view")
    expect(page.locator(".st-key-tour_answer_previous")).to_be_visible()
    expect(view).to_have_count(0)
    answer(page, "d 31")
    verdict(page, "Not so: “d” (token 31)", "98%", "layer 0, head 2")
    expect(view).to_be_visible()
    has_parameters(page, tour="previous", layer="0", head="2", cell="31.30")
    press(page, "again")
    answer(page, "e 30")
    verdict(page, "Right: “e” (token 30)")

    press(page, "next")
    stop(page, "The mask")
    has_parameters(page, tour="mask", mask="model")
    answer(page, "It falls")
    verdict(page, "Not so", "1.02", "1.90")
    press(page, "again")
    answer(page, "It rises")
    verdict(page, "Right")
    act = page.locator(".st-key-tour_act")
    expect(act).to_contain_text("Now you:")
    page.locator(".st-key-link_mask").get_by_text("off", exact=True).click()
    expect(act).to_contain_text("Done:")
    has_parameters(page, tour="mask", mask="none")

    page.reload()  # the browser remembers how far the person was
    expect(menu(page)).to_have_value(re.compile("The mask ✓✓"))
    page.set_viewport_size(PHONE)
    becomes(page, lambda: page.evaluate(WIDER), False)
    press(page, "leave")
    expect(page.locator(".st-key-tour")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("tour="))
    expect(view).to_be_visible()


def test_home_is_a_door_to_the_first_stop_that_is_open(page: Page, server: AppServer) -> None:
    page.goto(f"{server.url}/home")
    page.get_by_role("link", name="Take the tour").click()
    expect(menu(page)).to_have_value(re.compile("^1 of "))
