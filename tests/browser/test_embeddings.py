"""The Embeddings page as a person uses it: its numbers are those of the weights file alone."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.app_server import ROOT, AppServer
from tests.browser.waiting import becomes, fits, has_parameters, number
from tests.close import printed
from tests.gpt.numpy_gpt import read_run


def opened(page: Page, server: AppServer, **state: object) -> None:
    page.goto(f"{server.url}/embeddings?{urlencode(state)}")
    expect(page.get_by_text("How to read this")).to_be_visible()


def ranks(page: Page, name: str, expected: list[tuple[str, float]]) -> None:
    """Wait until one ranking names these tokens, with these numbers beside them."""
    box = page.locator(f".st-key-ranking_{name}")
    tokens, numbers = (
        lambda: [text.strip() for text in box.locator(".ytick text").all_text_contents()],
        lambda: [number(text) for text in box.locator(".textpoint text").all_text_contents()],
    )
    becomes(page, tokens, [token for token, _ in expected])
    becomes(page, numbers, printed([cosine for _, cosine in expected]))


def expected(
    table: np.ndarray, vector: np.ndarray, names: list[str], out: list[int]
) -> list[tuple[str, float]]:
    """Ten tokens by falling cosine with a vector, in numpy."""
    lengths = np.sqrt((table**2).sum(axis=1)) * np.sqrt((vector**2).sum())
    cosines = table @ vector / lengths
    order = [id for id in np.argsort(-cosines) if id not in out][:10]
    return [(names[id], float(cosines[id])) for id in order]


@pytest.mark.parametrize(
    ("run", "token", "a", "b", "c"),
    [("shakespeare", "e", "A", "a", "b"), ("copy", "q", "x", "y", "z")],
)
@pytest.mark.parametrize("table", ["token", "output"])
def test_neighbours_and_analogies_are_those_of_the_weights_file(
    page: Page, server: AppServer, run: str, token: str, a: str, b: str, c: str, table: str
) -> None:
    weights, _, ids = read_run(ROOT / "checkpoints" / run)
    rows = weights["wte.weight" if table == "token" else "lm_head.weight"]
    names = ["↵" if name == "\n" else "·" if name == " " else name for name in ids]
    chosen = {"a": ids[a], "b": ids[b], "c": ids[c]}
    opened(
        page,
        server,
        run=run,
        part="Neighbours and analogies",
        table=table,
        row=ids[token],
        **chosen,
    )
    near = expected(rows, rows[ids[token]], names, [ids[token]])
    ranks(page, "Neighbours_after_training", near)
    vector = rows[ids[a]] - rows[ids[b]] + rows[ids[c]]
    sums = expected(rows, vector, names, list(chosen.values()))
    ranks(page, "Analogy_after_training", sums)


def test_a_click_on_a_point_and_the_menu_choose_a_token(page: Page, server: AppServer) -> None:
    opened(page, server, run="copy", prompt="abcabc")
    _, _, ids = read_run(ROOT / "checkpoints" / "copy")
    plane = page.get_by_test_id("plane")
    expect(plane).to_have_attribute("data-points", "27")
    expect(plane).to_have_attribute("data-chosen", str(ids["a"]))
    canvas, tip = page.get_by_test_id("plane-canvas"), page.get_by_test_id("plane-tip")
    canvas.focus()
    canvas.press("ArrowRight")  # first the chosen point, then the next to its right
    expect(tip).to_have_attribute("data-id", str(ids["a"]))
    canvas.press("ArrowRight")
    expect(tip).not_to_have_attribute("data-id", str(ids["a"]))
    other, x, y = (tip.get_attribute(f"data-{name}") for name in ("id", "x", "y"))
    canvas.blur()
    expect(tip).to_be_hidden()
    canvas.click(position={"x": float(x or 0), "y": float(y or 0)})
    expect(page).to_have_url(re.compile(rf"row={other}\b"))
    expect(plane).to_have_attribute("data-chosen", str(other))
    menu = page.get_by_label("Token", exact=True)
    menu.fill("q")
    menu.press("Enter")
    expect(page).to_have_url(re.compile(rf"row={ids['q']}\b"))


def test_each_part_is_drawn_and_its_link_reopens_it(page: Page, server: AppServer) -> None:
    opened(page, server, run="copy", prompt="abcabc")
    planes = page.get_by_test_id("plane")
    for part, charts in (("Positions", 2), ("Token + position", 1), ("Tokens", 0)):
        page.locator(".st-key-link_part").get_by_text(part, exact=True).click()
        has_parameters(page, part=part)
        expect(page.locator(".js-plotly-plot")).to_have_count(charts)
    expect(planes).to_have_count(1)
    page.locator(".st-key-link_when").get_by_text("both", exact=True).click()
    expect(planes).to_have_count(2)
    expect(page.get_by_text("equals the snapshot taken before the first step")).to_be_visible()
    has_parameters(page, when="both")
    page.goto(page.url)
    expect(planes).to_have_count(2)


def test_a_token_out_of_range_is_explained(page: Page, server: AppServer) -> None:
    opened(page, server, run="copy", prompt="abc", row=999, position="x")
    alerts = page.locator(".stAlert")
    expect(alerts.filter(has_text="this model has tokens 0 to 26")).to_have_count(1)


def test_dark_theme_and_no_sideways_scroll(dark_page: Page, server: AppServer) -> None:
    for part in ("Tokens", "Neighbours and analogies", "Positions", "Token + position"):
        opened(dark_page, server, run="copy", part=part, when="both")
        for width in (1280, 1920):
            fits(dark_page, width)
