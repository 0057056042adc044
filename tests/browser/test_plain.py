"""Whatever a person or a file wrote stands on the page as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from pages.shared.plain import APART
from tests.browser import app_server
from tests.browser.app_server import AppServer
from tests.browser.hostile import HOSTILE
from tests.browser.waiting import becomes

PLACES = {
    "markdown": "[data-testid=stMarkdownContainer]",
    "within": "[data-testid=stMarkdownContainer]",
    "caption": "[data-testid=stCaptionContainer]",
    "error": "[data-testid=stMarkdownContainer]",
    "success": "[data-testid=stMarkdownContainer]",
    "button": "button [data-testid=stMarkdownContainer]",
    "label": "label [data-testid=stMarkdownContainer]",
    "options": "button [data-testid=stMarkdownContainer]",
    "progress": "[data-testid=stMarkdownContainer]",
    "expander": "summary [data-testid=stMarkdownContainer]",
}
MADE_OF_IT = (
    "a, b, code, strong, em, del, img, sup, h1, li, blockquote, table, .katex, [role=img], "
)
MADE_OF_IT += "[data-testid=stIconMaterial], span[style], .stMarkdownColoredText"


@pytest.fixture(scope="module")
def server(
    shared_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppServer]:
    script = Path(__file__).with_name("plain_app.py")
    log = tmp_path_factory.mktemp("server") / "log.txt"
    running = app_server.start(shared_checkpoints, log, script)
    yield running
    running.kill()


def test_a_text_is_shown_as_it_is_everywhere(page: Page, server: AppServer) -> None:
    wrong = []
    page.goto(server.url)
    expect(page.locator(f".st-key-help_{len(HOSTILE) - 1} button").first).to_be_visible()
    for number, text in enumerate(HOSTILE):
        wrong += [f"{place}: {text!r}: {what}" for place, what in _wrong(page, number, text)]
        button = page.locator(f".st-key-help_{number} button").first
        becomes(page, lambda button=button: _tips(page, button), [text])
    assert wrong == []


def _wrong(page: Page, number: int, text: str) -> Iterator[tuple[str, str]]:
    for place, selector in PLACES.items():
        box = page.locator(f".st-key-{place}_{number} {selector}").first
        expect(box).to_be_attached()
        shown = _text(box.text_content() or "").strip()
        if shown != (f"before {text} after" if place == "within" else text):
            yield place, f"reads {shown!r}"
        if made := box.locator(MADE_OF_IT).count():
            yield place, f"{made} elements made of it: {box.inner_html()}"


def _tips(page: Page, button: Locator) -> list[str]:
    """The tooltips that open when the mouse comes to a button; that of the text before goes."""
    page.mouse.move(1, 1)
    button.hover()
    tips = page.get_by_test_id("stTooltipContent")
    expect(tips).to_have_count(1, timeout=3000)
    return [*map(_text, tips.all_inner_texts())]


def _text(shown: str) -> str:
    return shown.replace(APART, "")
