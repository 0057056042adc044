"""The Attention page as a person uses it: what is read there is what `gpt.trace` computes."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

import gpt
from gpt.inspect.heads.head_entropy import entropy
from tests.browser.app_server import ROOT, AppServer
from tests.browser.waiting import becomes, box_of, fits, has_number, has_parameters, says_number

PROMPT = "First Citizen:\nBefore we proceed"
HOSTILE = "<script>alert(1)</script> <b>bold</b> \u202eright to left\u200f 😀 $x$ **x**"


@pytest.fixture(scope="module")
def checkpoint() -> gpt.Checkpoint:
    return gpt.load(ROOT / "checkpoints" / "shakespeare")


def address(server: AppServer, **state: object) -> str:
    return f"{server.url}/attention?{urlencode({'run': 'shakespeare', **state})}"


def view(page: Page) -> Locator:
    return page.get_by_test_id("attention-view")


def shows(page: Page, tokens: int) -> None:
    expect(view(page)).to_have_attribute("data-tokens", str(tokens))


def painted(page: Page) -> str:
    return view(page).get_attribute("data-painted") or ""


def repainted(page: Page, before: str) -> None:
    expect(view(page)).not_to_have_attribute("data-painted", before)


def hover(page: Page, query: int, key: int, T: int) -> Locator:
    """Put the mouse on a cell of the large map; return the readout."""
    detail = page.get_by_test_id("attention-detail")
    expect(detail).to_have_count(1)  # the view before may be there for a moment
    box = box_of(detail)
    at = {"x": (key + 0.5) / T * box["width"], "y": (query + 0.5) / T * box["height"]}
    detail.hover(position=at)  # type: ignore[arg-type]
    readout = page.get_by_test_id("readout")
    expect(readout).to_have_attribute("data-query", str(query))
    expect(readout).to_have_attribute("data-key", str(key))
    return readout


def mean_entropy(traced: gpt.Trace) -> float:
    """Over all heads and queries."""
    return float(entropy(traced.weights).mean())


def prompt_field(page: Page) -> Locator:
    return page.get_by_label("Prompt", exact=True)


def enter(page: Page, text: str) -> None:
    prompt_field(page).fill(text)
    prompt_field(page).press("Enter")


def is_in_sight(place: Locator, height: int) -> bool:
    box = box_of(place)
    return box["y"] > 0 and box["y"] + box["height"] <= height


@pytest.mark.parametrize(
    "mask, scale", [("model", "model"), ("none", "model"), ("window:5", "none")]
)
def test_what_is_read_on_hover_is_the_trace(
    page: Page, server: AppServer, checkpoint: gpt.Checkpoint, mask: str, scale: str
) -> None:
    ids = checkpoint.tokenizer.encode(PROMPT)
    T, dice = len(ids), random.Random(7)
    traced = gpt.trace(checkpoint.model, ids, gpt.Switches(mask=mask, scale=scale))
    page.goto(address(server, prompt=PROMPT, layer=2, head=1, mask=mask, scale=scale))
    shows(page, T)
    for query, key in [(dice.randrange(T), dice.randrange(T)) for _ in range(8)]:
        readout = hover(page, query, key, T)
        expect(readout).to_have_attribute("data-layer", "2")
        expect(readout).to_have_attribute("data-head", "1")
        if traced.visible[query, key]:
            has_number(readout, "data-weight", traced.weights[2, 1, query, key])
        else:
            expect(readout).to_have_attribute("data-weight", "masked")


def test_a_plain_visit_opens_on_the_shipped_model_and_a_laptop_shows_it_whole(
    page: Page, server: AppServer
) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{server.url}/attention")
    expect(view(page)).to_be_visible()
    expect(page).to_have_url(re.compile("run=shakespeare&"))
    for name in ("attention-detail", "readout"):
        place = page.get_by_test_id(name)
        becomes(page, partial(is_in_sight, place, 768), True)


def test_the_mask_fills_the_upper_triangle_and_the_scale_sharpens(
    page: Page, server: AppServer, checkpoint: gpt.Checkpoint
) -> None:
    ids = checkpoint.tokenizer.encode(PROMPT)
    unmasked, sharp = (
        gpt.trace(checkpoint.model, ids, gpt.Switches(mask="none", scale=scale))
        for scale in ("model", "none")
    )
    page.goto(address(server, prompt=PROMPT, layer=1, head=1))
    shows(page, len(PROMPT))
    expect(hover(page, 3, 20, len(PROMPT))).to_have_attribute("data-weight", "masked")
    before = painted(page)
    page.locator(".st-key-link_mask").get_by_text("off").click()
    repainted(page, before)
    has_number(hover(page, 3, 20, len(PROMPT)), "data-weight", unmasked.weights[1, 1, 3, 20])
    as_trained, sharpened = (mean_entropy(traced) for traced in (unmasked, sharp))
    assert sharpened < as_trained
    says_number(page.locator(".st-key-entropy"), as_trained)
    page.locator(".st-key-link_scale").get_by_text("off").click()
    says_number(page.locator(".st-key-entropy"), sharpened)


def test_another_prompt_is_repainted(
    page: Page, server: AppServer, checkpoint: gpt.Checkpoint
) -> None:
    page.goto(address(server, prompt=PROMPT, layer=0, head=3))
    shows(page, len(PROMPT))
    enter(page, "ROMEO:↵O, she doth teach")
    text = "ROMEO:\nO, she doth teach"
    shows(page, len(text))
    traced = gpt.trace(checkpoint.model, checkpoint.tokenizer.encode(text))
    readout = hover(page, 12, 7, len(text))
    has_number(readout, "data-weight", traced.weights[0, 3, 12, 7])


def test_a_copied_link_reopens_what_was_seen(
    page: Page, server: AppServer, stranger: Page, checkpoint: gpt.Checkpoint
) -> None:
    switches = gpt.Switches(mask="window:8", scale="n_embd")
    traced = gpt.trace(checkpoint.model, checkpoint.tokenizer.encode(PROMPT), switches)
    expected = traced.weights[1, 2, 9, 5]
    page.goto(address(server, prompt=PROMPT))
    shows(page, len(PROMPT))
    page.get_by_test_id("attention-thumb").nth(6).click()
    page.locator(".st-key-link_mask").get_by_text("last 8").click()
    page.locator(".st-key-link_scale").get_by_text("1/√C").click()
    has_parameters(page, mask="window:8", scale="n_embd", layer="1", head="2")
    expect(view(page)).to_have_attribute("data-selected-head", "1,2")
    has_number(hover(page, 9, 5, len(PROMPT)), "data-weight", expected)
    stranger.goto(page.url)
    shows(stranger, len(PROMPT))
    expect(view(stranger)).to_have_attribute("data-selected-head", "1,2")
    expect(prompt_field(stranger)).to_have_value(PROMPT.replace("\n", "↵"))
    has_number(hover(stranger, 9, 5, len(PROMPT)), "data-weight", expected)


def test_after_a_change_of_model_the_readout_and_the_arcs_name_the_same(
    page: Page, server: AppServer
) -> None:
    page.goto(address(server, prompt=PROMPT, layer=1, head=2))
    shows(page, len(PROMPT))
    hover(page, 9, 5, len(PROMPT)).page.mouse.down()  # it is held
    page.mouse.up()
    before = painted(page)
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="shakespeare-fast").click()
    repainted(page, before)
    other = gpt.load(ROOT / "checkpoints" / "shakespeare-fast")
    weights = gpt.trace(other.model, other.tokenizer.encode(PROMPT)).weights
    readout = page.get_by_test_id("readout")
    layer, head, i, j = (
        int(readout.get_attribute(f"data-{name}") or -1)
        for name in ("layer", "head", "query", "key")
    )
    has_number(readout, "data-weight", weights[layer, head, i, j])
    arcs = view(page).locator(".arcs .over")
    expect(arcs).to_have_attribute("data-query", str(i))
    expect(arcs).to_have_attribute("data-key", str(j))


def test_views_and_order(page: Page, server: AppServer, checkpoint: gpt.Checkpoint) -> None:
    ids = checkpoint.tokenizer.encode(PROMPT)
    traced = gpt.trace(checkpoint.model, ids)
    page.goto(address(server, prompt=PROMPT, layer=3, head=2, view="scores", sort="entropy"))
    shows(page, len(ids))
    readout = hover(page, 20, 11, len(ids))
    has_number(readout, "data-value", traced.scores[3, 2, 20, 11])
    first = page.get_by_test_id("attention-thumb").first
    sharpest = entropy(traced.weights).argmin()
    expect(first).to_have_attribute("data-head", str(sharpest))
    page.locator(".st-key-link_view input").click()
    page.get_by_role("option", name="Average").click()
    expect(page.get_by_test_id("attention-thumb")).to_have_count(checkpoint.config.n_layer + 1)
    mean = traced.weights[3].mean(axis=0)
    readout = hover(page, 20, 11, len(ids))
    has_number(readout, "data-value", mean[20, 11])


def test_prompts_that_cannot_be_read_are_answered(page: Page, server: AppServer) -> None:
    alerts = page.locator(".stAlert")
    page.goto(address(server, prompt=PROMPT))
    shows(page, len(PROMPT))
    enter(page, "Café ☃ now")
    expect(alerts).to_contain_text("'é' (U+00E9 LATIN SMALL LETTER E WITH ACUTE) at position 3")
    expect(alerts).to_contain_text("'☃' (U+2603 SNOWMAN) at position 5")
    page.get_by_role("button", name="Replace them").click()
    expect(prompt_field(page)).to_have_value("Cafe   now")
    shows(page, 10)
    enter(page, "Café ☃ now")
    page.get_by_role("button", name="Drop them").click()
    expect(prompt_field(page)).to_have_value("Caf  now")
    enter(page, "")
    expect(alerts).to_contain_text("The prompt is empty")
    enter(page, "To be, or not to be: " * 20)
    expect(alerts).to_contain_text("The prompt has 420 tokens; this model reads 256 at most")
    shows(page, 256)


def test_a_hostile_prompt_is_text_everywhere(page: Page, server: AppServer) -> None:
    page.goto(address(server, prompt=HOSTILE))
    alert = page.locator(".stAlert")
    expect(alert).to_contain_text("'<' (U+003C LESS-THAN SIGN) at position 0")
    expect(prompt_field(page)).to_have_value(HOSTILE)
    expect(page.locator(".stAlert script, .stAlert b")).to_have_count(0)
    expect(page.locator("script").filter(has_text="alert(1)")).to_have_count(0)


def test_a_link_that_makes_no_sense_is_explained(page: Page, server: AppServer) -> None:
    page.goto(f"{server.url}/attention?run=gone&mask=sideways&scale=-1&layer=99&head=x")
    expect(view(page)).to_be_visible()
    said = page.locator(".stAlert")
    expect(said.filter(has_text="There is no run 'gone'")).to_be_visible()
    expect(said.filter(has_text="mask is 'sideways'; choose one of model")).to_be_visible()
    expect(said.filter(has_text="scale is '-1'")).to_be_visible()
    expect(view(page)).to_have_attribute("data-selected-head", "3,0")


def test_dark_theme_and_no_sideways_scroll(dark_page: Page, server: AppServer) -> None:
    dark_page.goto(address(server, prompt=PROMPT))
    shows(dark_page, len(PROMPT))
    for width in (1280, 1920):
        fits(dark_page, width)


@pytest.fixture
def broken(server: AppServer) -> Iterator[str]:
    """A run whose weights end half way, gone again after the test."""
    whole, folder = server.checkpoints / "shakespeare", server.checkpoints / "broken"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_bytes((whole / name).read_bytes())
    weights = (whole / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    yield folder.name
    shutil.rmtree(folder)


def test_broken_runs_are_named(page: Page, server: AppServer, broken: str) -> None:
    page.goto(f"{server.url}/attention?run={broken}&prompt=a")
    expect(page.locator(".stAlert")).to_contain_text("broken/model.safetensors cannot be read")
