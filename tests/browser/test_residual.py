"""Residual stream in a browser: its numbers are those of numpy, from the run's files alone."""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.app_server import AppServer
from tests.browser.waiting import becomes, box_of, fits, has_parameters, says_number, until
from tests.close import printed
from tests.gpt import numpy_gpt

PROMPTS = {"shakespeare": "First Citizen:\nBefore we", "copy": "abcd;abcd;abc"}
NUMBER = r"[+−]?[\d.]+(?:e[+-]\d+)?"


class Peer:
    """A run as numpy reads it: every stage of one prompt, and the last steps to the logits."""

    def __init__(self, server: AppServer, run: str, encoder: bool = False) -> None:
        self.weights, self.config, vocabulary = numpy_gpt.read_run(server.checkpoints / run)
        self.prompt = "".join(c for c in PROMPTS[run] if c in vocabulary)
        self.ids = [vocabulary[character] for character in self.prompt]
        self.characters = list(vocabulary)
        T = len(self.ids)
        visible = np.ones((T, T), bool) if encoder else None
        self.stages = numpy_gpt.forward(self.weights, self.config, self.ids, visible)

    def lens(self, state: int, position: int) -> np.ndarray:
        """(V,) probabilities of one state."""
        normed = self.normed(self.stages["residual"][state, position])
        bias = self.weights.get("ln_f.bias", 0)
        return numpy_gpt.softmax((normed + bias) @ self.weights["lm_head.weight"].T)

    def normed(self, part: np.ndarray, like: np.ndarray | None = None) -> np.ndarray:
        """Through the final norm but for its bias, with the spread of another vector.

        The vector itself where there is no norm, as in copy.
        """
        if "ln_f.weight" not in self.weights:
            return part
        spread = np.sqrt((part if like is None else like).var() + 1e-5)
        return (part - part.mean()) / spread * self.weights["ln_f.weight"]

    def effect(self, part: np.ndarray, position: int, token: int) -> float:
        """What a part adds to a logit, the norm held at this input."""
        held = self.normed(part, like=self.stages["residual"][-1, position])
        return float(held @ self.weights["lm_head.weight"][token])


def show(page: Page, server: AppServer, **link: object) -> None:
    page.goto(f"{server.url}/residual?{urlencode(link)}")


def texts(page: Page, chart: str, trace: int) -> list[str]:
    """The words of one trace of a chart, once they are drawn."""
    found = page.locator(f".st-key-{chart} .scatterlayer .trace").nth(trace).locator("text")
    expect(found.first).to_be_visible()
    return found.all_text_contents()


def numbers(words: list[str]) -> list[float]:
    return [float(re.findall(NUMBER, word)[0].replace("−", "-")) for word in words]


def said(page: Page, start: str) -> Locator:
    return page.locator(".stMain [data-testid=stMarkdownContainer] p").filter(
        has_text=re.compile(f"^{re.escape(start)}")
    )


def cell(page: Page, state: int, position: int, S: int, T: int, act: str) -> None:
    """Click or hover a cell of the grid, below whose tokens the rows begin."""
    body = page.get_by_test_id("stream-body")
    expect(page.get_by_test_id("stream")).to_have_attribute("data-tokens", str(T))
    box = box_of(body)
    height = min(max(330 / S, 17), 34)
    at = {"x": (position + 0.5) / T * box["width"], "y": 26 + (state + 0.5) * height}
    getattr(body, act)(position=at)


def hover(page: Page, state: int, position: int, S: int, T: int) -> Locator:
    cell(page, state, position, S, T, "hover")
    tip = page.get_by_test_id("stream-tip")
    expect(tip).to_have_attribute("data-position", str(position))
    expect(tip).to_have_attribute("data-state", str(state))
    return tip


@pytest.mark.parametrize("state, position", [(4, 20), (8, 7)])
def test_a_lens_cell_is_read_as_numpy_reads_it(
    page: Page, server: AppServer, state: int, position: int
) -> None:
    peer = Peer(server, "shakespeare")
    probs = peer.lens(state, position)
    true = peer.ids[position + 1]
    show(page, server, run="shakespeare", prompt=peer.prompt, state=state, position=position)
    line = said(page, "After L")
    expect(line).to_contain_text(f"position {position}:")
    rank, entropy = (probs > probs[true]).sum() + 1, -(probs * np.log(probs)).sum()
    expect(line).to_contain_text(f"ranks {rank}; entropy ")
    says_number(line, entropy)
    bars = page.get_by_test_id("ranking-bars").locator(".share")
    shares = pytest.approx(np.sort(probs)[::-1][:10], abs=1.01e-4)
    becomes(page, lambda: [x / 100 for x in numbers(bars.all_text_contents())], shares)
    row = page.get_by_test_id("ranking").locator("tbody tr").nth(state).locator("td")
    becomes(
        page,
        lambda: [float(text) for text in row.all_text_contents()[2:]],
        printed([probs.max(), rank, probs[true], entropy]),
    )


def test_the_last_row_is_the_models_prediction(page: Page, server: AppServer) -> None:
    peer = Peer(server, "copy")
    show(page, server, run="copy", prompt=peer.prompt, rows="each layer")
    probs = numpy_gpt.softmax(peer.stages["logits"])
    for position in (2, len(peer.ids) - 1):
        best = int(probs[position].argmax())
        tip = hover(page, 2, position, 3, len(peer.ids))
        token = peer.characters[best].replace("\n", "↵").replace(" ", "·")
        share = pytest.approx(probs[position, best], abs=1.01e-4)
        becomes(page, partial(likeliest, tip), (token, share))


def likeliest(tip: Locator) -> tuple[str, float]:
    """The token on the first line of what is said on hover, and its probability."""
    first = (tip.get_attribute("data-note") or "").split("\n")[0]
    token, share = first.rsplit("  ", 1)
    return token, numbers([share])[0] / 100


@pytest.mark.parametrize("run, mask", [("shakespeare", "model"), ("copy", "none")])
def test_direct_effects_add_up_to_the_logit(
    page: Page, server: AppServer, run: str, mask: str
) -> None:
    peer = Peer(server, run, encoder=mask == "none")
    at = len(peer.ids) - 3
    link = dict(run=run, prompt=peer.prompt, mask=mask, position=at)
    show(page, server, **link, part="Direct effects")
    until(page, lambda: effects_are(page, peer, at))


def effects_are(page: Page, peer: Peer, at: int) -> None:
    """The waterfall of one position: its parts are numpy's, and add up."""
    token = peer.ids[at + 1]
    adds = numbers(texts(page, "residual_waterfall", 0)[1:])
    sums = numbers(texts(page, "residual_waterfall", 1)[1:])
    names = page.locator(".st-key-residual_waterfall .ytick text").all_text_contents()
    shown = dict(zip((name.strip() for name in names), adds, strict=True))
    logit = peer.stages["logits"][at, token]
    assert sum(adds[:-1]) == pytest.approx(adds[-1], abs=1e-9)
    assert sums[:-1] == pytest.approx(np.cumsum(adds[:-1]), abs=1e-9)
    assert adds[-1] == pytest.approx(logit, abs=1.01e-4)
    for l in range(peer.config.n_layer):
        for h in range(peer.config.n_head):
            part = peer.stages["contribution"][l, h, at]
            assert shown[f"L{l} H{h}"] == pytest.approx(peer.effect(part, at, token), abs=2e-4)
        part = peer.stages["mlp_out"][l, at]
        assert shown[f"L{l} MLP"] == pytest.approx(peer.effect(part, at, token), abs=2e-4)


def test_a_click_chooses_a_cell_and_the_link_reopens_it(page: Page, server: AppServer) -> None:
    peer = Peer(server, "shakespeare")
    show(page, server, run="shakespeare", prompt=peer.prompt)
    expect(said(page, "After L3 MLP")).to_be_visible()
    cell(page, 3, 11, 9, len(peer.ids), "click")
    expect(said(page, "After L1 attention")).to_contain_text("position 11:")
    has_parameters(page, state="3", position="11")
    page.goto(page.url)
    expect(said(page, "After L1 attention")).to_contain_text("position 11:")
    page.get_by_test_id("stream-body").press("ArrowRight")
    page.get_by_test_id("stream-body").press("ArrowDown")
    expect(said(page, "After L1 MLP")).to_contain_text("position 12:")


def test_layer_norm_and_batch_norm_even_out_rows_and_columns(page: Page, server: AppServer) -> None:
    peer = Peer(server, "shakespeare")
    link = dict(part="Normalization", state=5, position=3, channel=17)
    show(page, server, run="shakespeare", prompt=peer.prompt, **link)
    cells = page.locator(".st-key-residual_moments td")
    expect(cells).to_have_count(15)
    x = peer.stages["residual"][5]
    row = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    column = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
    expected: list[Any] = []
    for each in (x, row, column):
        expected += [each[3].mean(), each[3].std(), each[:, 17].mean(), each[:, 17].std()]
    becomes(
        page,
        lambda: numbers([text for text in cells.all_text_contents() if text[-1].isdigit()]),
        pytest.approx(expected, abs=1.01e-4),
    )
    readout = page.get_by_test_id("vectors-readout")
    values_are(readout, [x[3, 17], row[3, 17], column[3, 17]])
    map = page.locator("[data-version=LayerNorm]")
    map.focus()
    map.press("ArrowDown")
    map.press("ArrowRight")
    expect(readout).to_have_attribute("data-column", "18")
    values_are(readout, [x[4, 18], row[4, 18], column[4, 18]])
    map.press("Enter")
    has_parameters(page, position="4", channel="18")


def values_are(readout: Locator, three: list[float]) -> None:
    """Wait until the hovered cell's number in each version is this one."""
    becomes(
        readout.page,
        lambda: numbers((readout.get_attribute("data-values") or "").split()),
        pytest.approx(three, abs=1.01e-4),
    )


def test_every_part_in_the_dark_without_sideways_scroll(dark_page: Page, server: AppServer) -> None:
    peer = Peer(server, "shakespeare")
    show(dark_page, server, run="shakespeare", prompt=peer.prompt)
    for part, chart in (
        ("Direct effects", "residual_waterfall"),
        ("Norms", "residual_norms"),
        ("Gradients", "residual_flow"),
        ("Normalization", "residual_vectors"),
        ("Logit lens", "residual_ranking"),
    ):
        dark_page.locator(".st-key-link_part").get_by_text(part, exact=True).click()
        plot = dark_page.locator(f".st-key-{chart}").locator(".main-svg, canvas, .bars").first
        expect(plot).to_be_visible()
        if part == "Gradients":
            dark_page.locator(".st-key-link_trained").get_by_text("trained", exact=True).click()
            exps = np.exp(peer.stages["logits"][:-1])
            probs = exps / exps.sum(-1, keepdims=True)
            loss = -np.log(probs[np.arange(len(peer.ids) - 1), peer.ids[1:]]).mean()
            losses = dark_page.get_by_text("Loss on this prompt")
            expect(losses).to_contain_text("trained, with skips")
            says_number(losses, loss)
        fits(dark_page)
