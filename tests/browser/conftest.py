"""A server, a browser and a page that fails the test for anything a person should not meet.

The `page` fixtures fail a test after it has run when the browser's console or the server's log
had an error, when a dialog was left open, or when the page asked another machine for anything.
A test that provokes such a thing on purpose takes the `complaints` fixture and clears it.

Starting a server, and reading Streamlit's scripts into a browser for the first time, takes longer
than most tests. So all files of tests share one server and one browser profile, whose cache stays
while all that a page may remember is cleared. A file whose tests write into the folder of runs
says so by `OWN_RUNS = True` and gets a folder and a server of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.browser import app_server, chromium, profiles
from tests.browser.app_server import AppServer

HERE = Path(__file__).parent
SHIPPED = ("shakespeare", "shakespeare-fast", "copy")
PATIENCE = 120_000  # milliseconds: a machine that is busy with other things is slow, not wrong
OURS = {"localhost", "127.0.0.1", ""}  # "" is data: and blob:


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, so that no test can forget to."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def shared_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped runs that nobody changes; a person's own stay out of it."""
    return copied(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(scope="session")
def shared_server(
    shared_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppServer]:
    """The app on a free port for all files of tests that only read its runs."""
    with started(shared_checkpoints, tmp_path_factory) as running:
        yield running


@pytest.fixture(scope="module")
def checkpoints(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of runs: shared and only read, or with `OWN_RUNS` fresh for this file."""
    if has_own_runs(request):
        return copied(tmp_path_factory.mktemp("checkpoints"))
    shared: Path = request.getfixturevalue("shared_checkpoints")
    return shared


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, checkpoints: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppServer]:
    """The app on `checkpoints`; one of its own ends after its file, with all that it started."""
    if has_own_runs(request):
        with started(checkpoints, tmp_path_factory) as running:
            yield running
        return
    before = contents(checkpoints)
    yield request.getfixturevalue("shared_server")
    assert contents(checkpoints) == before, "this file writes runs: it needs OWN_RUNS = True"


def has_own_runs(request: pytest.FixtureRequest) -> bool:
    return bool(getattr(request.module, "OWN_RUNS", False))


def copied(folder: Path) -> Path:
    """The folder, with the shipped runs in it."""
    for run in (app_server.ROOT / "checkpoints" / name for name in SHIPPED):
        if run.exists():
            shutil.copytree(run, folder / run.name)
    return folder


def contents(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@contextmanager
def started(checkpoints: Path, factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    running = app_server.start(checkpoints, factory.mktemp("server") / "log.txt")
    try:
        yield running
    finally:
        running.kill()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers; it waits as long as a busy machine may need."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def profile(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """A headless Chromium that keeps compiled scripts on disk, as a person's does."""
    with profiles.opened(playwright, executable(), tmp_path_factory.mktemp("profile")) as context:
        context.set_default_timeout(PATIENCE)
        yield context


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Another headless Chromium, for somebody who has never seen the app."""
    with profiles.unknown(playwright, executable()) as launched:
        yield launched


def executable() -> str:
    return chromium.find() or pytest.fail(chromium.WHAT_WOULD_WORK)


@pytest.fixture
def complaints() -> list[str]:
    """What went wrong in the page so far; a test fails if anything is left here at its end."""
    return []


@pytest.fixture
def page(profile: BrowserContext, server: AppServer, complaints: list[str]) -> Iterator[Page]:
    """An empty 1280 × 900 page in the light theme; open with `page.goto(server.url)`."""
    with _checked_page(profile, server, complaints, "light") as opened:
        yield opened


@pytest.fixture
def dark_page(profile: BrowserContext, server: AppServer, complaints: list[str]) -> Iterator[Page]:
    """The same as `page` for a person whose system is dark."""
    with _checked_page(profile, server, complaints, "dark") as opened:
        yield opened


@pytest.fixture
def stranger(profile: BrowserContext, server: AppServer) -> Iterator[Page]:
    """Somebody else's empty page: it remembers nothing, but has Streamlit's scripts."""
    opened = profiles.empty_page(profile, server.url, "light")
    yield opened
    opened.close()


@contextmanager
def _checked_page(
    profile: BrowserContext,
    server: AppServer,
    complaints: list[str],
    scheme: Literal["light", "dark"],
) -> Iterator[Page]:
    logged = len(server.log())
    page = profiles.empty_page(profile, server.url, scheme)
    _listen(page, complaints)
    try:
        yield page
        complaints += _open_dialogs(page) + _tracebacks(server.log()[logged:])
    finally:
        page.close()
    if complaints:
        pytest.fail("The page was not clean:\n" + "\n".join(complaints), pytrace=False)


def _listen(page: Page, complaints: list[str]) -> None:
    page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
    page.on("console", lambda message: complaints.extend(_console_error(message)))
    page.on("request", lambda request: complaints.extend(_foreign(request.url)))


def _console_error(message: ConsoleMessage) -> list[str]:
    url = message.location.get("url", "")
    if message.type != "error":
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
