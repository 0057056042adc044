"""*Inside a head* in a real browser: every number there against numpy on the weights file alone.

What is read is what the page draws with: the digits that reach the canvas, the text that the
readout and the cells take for every number, and the story's text. Nothing here imports gpt.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.app_server import AppServer
from tests.browser.waiting import at_rest, becomes, box_of, fits, until
from tests.close import close as close_to
from tests.gpt import numpy_gpt

PROMPTS = {"shakespeare": "To be,", "shakespeare-fast": "KING:", "copy": "abcab"}
MAPS = ("scores", "scaled", "masked", "weights")
CELL = (3, 1)

# The texts that each canvas was drawn with since it was last cleared as a whole.
RECORD = """
const {fillText, setTransform} = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.setTransform = function (...all) {
  this.canvas.drawn = [];
  return setTransform.apply(this, all);
};
CanvasRenderingContext2D.prototype.fillText = function (text, ...all) {
  this.canvas.drawn?.push(text);
  return fillText.call(this, text, ...all);
};
"""
READ_ALL = """figures => Object.fromEntries(figures.map(figure => {
  const canvas = figure.querySelector("canvas.base");
  const shape = figure.querySelector(".shape").textContent;
  const [rows, columns] = shape.match(/\\d+/g).map(Number);
  const texts = Array.from({length: rows}, (_, r) =>
    Array.from({length: columns}, (_, c) => canvas.textAt(r, c)).join(" ")).join("\\n");
  return [figure.dataset.matrix, {texts, drawn: canvas.drawn}];
}))"""


@dataclass(frozen=True)
class Case:
    """What is opened: a run, one of its heads, and the switches."""

    run: str
    head: tuple[int, int]
    mask: str
    scale: str


HEADS = ((0, 0), (2, 1), (3, 3))
SWITCHES = (("model", "model"), ("none", "n_embd"))
LABELS = {"none": "off", "n_embd": "1/√C"}


@dataclass(frozen=True)
class Expected:
    """One head recomputed from the run's files."""

    stages: dict[str, np.ndarray]
    weights: dict[str, np.ndarray]
    config: Any
    forward: dict[str, np.ndarray]
    visible: np.ndarray
    tokens: dict[str, int]
    scale: float


def recomputed(server: AppServer, case: Case) -> Expected:
    weights, config, vocabulary = numpy_gpt.read_run(server.checkpoints / case.run)
    ids = [vocabulary[character] for character in PROMPTS[case.run]]
    T, D = len(ids), config.n_embd // config.n_head
    behind = np.subtract.outer(np.arange(T), np.arange(T))
    visible = {
        "model": behind >= 0,
        "none": np.ones((T, T), bool),
        "window:2": (behind >= 0) & (behind < 2),
    }[case.mask]
    scale = {"model": D**-0.5, "n_embd": config.n_embd**-0.5, "none": 1.0}[case.scale]
    found = numpy_gpt.forward(weights, config, ids, visible, scale)
    layer, head = case.head
    names = ("queries", "keys", "values", *MAPS, "head_out", "contribution")
    stages = {name: found[name][layer, head] for name in names}
    stages |= numpy_gpt.head_weights(weights, config, layer, head)
    stages["x"] = found["attention_in"][layer]
    signs = {"\n": "↵", " ": "·"}
    tokens = {signs.get(character, character): id for character, id in vocabulary.items()}
    return Expected(stages, weights, config, found, visible, tokens, scale)


def close(text: str, number: float, units: float = 0.5) -> bool:
    """Whether a text is a number to the digits shown, give or take float32's own rounding."""
    if text == "masked":
        return number == -math.inf
    text = text.replace("−", "-")
    decimals = len(text.partition(".")[2])
    return abs(float(text) - number) <= units * 10.0**-decimals + 3e-6 + 2e-6 * abs(number)


def opened(page: Page, server: AppServer, **state: Any) -> Locator:
    page.goto(f"{server.url}/head?{urlencode(state)}")
    view = page.get_by_test_id("head-view")
    expect(view).to_have_attribute("data-tokens", str(len(state["prompt"])))
    story = page.get_by_test_id("head-story")
    title = f"L{state.get('layer', 0)} H{state.get('head', 0)}"
    expect(view).to_have_attribute("data-title", title)
    expect(story).to_have_attribute("data-title", title)
    return view


@pytest.mark.parametrize("run", ["shakespeare", "shakespeare-fast"])
def test_every_number_is_the_one_that_the_weights_file_gives(
    page: Page, server: AppServer, run: str
) -> None:
    """Three heads, and those again without mask and with another scale, chosen on the page."""
    page.add_init_script(RECORD)
    view = opened(page, server, run=run, prompt=PROMPTS[run], query=CELL[0], key=CELL[1])
    before = (0, 0)
    for mask, scale in SWITCHES:
        if mask != "model":
            press(page, "Mask", LABELS[mask])
            press(page, "Scale", LABELS[scale])
        for head in HEADS:
            choose_head(page, before, head)
            before = head
            case = Case(run, head, mask, scale)
            expected = recomputed(server, case)
            story = page.get_by_test_id("head-story")
            for part in (view, story):
                expect(part).to_have_attribute("data-title", "L{} H{}".format(*head))
                shown = f"{expected.scale:.6g}"
                expect(part).to_have_attribute("data-scale", shown)
            until(page, partial(check_matrices, view, expected))
            until(page, partial(check_story, story, expected))


def test_a_masked_cell_of_another_model(page: Page, server: AppServer) -> None:
    page.add_init_script(RECORD)
    case = Case("copy", (1, 0), "window:2", "none")
    state = dict(run="copy", prompt=PROMPTS["copy"], layer=1, mask="window:2", scale="none")
    view = opened(page, server, **state, query=CELL[0], key=CELL[1])
    expected = recomputed(server, case)
    until(page, partial(check_matrices, view, expected))
    until(page, partial(check_story, page.get_by_test_id("head-story"), expected))


def choose_head(page: Page, before: tuple[int, int], head: tuple[int, int]) -> None:
    for label, old, new in zip(("Layer", "Head"), before, head, strict=True):
        if old != new:
            page.locator(
                f".st-key-link_{label.lower()} [role=combobox], .st-key-link_{label.lower()} input"
            ).first.click()
            page.get_by_role("option", name=str(new), exact=True).click()


def press(page: Page, group: str, option: str) -> None:
    page.locator(f".st-key-link_{group.lower()}").get_by_text(option, exact=True).click()
    [name] = [name for name, label in LABELS.items() if label == option]
    expect(page).to_have_url(re.compile(f"{group.lower()}={name}"))


def check_matrices(view: Locator, expected: Expected) -> None:
    """Every number of every matrix, and the digits that reached the canvases of the maps."""
    shown = view.locator("figure").evaluate_all(READ_ALL)
    assert set(shown) == set(expected.stages)
    for name, read in shown.items():
        numbers = expected.stages[name]
        if name == "weights":
            numbers = np.where(expected.visible, numbers, -np.inf)
        rows = [row.split(" ") for row in read["texts"].split("\n")]
        assert np.shape(rows) == numbers.shape, name
        flat = [text for row in rows for text in row]
        pairs = list(zip(flat, numbers.reshape(-1).tolist(), strict=True))
        assert not [(name, *pair) for pair in pairs if not close(*pair)]
        if name in MAPS:  # all of it is in sight
            digits = zip(read["drawn"][: numbers.size], numbers.reshape(-1), strict=True)
            assert not [(name, *pair) for pair in digits if not close(*pair)]


def texts(story: Locator, name: str) -> list[str]:
    found: list[str] = story.locator(f"[data-n='{name}']").evaluate_all(
        "all => all.map(one => one.dataset.value)"
    )
    return found


def total_of(parts: list[str]) -> Decimal:
    return sum(map(Decimal, parts), Decimal(0))


def check_story(story: Locator, expected: Expected) -> None:
    """Every step of the story of CELL, from the products to the logits."""
    (i, j), stages = CELL, expected.stages
    products = stages["queries"][i] * stages["keys"][j]
    read = texts(story, "product")
    assert len(read) == len(products)
    assert all(close(text, x, 1) for text, x in zip(read, products, strict=True))
    score = texts(story, "score")[0]
    assert close(score, stages["scores"][i, j]) and total_of(read) == Decimal(score)
    assert close(texts(story, "scaled")[0], stages["scaled"][i, j])
    if not expected.visible[i, j]:
        assert not texts(story, "weight") and not texts(story, "share-look")
        expect(story).to_contain_text("may not see")
        return
    check_softmax(story, stages["masked"][i], j)
    check_looks(story, expected)


def check_softmax(story: Locator, row: np.ndarray, j: int) -> None:
    exps = np.exp(row - row.max())
    above, largest = texts(story, "above")[0], texts(story, "largest")[0]
    assert close(above, row[j] - row.max(), 1) and close(largest, row.max(), 1)
    assert Decimal(above) + Decimal(largest) == Decimal(texts(story, "scaled")[1])
    addends = story.locator("[data-n='addend']").evaluate_all(
        "all => all.map(one => [one.dataset.key, one.dataset.value])"
    )
    assert {int(key) for key, _ in addends} == set(np.flatnonzero(exps))
    assert all(close(text, exps[int(key)], 1) for key, text in addends)
    total = texts(story, "total")[0]
    assert close(total, exps.sum()) and total_of([text for _, text in addends]) == Decimal(total)
    assert close(texts(story, "exp")[0], exps[j], 1)
    assert close(texts(story, "weight")[0], exps[j] / exps.sum())


def check_looks(story: Locator, expected: Expected) -> None:
    (i, j), stages = CELL, expected.stages
    look = stages["weights"][i, j] * stages["values"][j]
    columns = story.locator("[data-n='look']").evaluate_all(
        "all => all.map(one => [one.dataset.value, one.dataset.others, one.dataset.out])"
    )
    for d, (mine, others, out) in enumerate(columns):
        assert close(mine, look[d], 1) and close(out, stages["head_out"][i, d])
        assert Decimal(mine) + Decimal(others) == Decimal(out)

    def logits(part: np.ndarray) -> np.ndarray:
        weights, config = expected.weights, expected.config
        return numpy_gpt.direct_logits(weights, config, expected.forward, part, i)

    effect, whole = logits(look @ stages["projection"]), logits(stages["contribution"][i])
    final = expected.forward["logits"][i]
    order = np.argsort(effect)
    rows = story.locator("tr[data-token]").evaluate_all(
        "all => all.map(row => [row.dataset.token, "
        "...[...row.querySelectorAll('.n')].map(one => one.dataset.value)])"
    )
    shown = [expected.tokens[row[0]] for row in rows]
    assert len(set(shown)) == len(shown)
    # By their effects, of which two may be nearly the same.
    assert effect[shown] == close_to(effect[[*order[::-1][:5], *order[:5]]])
    for token, mine, others, rest, logit in rows:
        id = expected.tokens[token]
        assert close(mine, effect[id], 1) and close(others, whole[id] - effect[id], 1)
        assert close(rest, final[id] - whole[id], 1) and close(logit, final[id])
        assert Decimal(mine) + Decimal(others) + Decimal(rest) == Decimal(logit)


def hover(page: Page, view: Locator, matrix: str, row: int, column: int) -> Locator:
    """Put the mouse on a number of a matrix that is drawn in colours; return the readout."""
    box = view.locator(f"[data-matrix={matrix}] .box")
    box.scroll_into_view_if_needed()
    bounds = box_of(box)
    rows, columns = box.evaluate(
        "box => box.previousSibling.querySelector('.shape').textContent.match(/\\d+/g).map(Number)"
    )
    x = bounds["x"] + (column + 0.5) / columns * bounds["width"]
    y = bounds["y"] + (row + 0.5) / rows * bounds["height"]
    page.mouse.move(x, y)
    readout = page.get_by_test_id("head-readout")
    expect(readout).to_have_attribute("data-stage", matrix)
    expect(readout).to_have_attribute("data-row", str(row))
    expect(readout).to_have_attribute("data-col", str(column))
    return readout


def lit(view: Locator) -> dict[str, str]:
    """The lit rectangles, row:row,column:column, of each matrix that has some."""
    found: dict[str, str] = view.locator("figure").evaluate_all(
        "all => Object.fromEntries(all.map(one => [one.dataset.matrix, one.dataset.lit]))"
    )
    return {name: rects for name, rects in found.items() if rects}


LONG = "Before we proceed any further"
LIT = [
    ("x", (7, 30), {"x": "7:8,30:31"}),
    (
        "queries",
        (7, 5),
        {"queries": "7:8,5:6", "x": "7:8,0:256", "Wq": "0:256,5:6", "bq": "0:1,5:6"},
    ),
    ("scores", (9, 4), {"scores": "9:10,4:5", "queries": "9:10,0:64", "keys": "4:5,0:64"}),
    ("scaled", (9, 4), {"scaled": "9:10,4:5", "scores": "9:10,4:5"}),
    ("masked", (4, 9), {"masked": "4:5,9:10", "scaled": "4:5,9:10"}),
    ("weights", (9, 4), {"weights": "9:10,4:5", "masked": "9:10,0:29"}),
    ("head_out", (9, 8), {"head_out": "9:10,8:9", "weights": "9:10,0:29", "values": "0:29,8:9"}),
    (
        "contribution",
        (9, 100),
        {"contribution": "9:10,100:101", "head_out": "9:10,0:64", "projection": "0:64,100:101"},
    ),
]  # fmt: skip


def test_hovering_lights_exactly_what_made_a_number_without_asking_the_server(
    page: Page, server: AppServer
) -> None:
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.set_viewport_size({"width": 1280, "height": 1600})
    view = opened(page, server, run="shakespeare", prompt=LONG, layer=1, head=2)
    expect(page.get_by_test_id("plane")).to_have_attribute("data-painted", "1")
    at_rest(page)
    before = len(sent)
    for matrix, (row, column), expected in LIT:
        readout = hover(page, view, matrix, row, column)
        becomes(page, lambda: lit(view), expected)
        text = view.locator(f"[data-matrix={matrix}] canvas.base").evaluate(
            f"canvas => canvas.textAt({row}, {column})"
        )
        expect(readout).to_have_attribute("data-value", text)
    base = view.locator("[data-matrix=weights] canvas.base")
    becomes(page, lambda: base.evaluate("canvas => canvas.textAt(4, 9)"), "masked")
    page.mouse.move(5, 5)
    expect(page.get_by_test_id("head-readout")).not_to_have_attribute("data-stage", "contribution")
    becomes(page, lambda: lit(view), {})
    assert len(sent) == before


def test_a_rotation_lights_pairs_and_a_norm_whole_rows(page: Page, server: AppServer) -> None:
    view = opened(page, server, run="shakespeare-fast", prompt=LONG)
    hover(page, view, "queries", 7, 5)
    pairs = {"queries": "7:8,5:6", "x": "7:8,0:192", "Wq": "0:192,0:48"}
    becomes(page, lambda: lit(view), pairs)
    expect(view.locator("[data-matrix=keys] .formula")).to_contain_text("after norm and rotation")


def test_a_cell_is_chosen_by_mouse_or_keyboard_and_its_link_reopens_it(
    page: Page, server: AppServer
) -> None:
    view = opened(page, server, run="shakespeare", prompt=LONG, layer=1, head=2)
    story = page.get_by_test_id("head-story")
    expect(story).to_have_attribute("data-query", str(len(LONG) - 1))
    hover(page, view, "weights", 12, 3)
    page.mouse.down()
    page.mouse.up()
    expect(story).to_have_attribute("data-query", "12")
    expect(story).to_have_attribute("data-key", "3")
    expect(page).to_have_url(re.compile(r"query=12&key=3"))
    page.mouse.move(5, 5)
    box = view.locator("[data-matrix=scores] .box")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp", "Enter"):
        box.press(key)
    expect(story).to_have_attribute("data-query", "10")
    expect(story).to_have_attribute("data-key", "4")
    expect(page).to_have_url(re.compile(r"query=10&key=4"))
    url = page.url
    page.goto("about:blank")
    page.goto(url)
    expect(story).to_have_attribute("data-query", "10")
    expect(view).to_have_attribute("data-key", "4")


def test_another_head_keeps_the_cell_and_a_shorter_prompt_fits_it(
    page: Page, server: AppServer
) -> None:
    view = opened(page, server, run="shakespeare", prompt=LONG, query=20, key=7)
    story = page.get_by_test_id("head-story")
    choose_head(page, (0, 0), (0, 3))
    expect(view).to_have_attribute("data-title", "L0 H3")
    expect(story).to_have_attribute("data-title", "L0 H3")
    expect(story).to_have_attribute("data-query", "20")
    field = page.get_by_label("Prompt", exact=True)
    field.fill("Before")
    field.press("Enter")
    expect(view).to_have_attribute("data-tokens", "6")
    expect(view).to_have_attribute("data-query", "5")
    expect(view).to_have_attribute("data-cells", "numbers")


def test_a_dimension_lights_up_wherever_it_occurs(page: Page, server: AppServer) -> None:
    view = opened(page, server, run="shakespeare", prompt=LONG)
    view.locator("[data-matrix=values] button.dim[data-dim=D]").hover()
    for part in (view, page.get_by_test_id("head-story")):
        expect(part).to_have_attribute("data-dim", "D")
    view.locator("[data-matrix=x] button.dim[data-dim=T]").focus()
    expect(view).to_have_attribute("data-dim", "T")
    names = view.locator("button.dim[data-dim=T]")
    colors = "all => all.map(one => getComputedStyle(one).backgroundColor)"
    becomes(page, lambda: set(names.evaluate_all(colors)), {"rgb(214, 51, 108)"})


@pytest.mark.parametrize("cells", ["colours", "numbers"])
def test_dark_and_wide_or_narrow_nothing_scrolls_sideways(
    dark_page: Page, server: AppServer, cells: str
) -> None:
    opened(dark_page, server, run="shakespeare", prompt=LONG, cells=cells)
    for width in (1280, 1920):
        fits(dark_page, width)
