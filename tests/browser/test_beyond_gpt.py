"""Encoder and Translation in a real browser: what is read out is what the model computed."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from safetensors.numpy import load_file

import gpt
from gpt.text.hidden_tokens import with_mark
from gpt.text.tokenizer import CharacterTokenizer
from tests.browser import layout
from tests.browser.app_server import AppServer
from tests.browser.contrast import faint
from tests.browser.waiting import at_rest, becomes, box_of, has_parameters, number
from tests.close import printed
from tests.gpt import numpy_gpt, other_kinds

OWN_RUNS = True
SENTIMENT = Path(__file__).parents[2] / "checkpoints" / "sentiment"
SOURCE, TEXT = "A BIG CAT.", "abcabd"
SHOTS = os.environ.get("HEADLIGHT_SHOTS", "")
"""A folder for screenshots to look at; none are taken without it."""
SIZES: dict[Literal["light", "dark"], tuple[int, ...]] = {
    "light": (390, 1366),
    "dark": (1024, 1920),
}


@pytest.fixture(scope="module", autouse=True)
def _runs(checkpoints: Any) -> Iterator[None]:
    """The two runs, beside some of the shipped ones."""
    shutil.copytree(SENTIMENT, checkpoints / "sentiment")
    other_kinds.translator_run(checkpoints / "two")
    other_kinds.classifier_run(checkpoints / "labels")
    filler = other_kinds.drawn(replace(other_kinds.CLASSIFIER, n_class=0))
    folder = other_kinds.save(checkpoints / "filler", filler, training={"task": "masked"})
    letters = CharacterTokenizer.of(with_mark("abcdefghijklmnop"))
    (folder / "tokenizer.json").write_text(json.dumps(letters.to_json()))
    yield


def show(page: Page, server: AppServer, name: str, **link: object) -> Page:
    own = {"translation": {"run": "two", "source": SOURCE}, "attention": {"run": "two"}}
    page.goto(f"{server.url}/{name}?{urlencode(own.get(name, {'run': 'labels'}) | link)}")
    expect(page.get_by_test_id("attention-view").first).to_be_visible()
    return page


def hover(box: Locator, i: int, j: int, shape: tuple[int, int]) -> None:
    """Move the mouse over the middle of a cell of a map of T queries and S keys."""
    box.scroll_into_view_if_needed()
    at = box_of(box)
    x, y = (j + 0.5) / shape[1] * at["width"], (i + 0.5) / shape[0] * at["height"]
    box.page.mouse.move(at["x"] + x, at["y"] + y)


def reads_out(page: Page, i: int, j: int, weight: float) -> None:
    readout = page.get_by_test_id("readout").first
    expect(readout).to_have_attribute("data-query", str(i))
    expect(readout).to_have_attribute("data-key", str(j))
    text = readout.get_attribute("data-value") or ""
    assert re.fullmatch(r"\d\.\d{4}", text) and float(text) == printed(weight)


def lower_edge(place: Locator) -> float:
    box = box_of(place)
    return box["y"] + box["height"]


def weights_of(server: AppServer, target: str) -> np.ndarray:
    two = gpt.load(server.checkpoints / "two")
    return gpt.trace(two.model, two.ids_of(target), source=two.source_ids(SOURCE)).cross.weights


def translated(server: AppServer) -> str:
    return gpt.translate(gpt.load(server.checkpoints / "two"), SOURCE)


def test_the_cross_map_reads_out_the_traces_weights(page: Page, server: AppServer) -> None:
    weights = weights_of(server, translated(server))
    show(page, server, "translation", layer=1, head=2)
    view = page.get_by_test_id("attention-view")
    expect(view).to_have_attribute("data-site", "cross")
    expect(view).to_have_attribute("data-selected-head", "1,2")
    for i, j in ((3, 7), (0, 1)):
        hover(page.get_by_test_id("attention-detail"), i, j, weights.shape[2:])
        reads_out(page, i, j, weights[1, 2, i, j])


def test_the_cross_map_on_attention_is_the_same(page: Page, server: AppServer) -> None:
    weights = weights_of(server, "abcd")
    link = {"source": SOURCE, "prompt": "abcd", "site": "cross", "layer": 1, "head": 0}
    page.set_viewport_size({"width": 1366, "height": 768})
    show(page, server, "attention", **link)
    for name in ("readout", "attention-detail", "attention-arcs"):
        becomes(page, lambda name=name: lower_edge(page.get_by_test_id(name)) < 768, True)
    hover(page.get_by_test_id("attention-detail"), 4, 8, weights.shape[2:])
    reads_out(page, 4, 8, weights[1, 0, 4, 8])
    page.get_by_role("radio", name="Encoder", exact=True).click()
    view = page.get_by_test_id("attention-view")
    expect(view).to_have_attribute("data-site", "encoder")
    expect(view).to_have_attribute("data-tokens", str(len(SOURCE)))
    has_parameters(page, site="encoder", layer="0", head="0", source=SOURCE)


def test_a_translation_stepped_by_clicks_is_the_translation(page: Page, server: AppServer) -> None:
    text = translated(server)
    show(page, server, "translation", how="step")
    target = page.locator(".st-key-translation_target h4")
    for n in range(1, len(text) + 1):
        page.get_by_role("button", name="Next token", exact=True).click()
        expect(target).to_have_text(text[:n])
    has_parameters(page, how="step", continuation=text)
    page.get_by_role("button", name="Step back", exact=True).click()
    expect(target).to_have_text(text[:-1])


def test_its_own_attention_is_a_click_away(page: Page, server: AppServer) -> None:
    show(page, server, "translation")
    page.get_by_role("link", name="The encoder's own attention").click()
    expect(page.locator(".stMain h2").first).to_have_text("Attention")
    expect(page.get_by_test_id("attention-view")).to_have_attribute("data-site", "encoder")
    has_parameters(page, site="encoder", source=SOURCE, prompt=translated(server), run="two")


def test_a_click_hides_a_token_and_back_brings_the_last_one(page: Page, server: AppServer) -> None:
    show(page, server, "encoder", run="filler", prompt=TEXT)
    tokens = page.get_by_test_id("carried")
    expect(tokens).to_have_attribute("data-hidden", "3")
    tokens.locator("[data-index='5']").click()
    expect(tokens).to_have_attribute("data-hidden", "5")
    has_parameters(page, hidden="5", prompt=TEXT)
    page.go_back()
    expect(tokens).to_have_attribute("data-hidden", "3")


def numpy_probs(folder: Path, ids: list[int]) -> np.ndarray:
    """(K,): a classifier in float64, from its files alone."""
    config = json.loads((folder / "config.json").read_text())["model"]
    w = {
        name: array.astype(np.float64)
        for name, array in load_file(folder / "model.safetensors").items()
    }
    x = w["wte.weight"][ids] + w.get("wpe.weight", np.zeros((len(ids), 1)))[: len(ids)]
    H, D = config["n_head"], config["n_embd"] // config["n_head"]
    for l in range(config["n_layer"]):
        h = f"h.{l}"
        normed = norm(x, w, f"{h}.ln_1")
        q, k, v = (linear(normed, w, f"{h}.attn.{part}") for part in ("query", "key", "value"))
        heads = []
        for cut in (slice(n * D, (n + 1) * D) for n in range(H)):
            weights = numpy_gpt.softmax(q[:, cut] @ k[:, cut].T / D**0.5)
            heads.append(weights @ v[:, cut])
        x = x + linear(np.concatenate(heads, 1), w, f"{h}.attn.proj")
        inner = linear(norm(x, w, f"{h}.ln_2"), w, f"{h}.mlp.fc")
        x = x + linear(gelu(inner), w, f"{h}.mlp.proj")
    return numpy_gpt.softmax(linear(norm(x, w, "ln_f").mean(0), w, "class_head"))


def gelu(x: np.ndarray) -> np.ndarray:
    return np.asarray(x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))))


def linear(x: np.ndarray, w: dict[str, np.ndarray], name: str) -> np.ndarray:
    return np.asarray(x @ w[f"{name}.weight"].T + w[f"{name}.bias"])


def norm(x: np.ndarray, w: dict[str, np.ndarray], name: str) -> np.ndarray:
    if f"{name}.weight" not in w:  # a model without norms
        return x
    centred = x - x.mean(-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return np.asarray(centred / spread * w[f"{name}.weight"] + w[f"{name}.bias"])


@pytest.mark.parametrize(
    ("run", "text"), [("labels", TEXT), ("sentiment", "not a great film , but a warm one .")]
)
def test_the_probability_is_that_of_an_independent_forward(
    page: Page, server: AppServer, run: str, text: str
) -> None:
    show(page, server, "encoder", run=run, prompt=text)
    answer = page.locator(".st-key-encoder_answer p").first
    checkpoint = gpt.load(server.checkpoints / run)
    probs = numpy_probs(checkpoint.path, checkpoint.tokenizer.encode(text))
    expect(answer).to_contain_text(checkpoint.labels[int(probs.argmax())])
    shown = re.findall(r"probability (\d\.\d{4})", answer.inner_text())
    assert [float(text) for text in shown] == printed([probs.max()])
    assert float(shown[0]) == printed(max(gpt.classify(checkpoint, text).values()))


def test_a_token_says_what_leaving_it_out_changes(page: Page, server: AppServer) -> None:
    show(page, server, "encoder", prompt=TEXT)
    labels = gpt.load(server.checkpoints / "labels")
    whole = gpt.classify(labels, TEXT)
    best = max(whole, key=whole.__getitem__)
    token = page.get_by_test_id("carried").locator("[data-index='2']")
    token.hover()
    without = gpt.classify(labels, TEXT[:2] + TEXT[3:])[best]
    readout = page.get_by_test_id("carried-readout")
    expect(readout).to_contain_text(f"without it, {best} has probability")
    numbers = [number(text) for text in re.findall(r"[-+−]?\d\.\d{4}", readout.inner_text())]
    assert numbers[:2] == printed([without, whole[best] - without])
    token.focus()
    page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("token 3 ")


def test_both_readings_follow_one_head(page: Page, server: AppServer) -> None:
    show(page, server, "encoder", prompt=TEXT)
    views = page.get_by_test_id("attention-view")
    expect(views).to_have_count(2)
    views.first.locator("[data-head='4']").click()
    for n in range(2):
        expect(views.nth(n)).to_have_attribute("data-selected-head", "1,1")
    has_parameters(page, layer="1", head="1")


@pytest.mark.parametrize("name", ["encoder", "translation", "step", "beams", "average"])
def test_it_fits_at_every_width_in_both_themes(page: Page, server: AppServer, name: str) -> None:
    more = {"step": {"how": "step", "continuation": "ka"}, "beams": {"how": "beams"}}
    link = more.get(name, {"show": "average"} if name == "average" else {})
    where = "encoder" if name == "encoder" else "translation"
    show(page, server, where, **({"prompt": TEXT} if where == "encoder" else link))
    caption = page.get_by_test_id("attention-view").first.locator(".overview .caption")
    expect(caption).to_contain_text("average of the heads" if name == "average" else "All heads")
    for theme, widths in SIZES.items():
        page.emulate_media(color_scheme=theme)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 1000})
            at_rest(page)
            becomes(page, lambda: layout.faults(page), [])
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{name}-{theme}-{width}.png", full_page=True)
        becomes(page, lambda: faint(page), [])
