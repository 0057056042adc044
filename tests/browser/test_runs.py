"""The Runs page in a real browser: overlay, scrub, compare, delete, and what is broken."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gpt.training.loop import train
from tests.browser.app_server import AppServer
from tests.browser.waiting import becomes, has_parameters
from tests.gpt.tiny import new_run

OWN_RUNS = True
NAMES = ("first-names", "second-names")
BEGUN = "2100-01-01T00:00:00Z"
MODEL = dict(n_layer=2, n_head=2)
HOSTILE = "<script>alert(1)<b>"


@pytest.fixture(scope="module", autouse=True)
def runs(checkpoints: Path) -> None:
    """Two runs of twelve steps, with a snapshot every four, and a folder that is none.

    Both begin in the same minute, whenever that was, so that the table has them by name.
    """
    for seed, name in enumerate(NAMES):
        run = new_run(checkpoints / name, model=MODEL, steps=12, eval_interval=4, seed=seed)
        train(run)
        config = run.path / "config.json"
        config.write_text(json.dumps(run.config() | {"created": BEGUN}))
    (checkpoints / HOSTILE).mkdir()


def opened(page: Page, server: AppServer, query: str) -> None:
    page.goto(f"{server.url}/runs{query}")
    expect(page.locator(".stDataFrame").first).to_be_visible()


def test_chosen_runs_lie_over_each_other(page: Page, server: AppServer) -> None:
    opened(page, server, f"?runs={','.join(NAMES)}")
    expect(page.locator(".st-key-runs_curves .legendtext").first).to_be_visible()
    names = page.locator(".st-key-runs_curves .legendtext")
    expect(names).to_have_count(5)
    expected = {*NAMES, "validation", "training", "batch"}
    becomes(page, lambda: set(names.all_text_contents()), expected)
    expect(page.locator(".st-key-runs_curves .annotation-text")).to_contain_text("ln V = ")


def test_a_click_in_the_table_chooses_and_the_link_reopens_it(
    page: Page, server: AppServer
) -> None:
    opened(page, server, f"?runs={NAMES[0]}")
    table = page.locator(".stDataFrame").first
    table.click(position={"x": 15, "y": 35 * 2.5})
    expect(page).to_have_url(re.compile(r"runs=[\w-]+%2C[\w-]+"))
    url = page.url
    page.goto("about:blank")
    page.goto(url)
    expect(page.locator(".st-key-runs_curves .legendtext")).to_have_count(5)
    expect(page).to_have_url(url)


def test_attention_is_scrubbed_over_training(page: Page, server: AppServer) -> None:
    opened(page, server, f"?runs={NAMES[0]}&show=time&step=4&layer=1&head=1")
    expect(page.get_by_text("L1 H1 weights at step 4")).to_be_visible()
    expect(page.get_by_text("8 bits a weight")).to_be_visible()
    page.get_by_role("slider").press("ArrowRight")
    expect(page.get_by_text("L1 H1 weights at step 8")).to_be_visible()
    has_parameters(page, step="8", layer="1", head="1")


def test_two_runs_read_one_prompt(page: Page, server: AppServer) -> None:
    opened(page, server, f"?runs={','.join(NAMES)}&show=compare&prompt=lia")
    expect(page.get_by_text(re.compile(r"Loss on the prompt: \d"))).to_have_count(2)
    expect(page.get_by_text("L0 H0 weights")).to_have_count(2)
    expect(page.get_by_label("Run A")).to_have_value(re.compile("names"))


def test_an_unknown_character_is_named_with_the_run_that_lacks_it(
    page: Page, server: AppServer
) -> None:
    opened(page, server, f"?runs={','.join(NAMES)}&show=compare&prompt=lia!")
    alerts = page.get_by_role("alert")
    expect(alerts).to_have_count(2)
    expect(alerts.first).to_contain_text("does not know '!' (U+0021 EXCLAMATION MARK)")


def test_a_broken_folder_says_why_as_text(page: Page, server: AppServer) -> None:
    opened(page, server, f"?runs={HOSTILE}")
    expect(page.get_by_role("alert")).to_contain_text(f"{HOSTILE} is broken")
    expect(page.get_by_role("alert")).to_contain_text("config.json is missing")


def test_a_deleted_run_comes_back_by_undo(page: Page, server: AppServer, checkpoints: Path) -> None:
    shutil.copytree(checkpoints / NAMES[0], checkpoints / "gone")
    opened(page, server, "?runs=gone")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("gone was deleted.")).to_be_visible()
    expect(page).not_to_have_url(re.compile("gone"))
    assert not (checkpoints / "gone").exists()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("gone was deleted.")).to_have_count(0)
    expect(page).to_have_url(re.compile("gone"))
    assert (checkpoints / "gone" / "model.safetensors").is_file()
    shutil.rmtree(checkpoints / "gone")


def test_the_best_weights_become_a_run_of_their_own(
    page: Page, server: AppServer, checkpoints: Path
) -> None:
    opened(page, server, f"?runs={NAMES[0]}")
    page.get_by_role("button", name="Keep best").click()
    expect(page.get_by_text(f"{NAMES[0]}-best holds the best weights")).to_be_visible()
    assert (checkpoints / f"{NAMES[0]}-best" / "model.safetensors").is_file()
