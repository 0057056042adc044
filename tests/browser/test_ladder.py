"""The ladder in a real browser: the numbers of real runs, and a climb found again and paused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gpt.text.corpus import from_builtin
from gpt.training.control import Control, Wish
from gpt.training.ladder.climbing import prepare
from gpt.training.ladder.results import measure, result
from gpt.training.ladder.rungs import RUNGS, find
from gpt.training.loop import train
from gpt.training.runs import Run
from tests.browser.app_server import AppServer
from tests.browser.waiting import becomes, fits, says_number

OWN_RUNS = True
NAMES = ("one-head", "four-heads")


@pytest.fixture(scope="module")
def stopped(checkpoints: Path) -> list[Run]:
    """Two rungs with their real settings, both told to stop at the first log line."""
    corpus, runs = from_builtin("names", length=3000), []
    for name in NAMES:
        run, control = prepare(checkpoints, find(name), corpus, 1337), Control()
        train(run, control, lambda line, status, control=control: control.ask(Wish.STOP))
        measure(run)
        runs.append(run)
    return runs


def test_the_climb_and_a_rung_show_the_runs(
    page: Page, server: AppServer, stopped: list[Run]
) -> None:
    page.goto(f"{server.url}/ladder")
    rows = page.locator(".st-key-ladder_table tbody tr")
    expect(rows).to_have_count(len(RUNGS))
    places = [[rung.name for rung in RUNGS].index(name) for name in NAMES]
    for place, run in zip(places, stopped, strict=True):
        found = result(run)
        assert found is not None
        says_number(rows.nth(place).locator("td").nth(6), found.val_loss)
    page.get_by_role("radio", name="one rung").click()
    page.get_by_role("radio", name="Four heads").click()
    expect(page).to_have_url(re.compile("rung=four-heads"))
    expect(page.locator(".st-key-ladder_settings")).to_contain_text("n_head")
    expect(page.locator(".st-key-ladder_curves .legendtext").first).to_have_text("One head")
    expect(page.get_by_role("link", name="Attention").last).to_have_attribute(
        "href", re.compile("run=ladder-four-heads-1337")
    )
    fits(page)


@pytest.mark.slow
def test_one_click_climbs_and_is_found_again_and_paused(
    page: Page, server: AppServer, checkpoints: Path, stopped: list[Run]
) -> None:
    page.goto(f"{server.url}/ladder?show=the+climb&climb_seed=2")
    page.get_by_role("button", name="Train all small rungs").click()
    panel = page.locator(".st-key-ladder_panel")
    expect(panel).to_contain_text(re.compile(r"Bigram: training · step \d"))
    expect(panel).to_contain_text(re.compile(r"The climb: 0 of 7 trained · about .* left"))
    states = page.locator(".st-key-ladder_table tbody tr td:nth-child(2)")
    expect(states.nth(1)).to_have_text("waiting")
    expect(states.nth(7)).to_have_text("not trained")
    becomes(page, lambda: len(list(checkpoints.glob("ladder-*-2"))), 7)

    page.get_by_role("link", name="Averaging the past", exact=True).click()
    expect(page.get_by_role("heading", name="Averaging the past")).to_be_visible()
    page.get_by_role("link", name="The ladder", exact=True).click()
    expect(panel).to_contain_text("The climb: 0 of 7 trained")
    expect(page).to_have_url(re.compile("climb_seed=2"))  # the page tells its link at its end
    page.reload()
    expect(panel).to_contain_text("The climb: 0 of 7 trained")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(panel).to_contain_text("Bigram: paused")
    expect(states.nth(1)).to_have_text("paused")
    expect(page.get_by_role("button", name="Train all small rungs")).to_be_visible()
