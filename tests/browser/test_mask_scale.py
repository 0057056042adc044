"""Mask and scale as a person reads it, against numpy and the run's files alone, not through gpt."""

from __future__ import annotations

import json
from functools import lru_cache, partial
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.app_server import AppServer
from tests.browser.mask_scale_page import (
    address,
    bold,
    ids_of,
    is_at,
    is_shown,
    losses,
    opened,
    run_files,
    view,
)
from tests.browser.waiting import at_rest, box_of, has_number, says_number, until
from tests.close import printed
from tests.gpt import numpy_gpt
from tests.gpt.numpy_gpt import softmax

PROMPTS = {
    "shakespeare": "O, O! Come, come, all.",
    "shakespeare-fast": "MENENIUS:\nNo, no more",
    "copy": "\nqhxvzqhxvz\nabcdefabc",
}
HEADS = {
    "shakespeare": [(0, 2), (2, 1), (3, 3)],
    "shakespeare-fast": [(0, 1), (1, 3), (3, 0)],
    "copy": [(0, 0), (1, 0)],
}
VIEWS = ("pair_a", "pair_b", "pair_difference")


@lru_cache
def stages(run: str, text: str, mask: str, scale: float) -> dict[str, np.ndarray]:
    """One side, from the file's weights: `scale` is what multiplies q · k."""
    weights, config, _ = run_files(run)
    T = len(text)
    visible = np.tri(T, dtype=bool) if mask == "causal" else np.ones((T, T), bool)
    return numpy_gpt.forward(weights, config, ids_of(run, text), visible, scale)


def head_size(run: str) -> int:
    config = run_files(run)[1]
    return int(config.n_embd // config.n_head)


LONG = "Once upon a time there was a King who had three sons. The King loved"
LEVEL = """(maps) => {
  const [a, b] = maps.map((map) => map.getBoundingClientRect());
  return Math.abs(a.top - b.top) < 1 && a.left < b.left;
}"""


def entropies(weights: np.ndarray) -> np.ndarray:
    logs = np.log(np.where(weights > 0, weights, 1))
    return -(weights * logs).sum(-1).mean(-1)


def tops(weights: np.ndarray) -> np.ndarray:
    return weights.max(-1).mean(-1)


def repeats(ids: list[int]) -> list[int]:
    """Places t whose pair (t, t + 1) stood together before."""
    pairs = list(pairwise(ids))
    return [t for t, pair in enumerate(pairs) if pair in pairs[:t]]


def readout(page: Page, key: str, query: int, column: int, T: int, size: Any) -> Locator:
    """Hover a cell of one of the three large maps, which is so wide and high."""
    box = page.locator(f".st-key-{key}")
    detail = box.get_by_test_id("attention-detail")
    at = {"x": (column + 0.5) / T * size["width"], "y": (query + 0.5) / T * size["height"]}
    detail.hover(position=at)  # type: ignore[arg-type]
    told = box.get_by_test_id("readout")
    expect(told).to_have_attribute("data-query", str(query))
    expect(told).to_have_attribute("data-key", str(column))
    return told


def rows(page: Page, key: str) -> dict[str, list[str]]:
    """A table of the page: the first cell of each row to the others."""
    cells = page.locator(f".st-key-{key} table").evaluate(
        "t => [...t.rows].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    return {first: rest for first, *rest in cells}


def choose_head(page: Page, key: str, head: tuple[int, int]) -> None:
    thumbs = page.locator(f".st-key-{key}").get_by_test_id("attention-thumb")
    thumbs.and_(page.locator(f'[data-layer="{head[0]}"][data-column="{head[1]}"]')).click()
    for each in VIEWS:
        expect(view(page, each)).to_have_attribute("data-selected-head", f"{head[0]},{head[1]}")


def pair_is_shown(page: Page, run: str, sides: list[dict[str, np.ndarray]], seed: int) -> None:
    """Every number of the two panels, the difference and the tables, for the heads of a run."""
    ids, dice = ids_of(run, PROMPTS[run]), np.random.default_rng(seed)
    T = len(ids)
    weights = [side["weights"].reshape(-1, *head_shape(run), T, T)[0] for side in sides]
    difference = weights[1] - weights[0]
    for place, head in enumerate(HEADS[run]):
        choose_head(page, VIEWS[place], head)
        expect(page.locator(".st-key-headline_a")).to_contain_text(f"L{head[0]} H{head[1]}")
        sizes = [box_of(view(page, key).get_by_test_id("attention-detail")) for key in VIEWS]
        for query, column in dice.integers(0, T, (2, 2)).tolist():
            maps = [*(w[head] for w in weights), difference[head]]
            seen = [np.isfinite(s["masked"].reshape(weights[0].shape)[head]) for s in sides]
            sights = [*seen, seen[0] | seen[1]]
            for key, size, values, shown in zip(VIEWS, sizes, maps, sights, strict=True):
                told = readout(page, key, query, column, T, size)
                if shown[query, column]:
                    has_number(told, "data-value", values[query, column])
                else:
                    expect(told).to_have_attribute("data-value", "masked")
        until(page, partial(headline_is, page, sides, weights, ids, head))
    until(page, partial(comparison_is, page, sides, weights, ids, HEADS[run][-1]))
    says_number(page.locator(".st-key-difference_limit"), np.abs(difference).max())


def head_shape(run: str) -> tuple[int, int]:
    config = run_files(run)[1]
    return config.n_layer, config.n_head


def headline_is(page: Page, sides: Any, weights: Any, ids: list[int], head: Any) -> None:
    for name, side, w in zip("ab", sides, weights, strict=True):
        _, loss, entropy, top = bold(page, f"headline_{name}")
        is_shown(loss, losses(side, ids).mean())
        is_shown(entropy, entropies(w)[head])
        is_shown(top, tops(w)[head])


def comparison_is(page: Page, sides: Any, weights: Any, ids: list[int], head: Any) -> None:
    l, h = head
    again = repeats(ids)
    expected = {
        "loss on the prompt, nats": [losses(side, ids).mean() for side in sides],
        f"probability of the right token, where the prompt repeats itself ({len(again)})": [
            np.exp(-losses(side, ids))[again].mean() for side in sides
        ],
        "entropy, mean of all heads, nats": [entropies(w).mean() for w in weights],
        f"entropy of L{l} H{h}, nats": [entropies(w)[head] for w in weights],
        "top weight, mean of all heads": [tops(w).mean() for w in weights],
        f"top weight of L{l} H{h}": [tops(w)[head] for w in weights],
    }
    shown = rows(page, "comparison")
    assert set(expected) <= set(shown)
    for name, (a, b) in expected.items():
        for text, value in zip(shown[name], (a, b, b - a), strict=True):
            is_shown(text, value)
    likeliest = rows(page, "next_tokens")
    for place in range(5):
        for text, side in zip(likeliest[str(place + 1)], sides, strict=True):
            is_shown(text.split()[-1], np.sort(softmax(side["logits"][-1]))[::-1][place])


@pytest.mark.parametrize("run", list(PROMPTS))
def test_both_sides_and_their_difference_are_the_files_numbers(
    page: Page, server: AppServer, run: str
) -> None:
    text, D = PROMPTS[run], head_size(run)
    opened(page, address(server, run=run, prompt=text))
    for key in VIEWS:
        expect(view(page, key)).to_have_attribute("data-tokens", str(len(text)))
    masks = [stages(run, text, "causal", D**-0.5), stages(run, text, "none", D**-0.5)]
    pair_is_shown(page, run, masks, seed=1)
    page.get_by_role("button", name="1/√head_size | none").click()
    scales = [stages(run, text, "causal", D**-0.5), stages(run, text, "causal", 1.0)]
    is_at(page, "headline_b", losses(scales[1], ids_of(run, text)).mean())
    pair_is_shown(page, run, scales, seed=2)


def test_the_two_maps_are_level_whatever_their_legends_hold(page: Page, server: AppServer) -> None:
    """Only the masked side's legend has the word masked, and so it is the longer one."""
    opened(page, address(server, run="copy", prompt=PROMPTS["copy"]))
    for key in VIEWS:
        expect(view(page, key)).to_have_attribute("data-tokens", str(len(PROMPTS["copy"])))
    a, b = (view(page, key).get_by_test_id("attention-detail") for key in VIEWS[:2])
    for width in (1024, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 1000})
        expect(a).to_be_visible()
        page.wait_for_function(LEVEL, arg=[each.element_handle() for each in (a, b)])


def test_the_two_maps_are_level_when_they_are_first_drawn(page: Page, server: AppServer) -> None:
    """A map is as high as the window leaves room; the first of two must not push the other down."""
    page.set_viewport_size({"width": 1920, "height": 1000})
    opened(page, address(server, run="shakespeare", prompt=LONG))
    for key in VIEWS[:2]:
        expect(view(page, key)).to_have_attribute("data-tokens", str(len(LONG)))
    at_rest(page)
    a, b = (view(page, key).get_by_test_id("attention-detail") for key in VIEWS[:2])
    page.wait_for_function(LEVEL, arg=[each.element_handle() for each in (a, b)], timeout=5000)


def figure(page: Page, key: str) -> list[dict[str, Any]]:
    """What plotly in the browser holds of a figure: each trace's numbers."""
    plot = page.locator(f".st-key-{key} .js-plotly-plot")
    expect(plot).to_be_visible()
    traces: list[dict[str, Any]] = json.loads(
        plot.evaluate(
            "p => JSON.stringify(p._fullData.map(({name, x, y, z, text}) => ({name, "
            "x: x && [...x], y: y && [...y], z: z && [...z].map(r => [...r]), text})))"
        )
    )
    return traces


def test_the_sharpness_of_this_models_heads(page: Page, server: AppServer) -> None:
    run = "shakespeare"
    text, D, (L, H) = PROMPTS[run], head_size(run), head_shape(run)
    opened(page, address(server, run=run, prompt=text, section="softmax", multiple=4))
    found = stages(run, text, "causal", 4 * D**-0.5)
    T, seen = len(text), np.tri(len(text), dtype=bool)
    own = stages(run, text, "causal", D**-0.5)
    by_head = {name: found[name].reshape(L, H, T, T) for name in ("weights", "scores", "scaled")}
    expected = {
        "entropy, nats": entropies(by_head["weights"]),
        "top weight": tops(by_head["weights"]),
        "variance of q · k": by_head["scores"][..., seen].var(-1),
        "variance of q · k × scale": by_head["scaled"][..., seen].var(-1),
    }
    until(page, lambda: heads_are(figure(page, "heads"), expected))
    means = [expected[name].mean() for name in ("entropy, nats", "top weight")]
    means.append(losses(found, ids_of(run, text)).mean())
    before = entropies(own["weights"].reshape(L, H, T, T)).mean()
    until(page, lambda: means_are(page.locator(".st-key-sharpness_means"), means, before))


def heads_are(traces: list[dict[str, Any]], expected: dict[str, np.ndarray]) -> None:
    """One figure a measure: a number a head, printed in its cell."""
    assert {trace["name"] for trace in traces} == set(expected)
    for trace in traces:
        values = expected[trace["name"]]
        assert np.allclose(trace["z"], values, rtol=2e-5, atol=2e-5)
        for text, value in zip(chain(*trace["text"]), values.flatten(), strict=True):
            digits = len(text.split(".")[1])
            assert float(text) == pytest.approx(value, abs=0.51 * 10**-digits + 2e-5 * value)


def means_are(words: Locator, means: list[float], before: float) -> None:
    """Over all heads, and the entropy as it was trained."""
    for text, value in zip(words.locator("strong").all_inner_texts(), means, strict=True):
        is_shown(text, value)
    is_shown(words.inner_text().split("as trained ")[1].split(")")[0], before)


def test_gaussians_the_lectures_example_and_the_gradient(page: Page, server: AppServer) -> None:
    opened(page, address(server, run="copy", section="softmax", seed=5, times=8))
    q, k = np.random.default_rng(5).standard_normal((2, 20_000, 256), dtype=np.float32)
    raw = [
        (q[:, :D] * k[:, :D]).sum(1, dtype=float).var() for D in (1, 2, 4, 8, 16, 32, 64, 128, 256)
    ]
    measured = until(page, lambda: curves(page, "variance", ("q · k", "q · k / √D")))
    assert np.allclose(measured["q · k"], raw, rtol=1e-4)
    assert np.allclose(measured["q · k / √D"], raw / 2.0 ** np.arange(9), rtol=1e-4)
    for D, at in ((16, 4), (64, 6), (256, 8)):
        assert measured["q · k"][at] == pytest.approx(D, rel=0.05)
        assert measured["q · k / √D"][at] == pytest.approx(1, rel=0.05)
    logits = np.array([0.1, -0.2, 0.3, -0.2, 0.5])
    for trace, factor in zip(figure(page, "bars"), (1, 8), strict=True):
        assert [float(text) for text in trace["text"]] == printed(softmax(logits * factor))
    curve, marked = figure(page, "gradient")
    for factor, norm in [*zip(curve["x"], curve["y"], strict=True), (8, marked["y"][0])]:
        p = softmax(logits * factor)
        assert norm == pytest.approx(np.linalg.norm(np.diag(p) - np.outer(p, p)), abs=1e-9)


def curves(page: Page, key: str, names: tuple[str, ...]) -> dict[str, list[float]]:
    """The y of each trace of a figure, once it has these."""
    found = {trace["name"]: trace["y"] for trace in figure(page, key)}
    assert set(names) <= set(found)
    return found


def greedy(run: str, ids: list[int], count: int, ahead: bool) -> list[int]:
    weights, config, _ = run_files(run)
    ids = list(ids)
    for _ in range(count):
        T = len(ids)
        visible = np.ones((T, T), bool) if ahead else np.tri(T, dtype=bool)
        ids.append(int(numpy_gpt.forward(weights, config, ids, visible)["logits"][-1].argmax()))
    return ids[-count:]


def test_without_its_mask_copy_cannot_copy_and_the_page_says_so(
    page: Page, server: AppServer
) -> None:
    text = "\nkqhxvzmwbtkqhxvzmwbt\nrjdogfyrjdogfy"
    opened(page, address(server, run="copy", prompt=text, section="write", start=24))
    expect(page.locator(".st-key-continuations table")).to_be_visible()
    ids, D = ids_of("copy", text), head_size("copy")
    sides = {
        "A": stages("copy", text, "causal", D**-0.5),
        "B": stages("copy", text, "none", D**-0.5),
    }
    again = repeats(ids)
    shown = until(page, lambda: rows(page, "shares"))
    hits = {}
    for side, found in sides.items():
        per_token = losses(found, ids)
        right = found["logits"][:-1].argmax(-1) == ids[1:]
        for name, chosen in (
            ("all predictions", list(range(len(ids) - 1))),
            ("those that could be copied", again),
        ):
            loss, prob, count = shown[f"{name}, {side}"]
            is_shown(loss, per_token[chosen].mean())
            is_shown(prob, np.exp(-per_token)[chosen].mean())
            assert count == f"{right[chosen].sum()} of {len(chosen)}"
        hits[side] = right[again].mean()
    assert hits["A"] > 0.9 and hits["B"] < 0.3
    characters = {id: "↵" if c == "\n" else c for c, id in run_files("copy")[2].items()}
    written = until(page, lambda: rows(page, "continuations"))
    for side, ahead in (("A", False), ("B", True)):
        ids_on = greedy("copy", ids[:24], 12, ahead)
        *tokens, words = written[f"{side} goes on"]
        assert tokens == [characters[id] for id in ids_on]
        same = sum(a == b for a, b in zip(ids_on, ids[24:], strict=False))
        assert words == f"{same} of {len(ids[24:])} right"
