"""A page's address, opened by somebody else, shows the same: controls, words, numbers, pictures.

A state is reached by pressing controls, the address is taken from the address bar, and a second
browser that knows nothing else opens it. Everything that a person could read in both is compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app_server import AppServer
from tests.browser.waiting import at_rest, becomes, until

PROMPT = "First Citizen:\nSpeak"

SHOWN = """() => {
  // Everything that can be read, shadow roots included: words, controls, numbers on elements.
  const found = [];
  const quiet = new Set(["painted", "ready", "digest", "busy", "ms"]);
  const words = '[data-testid="stMarkdownContainer"], [data-testid="stCaptionContainer"]';
  const states = ["aria-checked", "aria-pressed", "aria-selected", "aria-valuenow"];
  const walk = (root, inside) => {
    for (const e of root.querySelectorAll("*")) {
      if (e.shadowRoot) walk(e.shadowRoot, true);
      if (e.matches("input, textarea")) found.push(`${e.ariaLabel || e.type} = ${e.value}`);
      if (!inside && e.matches(words)) found.push(e.innerText.trim());
      for (const name of states) if (e.hasAttribute(name))
        found.push(`${e.innerText || e.ariaLabel || ""} ${name} ${e.getAttribute(name)}`);
      if (inside) for (const [name, value] of Object.entries(e.dataset))
        if (!quiet.has(name)) found.push(`${name}: ${value}`);
      if (e.matches(".js-plotly-plot svg text")) found.push(e.textContent);
    }
  };
  walk(document.querySelector(".stMain"), false);
  return found;
}"""


@dataclass(frozen=True)
class Visit:
    """One page, the state it is opened in, and what is pressed there.

    Fields:
        query: of the address that is opened first.
        press: drives the page on; what it does must come to stand in the address.
        says: pieces of the address once it does.
    """

    page: str
    query: dict[str, str]
    press: Callable[[Page], None]
    says: tuple[str, ...]

    @property
    def name(self) -> str:
        """What pytest calls it."""
        return f"{self.page} {self.query.get('part') or self.query.get('section') or ''}".strip()


def option(page: Page, name: str, label: str) -> None:
    """Press one of a row of options of the URL parameter `name`."""
    page.locator(f".st-key-link_{name}").get_by_text(label, exact=True).click()


def attention(page: Page) -> None:
    page.get_by_test_id("attention-thumb").nth(6).click()
    option(page, "mask", "last 8")


def generate(page: Page) -> None:
    page.get_by_role("button", name="Next token", exact=True).click()
    expect(page.locator(".generated").last).to_have_attribute("data-tokens", str(len(PROMPT) + 1))
    page.get_by_role("button", name="Next token", exact=True).click()
    expect(page.locator(".generated").last).to_have_attribute("data-tokens", str(len(PROMPT) + 2))
    option(page, "scale", "off")


def runs(page: Page) -> None:
    page.get_by_role("slider").press("ArrowRight")


def head(page: Page) -> None:
    option(page, "mask", "off")
    option(page, "cells", "numbers")


def mask_scale(page: Page) -> None:
    option(page, "show", "scaled")
    option(page, "scale_b", "1/√C")


def embeddings(page: Page) -> None:
    option(page, "part", "Positions")


def residual(page: Page) -> None:
    option(page, "scale", "off")


FILM = {"run": "copy", "runs": "copy", "show": "time", "step": "1000", "layer": "1"}
VISITS = [
    Visit("attention", {"view": "scores"}, attention, ("layer=1", "head=2", "mask=window%3A8")),
    Visit("generate", {"temperature": "0.5", "seed": "9"}, generate, ("seed=9", "scale=none")),
    Visit("runs", FILM, runs, ("show=time", "step=1100", "layer=1")),
    Visit("head", {"layer": "1", "query": "7", "key": "5"}, head, ("mask=none", "cells=numbers")),
    Visit(
        "mask_scale",
        {"head": "2", "cell": "9,5"},
        mask_scale,
        ("show=scaled", "scale_b=n_embd", "head=2"),
    ),
    Visit("embeddings", {"run": "copy", "prompt": "abcab"}, embeddings, ("part=Positions",)),
    Visit("residual", {"part": "Logit lens", "position": "4"}, residual, ("scale=none",)),
    Visit("residual", {"part": "Direct effects"}, residual, ("part=Direct", "scale=none")),
]


def seen(page: Page) -> list[str]:
    """What can be read, once the page has come to rest."""
    expect(page.locator(".stMain h2").first).to_be_visible()
    at_rest(page)
    last: list[list[str]] = []

    def check() -> list[str]:
        last.append(page.evaluate(SHOWN))
        assert last[-2:] == [last[-1]] * 2, "the words do not come to rest"
        return last[-1]

    return until(page, check)


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.name)
def test_an_address_reopens_what_was_seen(
    page: Page, server: AppServer, stranger: Page, visit: Visit
) -> None:
    query = {"run": "shakespeare", "prompt": PROMPT} | visit.query
    page.goto(f"{server.url}/{visit.page}?{urlencode(query)}")
    first = seen(page)
    visit.press(page)
    for piece in visit.says:
        expect(page).to_have_url(re.compile(re.escape(piece)))
    page.mouse.move(1, 1)
    here = seen(page)
    assert here != first, "pressing changed nothing that can be seen"
    stranger.goto(page.url)
    becomes(stranger, lambda: stranger.evaluate(SHOWN), here)
    expect(stranger).to_have_url(page.url)
