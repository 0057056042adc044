"""The browsers of the tests: one with a profile that stays, and one that has never seen the app."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

SCRIPTS = "--no-opt --min-semi-space-size=64 --max-semi-space-size=128"  # the latter in MiB
"""What is new is collected less often, and nothing is compiled for the sake of loops that run for
seconds: no page lives long enough to get that time back (6 % of a page's processor time)."""
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"),
    f"--js-flags={SCRIPTS}",
]
ONE_PROCESS = "--process-per-site"
"""Pages of one site share a process, which keeps what it has compiled while one of them is open."""
KEPT = "http://localhost/kept"
"""The address of a page that stays open; no server is asked for it. A site has all its ports."""
REMEMBERED = "cookies,local_storage,indexeddb,cache_storage,service_workers,file_systems"

STILL = """
const still = new CSSStyleSheet();
still.replaceSync(`*, *::before, *::after {
  animation-duration: 0.01ms !important;
  animation-iteration-count: 1 !important;
  transition-duration: 0.01ms !important;
}`);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
"""
"""Streamlit's signs of waiting end at once: without a graphics card, painting them sixty times a
second takes as much processor time as all else that a page does while it loads."""


def opened(playwright: Playwright, executable: str, folder: Path) -> BrowserContext:
    """A headless Chromium that keeps its cache, and scripts as compiled, in a folder.

    Reading Streamlit's scripts anew for each test would take a third of all processor time. A
    page that stays open keeps them in memory too: a page with a chart takes a third less for it.
    """
    context = playwright.chromium.launch_persistent_context(
        folder,
        executable_path=executable,
        args=[*ARGUMENTS, ONE_PROCESS],
        viewport={"width": 1280, "height": 900},
        accept_downloads=True,
    )
    context.add_init_script(STILL)
    kept = context.new_page()
    kept.route(KEPT, lambda route: route.fulfill(body="kept", content_type="text/plain"))
    kept.goto(KEPT)
    return context


def unknown(playwright: Playwright, executable: str) -> Browser:
    """A headless Chromium whose pages each know nothing of any other."""
    return playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)


def empty_page(profile: BrowserContext, url: str, scheme: Literal["light", "dark"]) -> Page:
    """A new page in a profile that remembers nothing of what was at this address."""
    page = profile.new_page()
    page.emulate_media(color_scheme=scheme)
    session = profile.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": REMEMBERED})
    session.detach()
    return page
