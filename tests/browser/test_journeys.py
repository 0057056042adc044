"""Through all pages by the sidebar, and back again: what was chosen is there, one press a page."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app_server import AppServer
from tests.browser.waiting import at_rest
from tests.pages import journeys
from tests.pages.journeys import LOOK, OWN, STATES

TITLES = {
    "home": "Home",
    "attention": "Attention",
    "head": "Inside a head",
    "mask_scale": "Mask and scale",
    "generate": "Generate",
    "embeddings": "Embeddings",
    "residual": "Residual stream",
    "model": "Model",
    "train": "Train",
    "runs": "Runs",
    "import_model": "Import",
    "tensors": "Text to tensors",
    "averaging": "Averaging the past",
    "ladder": "The ladder",
    "normalization": "Normalization",
    "encoder": "Encoder",
    "translation": "Translation",
    "assistant": "Assistant",
}
PATHS = {page: page for page in TITLES} | {"import_model": "import"}
CHOSEN = {"run": "shakespeare", "prompt": "First Citizen:"} | LOOK
THEIRS = {
    "attention": {"ref_run": "shakespeare", "ref_prompt": "Speak"},
    "generate": {"continuation": "ab"},
    "embeddings": {"table": "token", "when": "trained", "colour": "kind"},
    "train": {"run": "shakespeare"},
    "assistant": {"base": "copy"},
    "runs": {
        "runs": "shakespeare,shakespeare-fast",
        "a": "shakespeare-fast",
        "b": "shakespeare",
    },
}
"""Where the shipped runs differ from those that `journeys` is made for."""


def link(page: str) -> dict[str, str]:
    """The parameters of a page, every one set away from its default."""
    shared = {name: text for name, text in CHOSEN.items() if name in journeys.shared(page)}
    return OWN[page] | THEIRS.get(page, {}) | shared


def arrived(page: Page, name: str, warnings: int = 0) -> None:
    """The page is there, it has written its own address, and nothing went wrong."""
    expect(page.locator(".stMain h2").first).to_have_text(TITLES[name])
    at_rest(page)
    expect(page.locator("[role=dialog]")).to_have_count(0)
    for kind, count in {"Error": 0, "Warning": warnings}.items():
        expect(page.locator(f'[data-testid="stAlertContent{kind}"]')).to_have_count(count)


def come_by_history(page: Page, name: str) -> str:
    """Open a page in the same session with its whole link, as the back button would.

    Returns:
        Its address, once the page has written it itself.
    """
    query = urlencode(link(name) | {"visit": "1"})
    page.evaluate(
        """url => {
          history.pushState({}, "", url);
          dispatchEvent(new PopStateEvent("popstate", { state: {} }));
        }""",
        f"/{PATHS[name]}?{query}",
    )
    expect(page).to_have_url(re.compile(rf"/{PATHS[name]}\?(?!.*visit=1)"))
    arrived(page, name, warnings=1)  # that no page has a "visit"
    return page.url


@pytest.mark.slow
def test_every_page_by_the_sidebar_and_one_press_back_for_each(
    page: Page, server: AppServer
) -> None:
    page.goto(f"{server.url}/attention")
    expect(page.locator(".stMain h2").first).to_have_text("Attention")
    addresses = {name: come_by_history(page, name) for name in STATES}
    names = list(STATES)
    for name in names:
        nav = page.get_by_test_id("stSidebarNavLink").filter(has_text=TITLES[name])
        nav.filter(has=page.get_by_text(TITLES[name], exact=True)).click()
        expect(page).to_have_url(addresses[name])
        arrived(page, name)
    for name in reversed(names[:-1]):
        page.go_back()
        expect(page).to_have_url(addresses[name])
        arrived(page, name)
        expect(page).to_have_url(addresses[name])  # the page has written the same


@pytest.mark.slow
def test_what_the_next_page_writes_early_is_not_written_over_the_page_that_is_left(
    page: Page, server: AppServer
) -> None:
    page.goto(f"{server.url}/tensors")
    arrived(page, "tensors")
    here = page.url
    page.locator(".stMain h2").first.click()  # it is touched: what it writes is a step
    page.evaluate(
        """() => {
          history.pushState({}, "", location.pathname + "?preset=tiny");
          history.pushState({}, "", "/train?preset=tiny");
        }"""
    )
    expect(page).to_have_url(re.compile("/train"))
    page.go_back()
    expect(page).to_have_url(here)
    arrived(page, "tensors")
    expect(page).to_have_url(here)


@pytest.mark.slow
def test_a_head_chosen_on_attention_is_the_one_inside_and_back(
    page: Page, server: AppServer
) -> None:
    page.goto(f"{server.url}/attention?run=shakespeare&prompt=First")
    page.get_by_test_id("attention-thumb").nth(6).click()  # 4 heads a layer: L1 H2
    expect(page).to_have_url(re.compile(r"/attention\?.*layer=1&head=2"))
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Inside a head").click()
    expect(page).to_have_url(re.compile(r"/head\?.*layer=1&head=2"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/attention\?.*layer=1&head=2"))
    expect(page.locator(".stMain h2").first).to_have_text("Attention")


@pytest.mark.slow
def test_files_handed_over_on_train_are_there_on_return(page: Page, server: AppServer) -> None:
    page.goto(f"{server.url}/train?text=upload")
    content = ("the cat sat on the mat and looked at the rat\n" * 60).encode()
    page.locator('input[type="file"]').first.set_input_files(
        {"name": "cats.txt", "mimeType": "text/plain", "buffer": content}
    )
    expect(page.get_by_text("2,700").first).to_be_visible()  # characters
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Import").click()
    expect(page.locator(".stMain h2").first).to_have_text("Import")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Train").click()
    expect(page.get_by_text("Handed over before: cats.txt")).to_be_visible()
    expect(page.get_by_text("2,700").first).to_be_visible()
    page.get_by_role("button", name="Forget").click()
    expect(page.get_by_text("Nothing chosen yet.")).to_be_visible()
