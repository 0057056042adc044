"""Home: hovering follows a token through the model's own numbers, and a box opens its page."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import gpt
from gpt.inspect.whole_model import contribution_lengths
from tests.browser.app_server import ROOT, AppServer
from tests.browser.waiting import at_rest, becomes, box_of, has_number, has_parameters, says_number

PROMPT = "First Citizen:\nSpeak"
RUN = "shakespeare"


@pytest.fixture(scope="module")
def trace() -> gpt.Trace:
    checkpoint = gpt.load(ROOT / "checkpoints" / RUN)
    return gpt.trace(checkpoint.model, checkpoint.tokenizer.encode(PROMPT))


def opened(page: Page, server: AppServer, **query: str) -> Locator:
    page.goto(f"{server.url}/home?{urlencode({'run': RUN, 'prompt': PROMPT, **query})}")
    view = page.get_by_test_id("whole")
    expect(view).to_have_attribute("data-followed", query.get("position", str(len(PROMPT) - 1)))
    return view


def box(page: Page, kind: str, **place: int) -> Locator:
    name = "head" if "head" in place else "box"
    where = "".join(f"[data-{key}='{value}']" for key, value in place.items())
    return page.locator(f"[data-testid=whole-{name}][data-kind={kind}]{where}")


def holds_the_token(page: Page, trace: gpt.Trace, token: int) -> None:
    """Every box has the trace's number for a token, to four decimals."""
    norm = np.linalg.norm
    has_number(box(page, "token"), "data-value", norm(trace.token_embedding[token]))
    has_number(box(page, "position"), "data-value", norm(trace.position_embedding[token]))
    heads = contribution_lengths(trace)
    L, H, _, _ = trace.shape
    for layer in range(L):
        added = norm(trace.attention_out[layer, token])
        has_number(box(page, "attention", layer=layer), "data-value", added)
        has_number(box(page, "mlp", layer=layer), "data-value", norm(trace.mlp_out[layer, token]))
        for head in range(H):
            length = heads[layer, head, token]
            has_number(box(page, "attention", layer=layer, head=head), "data-value", length)
    best = np.sort(trace.probs[token])[::-1]
    for row, prob in enumerate(best[:6]):
        has_number(page.get_by_test_id("whole-bar").nth(row), "data-value", prob)


def test_hovering_follows_a_token_without_the_server(
    page: Page, server: AppServer, trace: gpt.Trace
) -> None:
    messages: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda f: messages.append(len(f))))
    view = opened(page, server)
    at_rest(page)
    holds_the_token(page, trace, len(PROMPT) - 1)
    before = len(messages)
    assert before, "the page asks the server when it opens"
    for token in (3, 15):
        page.get_by_test_id("whole-token").nth(token).hover()
        expect(view).to_have_attribute("data-followed", str(token))
        holds_the_token(page, trace, token)
    assert len(messages) == before
    page.mouse.move(1, 1)
    expect(view).to_have_attribute("data-followed", str(len(PROMPT) - 1))


def test_a_head_says_what_it_adds_and_where_it_looks(
    page: Page, server: AppServer, trace: gpt.Trace
) -> None:
    opened(page, server, position="12")
    weights = trace.weights[2, 1, 12]
    box(page, "attention", layer=2, head=1).hover()
    readout = page.get_by_test_id("whole-readout")
    says_number(readout, contribution_lengths(trace)[2, 1, 12])
    says_number(readout, weights.max())
    expect(readout).to_contain_text(f"token {weights.argmax()} ")
    lit = page.locator("[data-testid=whole-token].key")
    expect(lit).to_have_attribute("data-n", str(weights.argmax()))


def test_a_held_token_is_in_the_address_and_a_box_opens_its_page(
    page: Page, server: AppServer
) -> None:
    view = opened(page, server)
    page.get_by_test_id("whole-token").nth(7).click()
    has_parameters(page, position="7", run=RUN, prompt=PROMPT)
    head = box(page, "attention", layer=1, head=2)
    address = urlsplit(head.get_attribute("href") or "")
    expected = {"run": RUN, "prompt": PROMPT, "layer": "1", "head": "2", "query": "7"}
    assert address.path == "head" and dict(parse_qsl(address.query)).items() >= expected.items()
    head.click()
    expect(page.locator(".stMain h2").first).to_have_text("Inside a head")
    has_parameters(page, **expected)
    page.go_back()
    expect(page.locator(".stMain h2").first).to_have_text("Home")
    expect(view).to_have_attribute("data-followed", "7")
    has_parameters(page, position="7")


def test_the_keyboard_goes_from_token_to_token_and_from_head_to_head(
    page: Page, server: AppServer, trace: gpt.Trace
) -> None:
    view = opened(page, server)
    page.locator(".tokens").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    token = len(PROMPT) - 4
    expect(view).to_have_attribute("data-followed", str(token))
    has_parameters(page, position=str(token))
    box(page, "attention", layer=0, head=0).focus()
    page.keyboard.press("ArrowDown")
    readout = page.get_by_test_id("whole-readout")
    expect(readout).to_contain_text("Layer 0, head 1")
    says_number(readout, contribution_lengths(trace)[0, 1, token])
    page.keyboard.press("Enter")
    has_parameters(page, layer="0", head="1", query=str(token))


def test_a_plain_visit_opens_home_and_an_older_link_attention(
    page: Page, server: AppServer
) -> None:
    page.goto(server.url)
    expect(page.get_by_test_id("whole")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/home\?run={RUN}&"))
    expect(page.get_by_test_id("stSidebarNav")).to_contain_text("Headlight")
    page.goto(f"{server.url}/?{urlencode({'run': 'copy', 'layer': 1})}")
    expect(page.get_by_test_id("attention-view")).to_be_visible()
    has_parameters(page, run="copy", layer="1")


@pytest.mark.parametrize("run", ["shakespeare", "shakespeare-fast", "copy"])
def test_the_whole_picture_is_in_sight_on_a_small_screen(
    page: Page, server: AppServer, run: str
) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{server.url}/home?run={run}")
    expect(page.get_by_test_id("whole-bar").first).to_be_visible()
    at_rest(page)
    picture = box_of(page.get_by_test_id("whole"))
    ways = box_of(page.locator(".st-key-ways_on"))
    assert picture["y"] > 0 and picture["y"] + picture["height"] <= ways["y"]
    becomes(page, lambda: box_of(page.locator(".st-key-ways_on"))["y"] + ways["height"] < 768, True)
