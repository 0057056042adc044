"""A server, a browser and a page that fails the test for anything a person should not meet.

The `page` fixtures fail a test after it has run when the browser's console or the server's log
had an error, when a dialog was left open, or when the page asked another machine for anything.
A test that provokes such a thing on purpose takes the `complaints` fixture and clears it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.browser import app_server, chromium
from tests.browser.app_server import AppServer

HERE = Path(__file__).parent
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SHIPPED = ("shakespeare", "shakespeare-fast", "copy")
# Opened by a deep link, Streamlit's own script looks for its server below the page's path first.
SEARCH_FOR_SERVER = re.compile(r"/[^/]+/_stcore/(health|host-config)$")
PATIENCE = 120_000  # milliseconds: a machine that is busy with other things is slow, not wrong
OURS = {"localhost", "127.0.0.1", ""}  # "" is data: and blob:


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, so that no test can forget to."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped runs, fresh for each file of tests; a person's own stay out of it."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for run in (app_server.ROOT / "checkpoints" / name for name in SHIPPED):
        if run.exists():
            shutil.copytree(run, folder / run.name)
    return folder


@pytest.fixture(scope="module")
def server(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The app on a free port; ended, with all that it started, after the last test of a file."""
    running = app_server.start(checkpoints, tmp_path_factory.mktemp("server") / "log.txt")
    yield running
    running.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        path = chromium.find() or pytest.fail(chromium.WHAT_WOULD_WORK)
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def complaints() -> list[str]:
    """What went wrong in the page so far; a test fails if anything is left here at its end."""
    return []


@pytest.fixture
def page(browser: Browser, server: AppServer, complaints: list[str]) -> Iterator[Page]:
    """An empty 1280 × 900 page in the light theme; open with `page.goto(server.url)`."""
    with _checked_page(browser, server, complaints, "light") as opened:
        yield opened


@pytest.fixture
def dark_page(browser: Browser, server: AppServer, complaints: list[str]) -> Iterator[Page]:
    """The same as `page` for a person whose system is dark."""
    with _checked_page(browser, server, complaints, "dark") as opened:
        yield opened


@contextmanager
def _checked_page(
    browser: Browser, server: AppServer, complaints: list[str], scheme: Literal["light", "dark"]
) -> Iterator[Page]:
    logged = len(server.log())
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=scheme, accept_downloads=True
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    _listen(page, complaints)
    try:
        yield page
        complaints += _open_dialogs(page) + _tracebacks(server.log()[logged:])
    finally:
        context.close()
    if complaints:
        pytest.fail("The page was not clean:\n" + "\n".join(complaints), pytrace=False)


def _listen(page: Page, complaints: list[str]) -> None:
    page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
    page.on("console", lambda message: complaints.extend(_console_error(message)))
    page.on("request", lambda request: complaints.extend(_foreign(request.url)))


def _console_error(message: ConsoleMessage) -> list[str]:
    url = message.location.get("url", "")
    if message.type != "error" or SEARCH_FOR_SERVER.search(url):
        return []
    return [f"console: {message.text} ({url})"]


def _foreign(url: str) -> list[str]:
    """A complaint about an address that is not the app's own: nothing loads from elsewhere."""
    return [] if (urlsplit(url).hostname or "") in OURS else [f"request to another host: {url}"]


def _open_dialogs(page: Page) -> list[str]:
    if page.is_closed():
        return []
    try:
        texts = page.locator("[role=dialog]").all_inner_texts()
    except Error as error:  # the page is gone, or was never opened
        return [f"could not look for dialogs: {error}"]
    return [f"a dialog was left open: {text}" for text in texts]


def _tracebacks(log: str) -> list[str]:
    """The server's log from the first stack trace on."""
    _, found, rest = log.partition("Traceback (most recent call last)")
    return [f"the server logged: {found}{rest}"] if found else []
