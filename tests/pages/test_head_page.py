"""*Inside a head* for every kind of model: what the browser gets is the trace, and words fit it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import gpt
from gpt.weights_file import save_weights
from pages.shared import folders
from tests.gpt import tiny
from tests.pages import opening
from tests.payloads import decode

MODEL = dict(n_layer=2, n_head=3, n_embd=12)


def new_run(checkpoints: Path, **changes: Any) -> gpt.Checkpoint:
    """A run named "mine" of a model with random weights."""
    run = tiny.new_run(checkpoints / "mine", model=MODEL | changes)
    config = gpt.GPTConfig(**run.config()["model"])
    save_weights(tiny.random_model(config), run.path / "model.safetensors", {})
    return gpt.load(run.path)


def opened(**query: Any) -> AppTest:
    app = opening.opened("head", **query)
    assert not app.error
    return app


def sent(app: AppTest) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return decode(app.get("bidi_component")[0].proto.bytes)


def story_payload(app: AppTest) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(app.get("bidi_component")[1].proto.json)
    return payload


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (dict(), "Through the final norm, frozen at this input"),
        (dict(norm="post"), "Through the 2 norms that follow, each frozen at this input"),
        (dict(norm="none", projection=False, position="rotary"), "No norm lies between"),
        (dict(skip=False, bias=False), "no skip connections"),
        (dict(head_transform=True, qk_norm=True), "one more layer, with an activation"),
        (dict(mask="none", feed_forward=False, scale="n_embd"), "Through the final norm"),
    ],
)
def test_every_model_is_shown(checkpoints: Path, changes: dict[str, Any], words: str) -> None:
    mine = new_run(checkpoints, **changes)
    app = opened(run="mine", prompt="lia", layer=1, head=2, query=2, key=1)
    header, arrays = sent(app)
    trace = gpt.trace(mine.model, mine.tokenizer.encode("lia"))
    for name in ("queries", "keys", "values", "scores", "scaled", "weights", "contribution"):
        np.testing.assert_allclose(arrays[name], getattr(trace, name)[1, 2], atol=1e-6)
    assert header["title"] == "L1 H2" and header["cells"] == "numbers"
    assert words in story_payload(app)["words"]
    weight = story_payload(app)["weight"]
    assert weight == f"{trace.weights[1, 2, 2, 1]:.{len(weight) - 2}f}"


def test_a_plain_visit_tells_what_the_last_query_takes_most_from(checkpoints: Path) -> None:
    mine = new_run(checkpoints)
    app = opened(run="mine", prompt="liana")
    weights = gpt.trace(mine.model, mine.tokenizer.encode("liana")).weights[0, 0, 4]
    assert story_payload(app)["query"][0] == 4
    assert story_payload(app)["key"][0] == weights.argmax()
    assert app.query_params["query"] == "4"


def test_the_page_opens_on_the_lectures_size_and_stays_there() -> None:
    app = opened()
    assert app.query_params["run"] in ("ladder-one-head", ["ladder-one-head"])
    header, _ = sent(app)
    assert header["cells"] == "numbers" and len(header["tokens"]) == 8
    app.text_input(key="link_prompt").set_value("ROMEO").run()
    assert app.selectbox(key="link_run").value == "ladder-one-head" and not app.warning
    assert [*sent(app)[0]["tokens"]] == list("ROMEO")


@pytest.mark.parametrize(
    "query", [{"layer": 1}, {"head": 2}, {"prompt": "To be"}, {"query": 0, "key": 0}]
)
def test_who_comes_with_a_choice_sees_it_on_the_run_of_the_other_pages(
    query: dict[str, Any],
) -> None:
    app = opened(**query)
    assert app.selectbox(key="link_run").value == folders.run_names()[0] and not app.warning


def test_one_token(checkpoints: Path) -> None:
    new_run(checkpoints)
    app = opened(run="mine", prompt="l", layer=9, head=9, query=5, key=5)
    assert sent(app)[0]["title"] == "L1 H2"
    assert story_payload(app)["weight"] == "1.0000"
    assert (story_payload(app)["query"], story_payload(app)["key"]) == ([0, "l"], [0, "l"])


def test_a_masked_cell_says_so_and_adds_nothing(checkpoints: Path) -> None:
    new_run(checkpoints)
    story = story_payload(opened(run="mine", prompt="lia", query=0, key=2))
    assert story["softmax"] is None and story["shares"] == []
    assert "may not see this key" in story["words"]
    assert float(story["score"]) != 0


def test_the_url_says_everything(checkpoints: Path) -> None:
    new_run(checkpoints)
    state = dict(layer=1, head=2, mask="none", scale="none", cells="colours", query=0, key=2)
    app = opened(run="mine", prompt="lia", **state)
    assert sent(app)[0]["cells"] == "colours"
    expected = {"run": "mine", "prompt": "lia", **state}
    assert app.query_params == {name: str(value) for name, value in expected.items()}
    assert story_payload(app)["softmax"] is not None
    app.selectbox(key="link_layer").set_value(0).run()
    assert sent(app)[0]["title"] == "L0 H2"
    assert app.query_params["layer"] == "0" and app.query_params["key"] == "2"


def test_weights_that_are_no_numbers_leave_a_page(checkpoints: Path) -> None:
    mine = new_run(checkpoints)
    mine.model.h[1].attn.query.weight.data.fill_(float("nan"))  # type: ignore[union-attr]
    save_weights(mine.model, mine.path / "model.safetensors", {})
    app = opened(run="mine", prompt="lia", layer=1)
    assert any("not finite" in warning.value for warning in app.warning)
    assert story_payload(app)["score"] == "nan"


def test_the_matrices_and_their_plane_are_shown_first() -> None:
    assert "Queries and keys in one plane" in opening.said(opened(prompt="so it is"))


def test_queries_and_keys_are_swapped_on_the_page() -> None:
    show = "query and key swapped"
    app = opened(run="shakespeare", prompt="First Citizen:", layer=1, head=2, show=show)
    before, after = (opening.numbers(chart["data"][0]["z"]) for chart in opening.charts(app))
    assert after == pytest.approx(before.T, abs=1e-3)
    said = opening.said(app)
    losses = [float(loss) for loss in re.findall(r"\*\*(\d\.\d{4})\*\*", said)]
    assert losses[2] > losses[0] + 1, "without its roles the model is lost"


def test_the_value_path_is_one_map_on_the_page() -> None:
    app = opened(run="shakespeare", prompt="First Citizen:", show="value down, value up")
    trace = gpt.load(folders.ROOT / "checkpoints" / "shakespeare")
    attention = trace.model.blocks[0].attn
    down, up = attention.value.weight[:64].T, attention.proj.weight[:, :64].T
    matrix = (down.double() @ up.double()).detach().numpy()
    drawn, singular = opening.charts(app)
    assert opening.numbers(drawn["data"][0]["z"]) == pytest.approx(matrix, abs=1e-6)
    expected = np.linalg.svd(matrix, compute_uv=False)[:64]
    assert opening.numbers(singular["data"][0]["y"]) == pytest.approx(expected, abs=1e-6)
    assert "**256 × 256** numbers, of rank **64**" in opening.said(app)


def test_the_heads_stand_side_by_side_on_the_page() -> None:
    ids = gpt.load(folders.ROOT / "checkpoints" / "shakespeare").tokenizer.encode("First Citizen:")
    app = opened(run="shakespeare", prompt="First Citizen:", layer=2, show="all heads side by side")
    trace = gpt.trace(gpt.load(folders.ROOT / "checkpoints" / "shakespeare").model, ids)
    side_by_side = np.concatenate(list(trace.head_out[2]), axis=-1)
    (chart,) = opening.charts(app)
    assert opening.numbers(chart["data"][0]["z"]) == pytest.approx(side_by_side, abs=1e-4)
    assert "**4** heads × D = **64** make C = **256**" in opening.said(app)


def test_a_translator_swaps_no_roles() -> None:
    app = opened(run="numbers-fr", show="query and key swapped")
    assert "needs a model of one text that writes" in app.info[0].value
