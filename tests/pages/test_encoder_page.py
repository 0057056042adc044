"""Encoder: labels, tokens and heads of a classifier are the model's own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

import gpt
from gpt.inspect.classifying import classify
from gpt.inspect.filling import with_hidden
from gpt.text.hidden_tokens import MARK, hidden_token
from gpt.training.loop import train
from pages.shared import folders
from tests.close import printed
from tests.gpt import other_kinds, tiny
from tests.gpt.training import task_runs
from tests.pages import opening
from tests.payloads import decode

TEXT = "abcabd"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five runs: a classifier, a translator, a causal classifier, an encoder that fills in, and a
    classifier whose queries are 0, so that all its weights are 1/T."""
    root = tmp_path_factory.mktemp("encoders")
    other_kinds.classifier_run(root / "labels")
    other_kinds.translator_run(root / "two")
    causal = other_kinds.replace(other_kinds.CLASSIFIER, mask="causal", pool="last")
    other_kinds.save(root / "tuned", other_kinds.drawn(causal), labels=other_kinds.LABELS)
    train(task_runs.masked_run(root / "words"))
    even = other_kinds.drawn(other_kinds.CLASSIFIER)
    for block in even.blocks:
        torch.nn.init.zeros_(block.attn.query.weight)
        torch.nn.init.zeros_(block.attn.query.bias)
    other_kinds.save(root / "even", even, labels=other_kinds.LABELS)
    return root


@pytest.fixture(autouse=True)
def _in_place(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(runs))


def opened(**query: Any) -> AppTest:
    app = opening.opened("encoder", **{"run": "labels", "prompt": TEXT, **query})
    assert not app.error and not app.warning
    return app


def component(app: AppTest, key: str) -> Any:
    """What a component of the page was given as JSON."""
    (data,) = (
        json.loads(each.proto.json)
        for each in app.get("bidi_component")
        if each.proto.component_name.endswith(key)
    )
    return data


@pytest.mark.parametrize(("run", "other"), [("labels", "causal"), ("tuned", "none")])
def test_the_bars_are_the_probabilities_of_both_readings(runs: Path, run: str, other: str) -> None:
    (chart,) = opening.charts(opened(run=run))
    bars = {bar["name"]: opening.numbers(bar["x"]) for bar in chart["data"] if bar["type"] == "bar"}
    checkpoint = gpt.load(runs / run)
    own = classify(checkpoint, TEXT)
    changed = classify(checkpoint, TEXT, gpt.Switches(mask=other))
    order = sorted(own, key=lambda label: -own[label])
    first, second = bars
    assert bars[first] == printed(np.array([own[label] for label in order]))
    assert bars[second] == printed(np.array([changed[label] for label in order]))
    assert {first, second} == {"no mask", "causal mask"}
    assert first == ("causal mask" if run == "tuned" else "no mask")


def test_the_answer_is_in_words(runs: Path) -> None:
    own = classify(gpt.load(runs / "labels"), TEXT)
    best = max(own, key=own.__getitem__)
    assert f"as it was trained: **{best}**, probability **{own[best]:.4f}**" in opening.said(
        opened()
    )


def test_a_model_that_only_averages_is_said_to(runs: Path) -> None:
    words = "the model takes their plain average"
    assert words in opening.said(opened(run="even"))
    assert words not in opening.said(opened())


def test_tokens_are_weighed_by_reading_again_without_them(runs: Path) -> None:
    checkpoint = gpt.load(runs / "labels")
    data = component(opened(label=1), "carried")
    name = checkpoint.labels[1]
    whole = classify(checkpoint, TEXT)[name]
    without = [classify(checkpoint, TEXT[:t] + TEXT[t + 1 :])[name] for t in range(len(TEXT))]
    assert data["label"] == name and data["tokens"] == list(TEXT)
    assert data["without"] == printed(without)
    assert data["changes"] == printed([whole - each for each in without])
    assert sum(data["shares"]) == printed(1)


def test_a_text_of_one_token_cannot_leave_it_out() -> None:
    data = component(opened(prompt="a"), "carried")
    assert data["changes"] == [None] and data["shares"] == [1.0]


def test_both_readings_show_every_head(runs: Path) -> None:
    pictures = [
        decode(bytes(each.proto.bytes))
        for each in opened().get("bidi_component")
        if bytes(each.proto.bytes)[:4] in (b"HLAT", b"HLSE")
    ]
    checkpoint = gpt.load(runs / "labels")
    for (header, buffers), mask in zip(pictures, ("model", "causal"), strict=True):
        weights = gpt.trace(
            checkpoint.model, checkpoint.last_ids(TEXT), gpt.Switches(mask=mask)
        ).weights
        cells = (
            np.tril_indices(len(TEXT)) if header["triangle"] else np.indices((6, 6)).reshape(2, -1)
        )
        sent = buffers["exact"].reshape(*weights.shape[:2], -1) / header["unit"]
        assert sent == printed(weights[..., cells[0], cells[1]])
        assert header["site"] == "encoder"


def test_a_link_to_a_run_without_labels_is_told() -> None:
    app = opening.opened("encoder", run="two")
    (message,) = app.warning
    assert "this page cannot show 'two': it gives a text no label" in opening.said(app)
    assert message is not None and not app.error


def walk(app: AppTest, page: str) -> None:
    """To another page by the sidebar."""
    app.switch_page(str(folders.ROOT / "pages" / f"{page}.py"))
    app.query_params.clear()
    app.run()


def test_a_run_that_was_only_remembered_gives_way_without_a_word() -> None:
    app = opening.opened("attention", run="two", source="ABC", prompt="abc")
    walk(app, "encoder")
    assert not app.warning and not app.error and app.get("plotly_chart")
    walk(app, "attention")
    assert next(one for one in app.selectbox if one.key == "link_run").value == "two"


def test_without_a_run_it_says_what_to_do(checkpoints: Path) -> None:
    tiny.new_run(checkpoints / "decoder")
    app = opening.opened("encoder")
    assert not app.error
    assert "No run here gives a text a label yet, or fills in hidden tokens" in opening.said(app)
    assert "--task classify" in opening.said(app)


def filled(runs: Path, text: str, at: int) -> tuple[gpt.Checkpoint, np.ndarray]:
    """The checkpoint of the run that fills in, and (V,) what it says at a hidden place."""
    checkpoint = gpt.load(runs / "words")
    ids = with_hidden(checkpoint.ids_of(text), at, hidden_token(checkpoint.tokenizer))
    return checkpoint, gpt.trace(checkpoint.model, ids).probs[at]


def test_a_model_that_fills_in_says_what_stands_at_a_hidden_token(runs: Path) -> None:
    app = opened(run="words", prompt="annabel", hidden=2)
    checkpoint, probs = filled(runs, "annabel", 2)
    (chart,) = opening.charts(app)
    bars = {bar["name"]: opening.numbers(bar["x"]) for bar in chart["data"] if bar["type"] == "bar"}
    assert bars["no mask"] == printed(np.sort(probs)[::-1][: len(bars["no mask"])])
    n = checkpoint.tokenizer.encode("n")[0]
    rank = int((probs > probs[n]).sum()) + 1
    told = opening.said(app)
    assert f"**n** is hidden there: rank **{rank}**, probability **{probs[n]:.4f}**" in told
    data = component(app, "carried")
    assert data["hidden"] == 2 and data["label"] == "n" and data["tokens"][2] == MARK
    _, without = filled(runs, f"{MARK}nnabel", 2)
    assert data["changes"][0] == printed(float(probs[n] - without[n]))
    assert data["changes"][2] is None


def test_at_first_the_middle_or_a_typed_mark_is_hidden() -> None:
    app = opened(run="words", prompt="annabel")
    assert component(app, "carried")["hidden"] == 3 and "hidden" not in app.query_params
    typed = component(opened(run="words", prompt=f"an{MARK}a"), "carried")
    assert typed["hidden"] == 2  # what the person hid
    far = opening.opened("encoder", run="words", prompt="anna", hidden=77)
    assert "this text has tokens 0 to 3" in opening.said(far)


def test_the_headings_of_both_maps_are_alike_so_that_the_maps_are_level(runs: Path) -> None:
    app = opened()
    headings = [each.value for each in app.markdown if "mean entropy" in each.value]
    shapes = [re.sub(r"\*\*(No|Causal) mask\*\*|\d\.\d{4}", "", heading) for heading in headings]
    assert shapes == [" · mean entropy **** nats"] * 2
    assert "The model was trained with no mask." in opening.said(app)
