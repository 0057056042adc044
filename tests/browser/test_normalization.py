"""Normalization in a browser: typed numbers by hand, and a model's norm against numpy."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.app_server import AppServer
from tests.browser.waiting import becomes, fits, number
from tests.gpt import numpy_gpt

PROMPT = "First Citizen"


def test_from_three_numbers_to_a_models_norm(page: Page, server: AppServer) -> None:
    page.goto(f"{server.url}/normalization?numbers=typed&matrix=2+4+9;+1+1+7;+5+0+3&by=2")
    field = page.locator(".st-key-link_matrix input")
    expect(field).to_have_value("2 4 9; 1 1 7; 5 0 3")
    field.fill("1 2 3; 1 1 7; 5 0 3")
    field.press("Enter")
    row = page.locator(".st-key-norm_steps tr").filter(has_text="√(variance + ε)")
    expect(row.locator("td").nth(1)).to_have_text("−1.2247")
    expect(row.locator("td").nth(3)).to_have_text("1.2247")
    expect(page.locator(".st-key-norm_others")).to_contain_text("LayerNorm: exactly 0")
    expect(page).to_have_url(re.compile(r"matrix=1\+2\+3"))

    page.locator(".st-key-link_follow").get_by_text("a column", exact=False).click()
    expect(row.locator("td").nth(1)).to_have_text("−0.7071")  # (1 − 7/3) / √(32/9)

    page.goto(
        f"{server.url}/normalization?show=in+this+model&run=shakespeare&prompt={PROMPT}&position=4"
    )
    table = page.locator(".st-key-norm_numbers_table td")
    expect(table).to_have_count(9)
    weights, config, vocabulary = numpy_gpt.read_run(server.checkpoints / "shakespeare")
    ids = [vocabulary[character] for character in PROMPT]
    x = numpy_gpt.forward(weights, config, ids)["residual"][0, 4]
    even = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    out = even * weights["h.0.ln_1.weight"] + weights.get("h.0.ln_1.bias", 0)
    expected = [number for part in (x, even, out) for number in (part.mean(), part.std())]
    becomes(
        page,
        lambda: [number(table.nth(at).inner_text()) for at in (1, 2, 4, 5, 7, 8)],
        pytest.approx(expected, abs=1.01e-4),
    )
    expect(page.locator(".st-key-norm_learned .main-svg").first).to_be_visible()
    fits(page)
