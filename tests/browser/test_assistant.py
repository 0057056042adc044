"""Assistant in a real browser: a token's advantage, pairs rated by keys, and a reload between."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser import layout
from tests.browser.app_server import ROOT, AppServer
from tests.browser.contrast import faint
from tests.browser.waiting import at_rest, becomes

OWN_RUNS = True
RUNS = ("assistant-base", "assistant-manner", "assistant-reward", "assistant-ppo")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped stages alone."""
    folder = tmp_path_factory.mktemp("stages")
    for name in RUNS:
        shutil.copytree(ROOT / "checkpoints" / name, folder / name)
    return folder


def advantages(folder: Path, answer: int) -> list[float]:
    """Of a kept answer, by the recursion of the paper, from the file's raw numbers alone."""
    last = sorted((folder / "rollouts").glob("*.npz"))[-1]
    kept = np.load(last)
    cut = slice(int(kept["starts"][answer]), int(kept["ends"][answer]))
    logs, reference, values = (kept[n][answer, cut] for n in ("log_probs", "reference", "values"))
    paid = -float(kept["beta"]) * (logs - reference)
    paid[-1] += kept["scores"][answer]
    later, found = 0.0, []
    for t in range(len(paid) - 1, -1, -1):
        following = values[t + 1] if t + 1 < len(paid) else 0.0
        later = paid[t] + following - values[t] + float(kept["lam"]) * later
        found.insert(0, later)
    return found


def rows_of_boxes(page: Page) -> int:
    """In how many rows the four boxes of the diagram stand."""
    boxes = page.locator(".st-key-stages [class*='st-key-stage_']").all()
    places = [box.bounding_box() for box in boxes]
    assert len(places) == 4
    return len({round(place["y"]) for place in places if place})


def test_an_advantage_is_read_and_pairs_are_rated_and_stay(page: Page, server: AppServer) -> None:
    page.goto(f"{server.url}/assistant?show=rollout&kept=advantage&answer=2")
    tokens = page.get_by_test_id("tinted").locator("section").first.locator("[data-n]")
    expected = advantages(server.checkpoints / "assistant-ppo", 2)
    last = tokens.last
    last.hover()
    readout = page.get_by_test_id("tinted-readout")
    expect(readout).to_contain_text("advantage")
    number = last.get_attribute("data-number") or ""
    assert abs(float(number) - expected[-1]) < 6e-5
    expect(readout.locator("b")).to_have_text(number.replace("-", "−"))
    page.get_by_role("radio", name="Rate pairs").click()
    expect(page.get_by_text("rate 20 more")).to_be_visible()
    expect(page.get_by_role("button", name="A is better")).to_be_enabled()
    at_rest(page)
    page.keyboard.press("a")
    expect(page.get_by_text("rate 19 more")).to_be_visible()
    page.get_by_role("button", name="Tie").click()
    expect(page.get_by_text("of them ties")).to_contain_text("1 of them ties")
    page.reload()
    expect(page.get_by_text("rate 19 more")).to_be_visible()
    kept = (server.checkpoints / "assistant-manner" / "preferences.jsonl").read_text()
    assert [json.loads(line)["tie"] for line in kept.splitlines()] == [False, True]
    for width, theme, rows in ((390, "dark", 4), (1024, "light", 2), (1366, "light", 1)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        at_rest(page)
        becomes(page, lambda: rows_of_boxes(page), rows)
        becomes(page, lambda: layout.faults(page), [])
        becomes(page, lambda: faint(page), [])
