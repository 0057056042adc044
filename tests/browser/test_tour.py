"""The tour in a browser, walked by clicks from its first stop to its last.

Each stop is answered rightly and its act is done; the first of each kind is answered wrongly
before, as all are in `tests/pages/tour`. What is right is measured here by the same functions that
mark: whether these measure rightly is held by `tests/gpt/inspect`.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from pages.shared.glossary import meanings
from pages.tour import marking, stop_link, stops
from pages.tour.marking import Given
from pages.tour.stops import SHIPPED, Stop
from tests.browser.app_server import ROOT, AppServer
from tests.browser.waiting import at_rest, becomes, has_parameters

OWN_RUNS = True
SHOTS = os.environ.get("HEADLIGHT_SHOTS", "")
"""A folder for screenshots to look at; none are taken without it."""
SCHEME: Literal["dark", "light"] = "dark" if "HEADLIGHT_DARK" in os.environ else "light"
LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
WIDER = "() => document.querySelector('.stMain').scrollWidth > innerWidth"
EVERY = stops.read_all(SHIPPED)


@pytest.fixture(scope="module", autouse=True)
def _runs(checkpoints: Path) -> Iterator[None]:
    """The shipped runs that the stops read, with the stages of an assistant, and no others."""
    stages = [path.name for path in (ROOT / "checkpoints").glob("assistant-*")]
    for run in {*(stop.run for stop in EVERY), *stages}:
        shutil.copytree(ROOT / "checkpoints" / run, checkpoints / run, dirs_exist_ok=True)
    yield


def press(page: Page, name: str) -> None:
    page.locator(f".st-key-tour_{name} button").click()


def menu(page: Page) -> Locator:
    """The menu of stops, whose value is where the person is."""
    return page.locator(".st-key-tour_head input").first  # the one before may still be there


def right_and_wrong(stop: Stop) -> tuple[Given, Given]:
    """An answer that agrees with the model's own number, and one that does not."""
    if stop.answer.click == "cell":
        T = len(stop_link.reading(stop, stop.run).ids)
        cells = [(query, key) for query in range(T) for key in range(T)]
        right = next(cell for cell in cells if is_right(stop, cell))
        return right, right[::-1]
    own = stop_link.measured(stop, stop.run).value
    if stop.answer.choices:
        right = sum(cut <= own for cut in stop.answer.cuts)
        return right, (right + 1) % len(stop.answer.choices)
    if stop.answer.within is not None:
        return own, own + 2 * stop.answer.within + 0.5
    return own, own - 1 if own else 1


def is_right(stop: Stop, cell: tuple[int, int]) -> bool:
    return marking.is_right(stop.answer, stop_link.measured(stop, stop.run, cell), cell)


def give(page: Page, stop: Stop, given: Given) -> None:
    """Answer by the control that the stop has, and have it marked."""
    question = page.locator(f".st-key-tour_answer_{stop.name}")
    if stop.answer.click:
        expect(page.locator(".st-key-tour_check button")).to_be_disabled()
        pick(page, stop, given)
    elif isinstance(given, tuple):
        raise AssertionError(f"{stop.name} is not answered by a cell")
    elif stop.answer.choices:
        question.get_by_role("radio").nth(int(given)).click(force=True)
    elif stop.answer.within is not None:
        question.locator("input").fill(f"{given:.6g}")
        question.locator("input").press("Enter")
    else:
        question.get_by_role("radio").or_(question.get_by_role("button")).nth(int(given)).click()
    expect(page.locator(".st-key-tour_check button")).to_be_enabled()
    press(page, "check")


def pick(page: Page, stop: Stop, given: Given) -> None:
    """Take a cell of the picture: on the map by the mouse, among the matrices by the keyboard."""
    read = stop_link.reading(stop, stop.run)
    if isinstance(given, tuple):
        scores = page.get_by_label(re.compile("^scores"))
        scores.focus()
        to_the_first = ["PageUp", "PageUp", "Home"]
        for key in [*to_the_first, *["ArrowDown"] * given[0], *["ArrowRight"] * given[1], "Enter"]:
            scores.press(key)
        return
    shape, S = page.locator("[data-site]").first, len(read.ids) - stop.withheld
    expect(shape).to_have_attribute("data-key-tokens", str(S))  # not the one before any more
    map_ = shape.locator(".map")
    box = map_.bounding_box()
    assert box is not None
    at = {"x": (given + 0.5) * box["width"] / S, "y": 2.5 * box["height"] / S}
    map_.click(position=at)


def marked(page: Page, stop: Stop, word: str, given: Given) -> None:
    """The verdict, in the colour and with the numbers that the model has."""
    said = page.locator(".st-key-tour_verdict")
    expect(said).to_contain_text(f"{word}:")
    words = marking.words(stop.answer, stop_link.measured(stop, stop.run, given))
    shown = re.sub(r'\[([^]]*)\]\(#\S+ "[^"]*"\)', r"\1", words)  # without what words mean
    plain = re.sub(r"[\\*]", "", shown).split()

    def missing() -> list[str]:
        text = said.inner_text()
        return [each for each in plain if each not in text]

    becomes(page, missing, [])


def do(page: Page, stop: Stop) -> None:
    """Do the act as its words say: what is to be chosen stands in italics, if it has a name."""
    ((name, _),) = stop.act.state.items()
    control = page.locator(f".st-key-link_{name}").first
    if stop.name in ACTS:
        ACTS[stop.name](page, control)
    else:
        choose(page, control, re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", stop.act.text)[-1])


def choose(page: Page, control: Locator, label: str) -> None:
    """Choose from buttons, or from a menu, by how a label begins, however it is capitalized."""
    wanted = re.compile(f"^{re.escape(label)}\\b", re.IGNORECASE)
    box = control.get_by_role("combobox")
    if box.count():
        option = page.get_by_role("option", name=wanted).first
        box.click()
        page.wait_for_timeout(1000)
        if not option.is_visible():  # the page was drawn anew meanwhile, which closes a menu
            box.click()
        option.click()
    else:
        control.get_by_text(wanted).first.click()


def read_meaning(page: Page) -> None:
    """A marked word says what it means to a mouse, to the keyboard, and to a click."""
    word, box = page.locator(".st-key-tour_verdict").get_by_text("nats"), page.locator("#meaning")
    word.hover()
    expect(box).to_have_text(meanings()["nats"])
    page.locator(".st-key-tour_act").hover()
    expect(box).to_be_hidden()
    word.focus()
    expect(box).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    address = page.url
    word.click()
    expect(box).to_be_visible()
    assert page.url == address, "a meaning is no place to go to"


def fill(control: Locator, text: str) -> None:
    field = control.locator("input, textarea").first
    field.fill(text)
    field.press("Enter")


def slide(control: Locator, steps: int) -> None:
    slider = control.get_by_role("slider")
    for _ in range(steps):
        slider.press("ArrowRight")


ACTS: dict[str, Callable[[Page, Locator], Any]] = {
    "mask": lambda page, control: choose(page, control, "off"),
    "wrong-scale": lambda page, control: choose(page, control, "1/√C"),
    "temperature": lambda _, control: fill(control, "0.1"),
    "batch": lambda _, control: fill(control, "2"),
    "encoder": lambda _, control: fill(control, "the plot is boring ."),
    "scale-off": lambda page, control: choose(page, control, "off"),
    "variance": lambda _, control: fill(control, "2"),
    "times-eight": lambda _, control: slide(control, 14),
}
"""How an act is done whose words name no choice."""


def is_in_sight(page: Page, selector: str) -> bool:
    """Whether something stands whole between the tour's panel and the window's lower edge."""
    panel = page.locator(".st-key-tour").bounding_box()
    place = page.locator(selector).bounding_box()
    if panel is None or place is None:
        return False
    lower, whole = panel["y"] + panel["height"], place["y"] + place["height"]
    return place["y"] >= lower and whole <= LAPTOP["height"]


def shoot(page: Page, number: int, stop: Stop, moment: str) -> None:
    if SHOTS:
        at_rest(page)
        page.wait_for_timeout(500)
        page.screenshot(path=f"{SHOTS}/{number:02}-{stop.name}-{moment}-{SCHEME}.png")


@pytest.mark.timeout(900)  # a minute on a machine with nothing else to do
def test_the_tour_from_its_first_stop_to_its_last(page: Page, server: AppServer) -> None:
    page.set_viewport_size(LAPTOP)
    page.emulate_media(color_scheme=SCHEME)
    page.goto(f"{server.url}/home")
    page.get_by_role("link", name="Take the tour").click()
    for number, stop in enumerate(EVERY, 1):
        is_first = kind_of(stop) not in map(kind_of, EVERY[: number - 1])
        walk(page, number, stop, wrongly=is_first)
        if number < len(EVERY):
            press(page, "next")

    page.reload()  # the browser remembers how far the person was
    expect(menu(page)).to_have_value(re.compile("✓✓$"))
    page.set_viewport_size(PHONE)
    becomes(page, lambda: page.evaluate(WIDER), False)
    press(page, "leave")
    expect(page.locator(".st-key-tour")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("tour="))
    expect(page.locator("h2").first).to_be_visible()


def kind_of(stop: Stop) -> str:
    """How a stop is answered: by a click in its picture, a choice, a token, or a number."""
    ways = {"choice": stop.answer.choices, "token": stop.answer.tokens}
    return stop.answer.click or next((way for way, of in ways.items() if of), "number")


def walk(page: Page, number: int, stop: Stop, wrongly: bool) -> None:
    """Answer a stop, wrongly before if that is to be tried, and do its act."""
    act = page.locator(".st-key-tour_act")
    expect(menu(page)).to_have_value(f"{number} of {len(EVERY)}: {stop.title}")
    expect(page.locator(".st-key-tour_verdict")).to_have_count(0)
    has_parameters(page, tour=stop.name)
    expect(page.locator(".stMain h2")).to_have_count(0 if stop.waits else 1)
    if stop.matrix:
        becomes(page, lambda: is_in_sight(page, f"[data-matrix={stop.matrix}]"), True)
    shoot(page, number, stop, "1-asked")
    right, wrong = right_and_wrong(stop)
    if wrongly:
        give(page, stop, wrong)
        marked(page, stop, "Not so", wrong)
        press(page, "again")
    give(page, stop, right)
    marked(page, stop, "Right", right)
    shoot(page, number, stop, "2-right")
    if stop.name == "mask":
        read_meaning(page)
        page.get_by_role("button", name="Save", exact=True).click(trial=True)
    expect(act).to_contain_text("Now you:")
    if stop.light:
        at_rest(page)  # the page runs with what lights up; a menu that is open meanwhile closes
    do(page, stop)
    expect(act).to_contain_text("Done:")
    shoot(page, number, stop, "3-done")
