"""Two visitors of one class: each changes only what is their own, and sees what is everybody's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pages.shared.visitors import MODE
from tests.browser import app_server
from tests.browser.app_server import AppServer
from tests.browser.conftest import copied
from tests.gpt.convert.owners import CHARACTERS
from tests.gpt.convert.test_recognize import written


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The app, opened to a class."""
    runs: Path = copied(tmp_path_factory.mktemp("checkpoints"))
    log = tmp_path_factory.mktemp("server") / "log.txt"
    running = app_server.start(runs, log, settings={MODE: "1"})
    try:
        yield running
    finally:
        running.kill()


def visit(browser: Browser, address: str) -> Page:
    """A page of a browser that has never been there."""
    page = browser.new_context().new_page()
    page.goto(address)
    return page


def delete(page: Page) -> Locator:
    return page.get_by_role("button", name="Delete", exact=True)


def handed_over(page: Page, *files: Path) -> None:
    """Put files into Import's field."""
    chooser = page.locator(".st-key-import_files input[type=file]")
    chooser.wait_for(state="attached")
    chooser.set_input_files(files)


def test_a_run_is_deleted_by_the_visitor_who_made_it(
    browser: Browser, school: AppServer, tmp_path: Path
) -> None:
    ada = visit(browser, f"{school.url}/import?from=upload")
    text = tmp_path / "input.txt"
    text.write_text(CHARACTERS[:17])
    handed_over(ada, written("nanogpt", tmp_path / "theirs"), text)
    ada.get_by_label("Name", exact=True).fill("adas")
    ada.get_by_role("button", name="Import", exact=True).click()
    expect(ada.get_by_text("Imported as adas")).to_be_visible()
    made = school.checkpoints / "adas"
    assert made.is_dir()

    ben = visit(browser, f"{school.url}/runs?runs=adas")
    expect(ben.get_by_role("link", name="Look inside")).to_be_visible()
    expect(delete(ben)).to_be_disabled()
    delete(ben).hover(force=True)
    expect(ben.get_by_text("It is another visitor's run.")).to_be_visible()

    ada.goto(f"{school.url}/runs?runs=adas")
    delete(ada).click()
    expect(ada.get_by_text("adas was deleted.")).to_be_visible()
    assert not made.exists()
    ben.reload()
    expect(ben.get_by_role("heading", name="Runs")).to_be_visible()
    expect(ben.get_by_text("adas was deleted.")).to_have_count(0)
    ada.get_by_role("button", name="Undo", exact=True).click()
    expect(delete(ada)).to_be_enabled()
    assert made.exists()
    for page in (ada, ben):
        page.context.close()
