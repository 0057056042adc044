"""The analyses of the Attention page in a browser: each number against its own recomputation."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import gpt
from gpt.inspect.heads.ablation import effects
from gpt.inspect.heads.edits import Edit, apply
from gpt.inspect.heads.patterns import patterns
from gpt.inspect.heads.rollout import carried, rollout
from gpt.training import snapshots
from tests.browser.app_server import ROOT, AppServer
from tests.browser.test_attention_page import hover, painted, repainted, shows, view
from tests.browser.waiting import becomes, has_number, says_number

COPY = "\nqhxtbmzqhxtbmz\nkfwyrkfwyr\n"
PLAY = "First Citizen:\nBefore we proceed"


@pytest.fixture(scope="module")
def copy() -> gpt.Checkpoint:
    return gpt.load(ROOT / "checkpoints" / "copy")


@pytest.fixture(scope="module")
def shakespeare() -> gpt.Checkpoint:
    return gpt.load(ROOT / "checkpoints" / "shakespeare")


def opened(page: Page, server: AppServer, run: str, prompt: str, **state: object) -> None:
    query = urlencode({"run": run, "prompt": prompt, **state})
    page.goto(f"{server.url}/attention?{query}")
    expect(view(page)).to_have_attribute("data-tokens", str(len(prompt)))


def marks(page: Page) -> Locator:
    return page.get_by_test_id("attention-marks")


def thumbs(page: Page) -> list[str | None]:
    found = page.get_by_test_id("attention-thumb")
    return [one.get_attribute("data-head") for one in found.all()]


def test_the_induction_head_ranks_first_by_its_score(
    page: Page, server: AppServer, copy: gpt.Checkpoint
) -> None:
    opened(page, server, "copy", COPY, sort="induction", analysis="Patterns")
    ids = copy.tokenizer.encode(COPY)
    found = gpt.trace(copy.model, ids)
    scores = patterns(found.weights, found.ids, found.visible, copy.tokenizer.pieces(ids))
    row = page.locator(".st-key-pattern_table tr", has_text=re.compile("^induction"))
    expect(row).to_contain_text("L1 H0")
    says_number(row, scores["induction"][1, 0])
    expect(row).to_contain_text(f"{scores.queries[3]}")
    becomes(page, lambda: thumbs(page), ["1", "0"])
    maps = int(np.count_nonzero(scores.queries))  # a pattern that no query has is left out
    expect(page.locator(".st-key-patterns .subplot")).to_have_count(maps)


def test_patterns_over_the_runs_own_validation_text(page: Page, server: AppServer) -> None:
    opened(page, server, "copy", COPY, analysis="Patterns", over="held-out text")
    expect(page.get_by_text("64 blocks of 64 tokens")).to_be_visible()
    row = page.locator(".st-key-pattern_table tr", has_text=re.compile("^previous token"))
    expect(row).to_contain_text("4,032")  # 64 × 63 queries


def test_heads_switched_off(page: Page, server: AppServer, copy: gpt.Checkpoint) -> None:
    opened(page, server, "copy", COPY, analysis="Switch heads off", sort="effect on the loss")
    found = effects(copy.model, np.array([copy.tokenizer.encode(COPY)]))
    l, h = np.unravel_index(found.on_loss.argmax(), found.on_loss.shape)
    words = page.locator(".st-key-effect_words")
    expect(words).to_contain_text(re.compile(r"Loss with every head: \d"))
    expect(words).to_contain_text(f"Most missed: L{l} H{h}")
    for loss in (found.as_is.loss, found.losses[l, h], found.on_loss[l, h]):
        says_number(words, loss)
    becomes(page, lambda: thumbs(page), [str(n) for n in np.argsort(-found.on_loss.ravel())])


def test_value_weighted_and_rollout_are_read_on_hover(
    page: Page, server: AppServer, shakespeare: gpt.Checkpoint
) -> None:
    found = gpt.trace(shakespeare.model, shakespeare.tokenizer.encode(PLAY))
    lengths = carried(shakespeare.model, found)
    state = {"layer": 2, "head": 1}
    opened(page, server, "shakespeare", PLAY, view="value-weighted", **state)
    expected = found.weights[2, 1, 20, 11] * lengths[2, 1, 11]
    readout = hover(page, 20, 11, len(PLAY))
    has_number(readout, "data-value", expected)
    page.locator(".st-key-link_view input").click()
    page.get_by_role("option", name="Rollout").click()
    expect(page.get_by_test_id("attention-thumb")).to_have_count(4)
    flow = rollout(found.weights)[2, 20, 11]
    readout = hover(page, 20, 11, len(PLAY))
    has_number(readout, "data-value", flow)


def test_solo_hide_and_pin_by_keyboard_and_in_the_link(
    page: Page, server: AppServer, shakespeare: gpt.Checkpoint, stranger: Page
) -> None:
    opened(page, server, "shakespeare", PLAY)
    first = page.get_by_test_id("attention-thumb").first
    first.focus()
    page.keyboard.press("h")
    expect(first).to_have_attribute("data-marks", "hidden")
    expect(page).to_have_url(re.compile(r"hide=0\.0(&|$)"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile(r"pin=0\.1(&|$)"))
    becomes(page, lambda: [thumbs(page)[at] for at in (0, -1)], ["1", "0"])
    stranger.goto(page.url)
    shows(stranger, len(PLAY))
    becomes(stranger, lambda: thumbs(stranger), thumbs(page))
    page.locator(".st-key-link_view input").click()
    page.get_by_role("option", name="Average").click()
    expect(page.locator(".st-key-entropy")).to_contain_text("over 15 of 16 heads")
    found = gpt.trace(shakespeare.model, shakespeare.tokenizer.encode(PLAY))
    expected = found.weights[0, 1:].mean(axis=0)[20, 11]
    readout = hover(page, 20, 11, len(PLAY))
    has_number(readout, "data-value", expected)


def test_solo_by_button_shows_one_head_and_all_again(page: Page, server: AppServer) -> None:
    opened(page, server, "shakespeare", PLAY, layer=1, head=2)
    marks(page).get_by_text("Solo").click()
    expect(page.get_by_test_id("attention-thumb")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"solo=1\.2(&|$)"))
    marks(page).get_by_text("Show all").click()
    expect(page.get_by_test_id("attention-thumb")).to_have_count(16)
    expect(page).not_to_have_url(re.compile("solo="))


def test_a_difference_to_a_pinned_reference(
    page: Page, server: AppServer, shakespeare: gpt.Checkpoint
) -> None:
    opened(page, server, "shakespeare", PLAY, analysis="Reference", view="difference")
    expect(page.get_by_text("needs the reference").first).to_be_visible()
    page.get_by_role("button", name="Pin what is shown").click()
    expect(page).to_have_url(re.compile("ref_run=shakespeare"))
    before = painted(page)
    page.locator(".st-key-link_scale").get_by_text("off").click()
    repainted(page, before)
    ids = shakespeare.tokenizer.encode(PLAY)
    now = gpt.trace(shakespeare.model, ids, gpt.Switches(scale="none")).weights
    there = gpt.trace(shakespeare.model, ids).weights
    readout = hover(page, 20, 11, len(PLAY))
    expect(readout).to_have_attribute("data-view", "difference")
    has_number(readout, "data-value", (now - there)[0, 0, 20, 11])
    page.goto(page.url.replace("proceed", "go+on", 1))
    expect(page.get_by_text("Give prompts of the same length")).to_be_visible()


def test_an_analysis_can_be_closed_again(page: Page, server: AppServer) -> None:
    opened(page, server, "copy", COPY, analysis="Reference")
    pin = page.get_by_role("button", name="Pin what is shown")
    expect(pin).to_be_visible()
    page.locator(".st-key-link_analysis").get_by_text("Reference").click()
    expect(pin).to_have_count(0)
    expect(page).not_to_have_url(re.compile("analysis="))


def test_an_edited_weight_changes_the_next_token(
    page: Page, server: AppServer, copy: gpt.Checkpoint
) -> None:
    prompt = COPY[:12]  # the last token is the x of the second half: t is what followed it
    opened(page, server, "copy", prompt, layer=1, head=0, analysis="Edit a weight")
    page.get_by_test_id("attention-detail").focus()
    hover(page, 11, 2, len(prompt))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"cell=11\.2"))
    page.get_by_role("button", name="Use this weight").click()
    expect(page).to_have_url(re.compile(r"edit=1\.0\.11\.2-1(&|$)"))
    ids = copy.tokenizer.encode(prompt)
    before = gpt.trace(copy.model, ids).logits[-1]
    switches = apply(copy.model, ids, gpt.Switches(), [Edit(1, 0, 11, 2, 1.0)])
    after = gpt.trace(copy.model, ids, switches).logits[-1]
    said = page.locator(".st-key-edit_moved")
    expect(said).to_contain_text(re.compile(r"Largest change of a logit: \d"))
    says_number(said, np.abs(after - before).max())
    readout = hover(page, 11, 2, len(prompt))
    expect(readout).to_have_attribute("data-value", "1.0000")  # the picture shows what was used
    page.get_by_role("button", name="Reset all edits").click()
    expect(page).not_to_have_url(re.compile("edit="))
    expect(said).to_have_count(0)


def test_snapshots_are_scrubbed_and_played_in_the_browser(page: Page, server: AppServer) -> None:
    run = server.checkpoints / "shakespeare"
    steps = snapshots.steps(run)
    page.goto(f"{server.url}/runs?runs=shakespeare&show=time&step={steps[0]}&layer=2&head=1")
    expect(view(page)).to_have_attribute("data-frames", str(len(steps)))
    expect(view(page)).to_have_attribute("data-frame", "0")
    for frame in (0, 1, 2):
        expected = snapshots.read(run, steps[frame]).weights[2, 1, 40, 12]
        readout = hover(page, 40, 12, 64)
        has_number(readout, "data-value", expected)
        page.get_by_role("slider").press("ArrowRight")
        expect(view(page)).to_have_attribute("data-frame", str(frame + 1))
    expect(page).to_have_url(re.compile(f"step={steps[3]}"))
    page.get_by_test_id("attention-player").get_by_title("Play").click()
    expect(view(page)).to_have_attribute("data-frame", str(len(steps) - 1))
    expect(page).to_have_url(re.compile(f"step={steps[-1]}"))
