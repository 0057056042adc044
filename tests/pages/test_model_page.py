"""The Model page: its counts and numbers are those of the weights file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from streamlit.testing.v1 import AppTest

import gpt
from gpt.convert.result import checkpoint
from gpt.text.tokenizer import CharacterTokenizer
from pages.shared import folders
from tests.gpt.convert.owners import CHARACTERS
from tests.gpt.tiny import BERT, V, config, random_model
from tests.pages import opening
from tests.pages.opening import said

BIGRAM: dict[str, Any] = dict(n_layer=0, n_embd=V, n_head=1, position="none", norm="none")


def opened(**query: str) -> AppTest:
    app = opening.opened("model", **query)
    assert not app.error, app.error[0].value
    return app


def test_the_counts_are_those_of_the_file() -> None:
    weights = load_file(folders.ROOT / "checkpoints" / "shakespeare" / "model.safetensors")
    app = opened(run="shakespeare")
    total = sum(array.size for array in weights.values())
    assert f"**{total:,}** parameters" in said(app)
    formula, tensors = app.dataframe[0].value, app.dataframe[1].value
    assert formula["count"].sum() == tensors["count"].sum() == total
    assert dict(zip(tensors["Name"], tensors["count"], strict=True)) == {
        name: array.size for name, array in weights.items()
    }
    assert "an output embedding of its own" in said(app)
    assert (
        "Unlike the lecture's last model: activation gelu; biases in queries, keys and values; no "
        "bias in the output embedding; branches that start at zero; dropout on embeddings and "
        "branches, not on attention weights." in said(app)
    )
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert sum(sum(trace["y"]) for trace in figure["data"]) == total


def test_a_link_opens_a_tensor_with_its_numbers() -> None:
    name = "h.1.attn.key.weight"
    weights = load_file(folders.ROOT / "checkpoints" / "copy" / "model.safetensors")
    app = opened(run="copy", part="h.1", tensor=name)
    values = weights[name].astype(np.float64)
    messages = said(app)
    for label, value in (("min", values.min()), ("max", values.max()), ("std", values.std())):
        assert f"{label} **{value:.4f}**".replace("-", "−") in messages
    assert "**Wk**, stage 2 of *Inside a head*" in messages
    figure = json.loads(app.get("plotly_chart")[1].proto.spec)
    assert sum(figure["data"][0]["y"]) == values.size
    assert app.query_params["tensor"] == name


def test_a_link_to_what_is_not_there_shows_what_is() -> None:
    app = opened(run="copy", part="h.9", tensor="h.9.attn.key.weight")
    assert app.query_params["part"] == "all"
    assert app.query_params["tensor"] == "wte.weight"


@pytest.mark.parametrize(
    "changes",
    [BERT, BIGRAM, dict(tie_weights=True), dict(position="rotary", norm="none", n_embd=30)],
    ids=["BERT", "bigram", "tied", "rotary"],
)
def test_every_tensor_of_every_kind_of_model_has_its_place(
    changes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    words = CharacterTokenizer(CHARACTERS[:V])
    mine = checkpoint("test", Path("mine"), random_model(config(**changes)), words)
    gpt.convert.save(mine, tmp_path / "mine")
    app = opened(run="mine")
    names = list(app.dataframe[1].value["Name"])
    assert set(names) >= {name for name, _ in mine.model.named_parameters()}
    for name in [*names[:1], *names[-2:]]:
        app = opened(run="mine", tensor=name)
        assert f"##### {name}" in said(app)


def test_what_cannot_be_exported_says_why() -> None:
    messages = said(opened(run="shakespeare-fast"))
    assert "cannot be written as GPT-2: positions are rotary, not learned" in messages
    assert "GPT2LMHeadModel.from_pretrained" in said(opened(run="shakespeare"))


def test_scaled_up_ends_at_gpt3() -> None:
    app = opened(run="copy", scaled="True")
    table = app.dataframe[2].value
    assert (
        table["parameters"].tolist()[0]
        == gpt.load(folders.ROOT / "checkpoints" / "copy").model.n_parameters
    )
    small, largest = table[table["Model"] == "GPT-2, small"], table.iloc[-1]
    assert small["parameters"].tolist() == [124_439_808]
    by_hand = 96 * (12 * 12_288**2 + 13 * 12_288) + (50_257 + 2048 + 2) * 12_288
    assert largest["parameters"] == by_hand and largest["Published"] == "175 billion"
    assert len(opened(run="copy").dataframe) == 2, "it is off at first"
