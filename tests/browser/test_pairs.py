"""Train it and see in a real browser: one click, progress, a reload, a pause, and the numbers."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from gpt.training.control import Control, Wish
from gpt.training.loop import train
from gpt.training.pairs.building_pairs import find
from gpt.training.pairs.experiments import prepare
from gpt.training.pairs.findings import finding
from gpt.training.runs import Run
from tests.browser.app_server import AppServer
from tests.browser.waiting import becomes, fits, has_parameters
from tests.close import printed

OWN_RUNS = True


@pytest.fixture(scope="module")
def stopped(checkpoints: Path) -> list[Run]:
    """The masked pair with its real settings, both told to stop after the first log line."""
    runs = prepare(checkpoints, find("pair-mask"), 1)
    for run in runs:
        control = Control()
        train(run, control, lambda line, status, control=control: control.ask(Wish.STOP))
        assert run.status().state == "done"
    return runs


def opened(page: Page, server: AppServer, pair: str) -> None:
    page.goto(f"{server.url}/mask_scale?section=train&pair={pair}&pair_seed=1")
    expect(page.locator("[class*=st-key-pair_] button").first).to_be_visible()


def test_the_table_has_the_numbers_of_the_runs(
    page: Page, server: AppServer, stopped: list[Run]
) -> None:
    opened(page, server, "pair-mask")
    rows = page.locator(".st-key-pair_table tbody tr")
    expect(rows).to_have_count(2)
    for place, run in enumerate(stopped):
        found = finding(run)
        assert found is not None
        entropies = found.entropies.mean[0], found.entropies.mean[-1]
        expected = (found.val_loss, found.train_loss, found.unseen_loss, *entropies)
        becomes(page, partial(numbers, rows.nth(place).locator("td")), printed(expected))
    legend = page.locator(".st-key-pair_curves .legendtext")
    expect(legend.filter(has_text=re.compile("^(not )?masked$"))).to_have_count(2)
    fits(page)


def numbers(cells: Locator) -> tuple[float, ...]:
    """Three losses, and the entropy at the first and the last measurement."""
    _, *losses, entropies = cells.all_inner_texts()[:5]
    return tuple(map(float, (*losses, *entropies.split(" → "))))


def test_one_click_trains_a_reload_finds_it_and_it_can_be_paused(
    page: Page, server: AppServer, checkpoints: Path
) -> None:
    opened(page, server, "pair-positions")
    page.get_by_role("button", name="Train it and see", exact=True).click()
    panel = page.locator(".st-key-pair_panel")
    expect(panel).to_contain_text(re.compile(r"positions learned: training · step \d"))
    expect(panel).to_contain_text("no positions: waiting")
    assert (checkpoints / "pair-positions-none-1" / "config.json").is_file()

    page.reload()
    expect(panel).to_contain_text("no positions: waiting")
    has_parameters(page, section="train", pair="pair-positions")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(panel).to_contain_text("positions learned: paused")
    expect(panel).to_contain_text("no positions: paused")
    go_on = page.get_by_role("button", name="Go on", exact=True)
    expect(go_on).to_be_visible()
