"""Text to tensors with a model: rows that do not talk, one step, context length, noise."""

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
from gpt.text.corpus import from_builtin
from gpt.weights_file import save_weights
from pages.parts.tensors import context_length, corpus_menu, scatter
from pages.shared import folders
from tests.close import close, printed
from tests.gpt import numpy_gpt, tiny
from tests.pages import opening

SHORT = 20_000
SHAKESPEARE = folders.ROOT / "checkpoints" / "shakespeare"


@pytest.fixture(autouse=True)
def _short_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_menu, "written", _written)


def _written(name: str, length: int = SHORT) -> corpus_menu.Text:
    return corpus_menu.Text.of(from_builtin(name, 1, SHORT))


def opened(**query: Any) -> AppTest:
    app = opening.opened("tensors", **{"corpus": "plays", "run": "shakespeare", **query})
    assert not app.error
    return app


def matrix(chart: dict[str, Any], number: int) -> np.ndarray:
    """The numbers of one matrix of an equation, as (rows, columns)."""
    return opening.numbers([t for t in chart["data"] if t["type"] == "heatmap"][number]["z"])


def batch(B: int, T: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The page's batch, cut anew in numpy from the torch draw that training makes."""
    _, _, ids_of = numpy_gpt.read_run(SHAKESPEARE)
    ids = np.array([ids_of[char] for char in from_builtin("plays", 1, SHORT).text])
    ids = ids[: int(0.9 * len(ids))]
    generator = torch.Generator().manual_seed(seed)
    starts = torch.randint(len(ids) - T, (B, 1), generator=generator).numpy()
    at = starts + np.arange(T)
    return ids[at], ids[at + 1]


def numpy_logits(x: np.ndarray) -> np.ndarray:
    weights, config, _ = numpy_gpt.read_run(SHAKESPEARE)
    return np.array([numpy_gpt.forward(weights, config, row.tolist())["logits"] for row in x])


def test_the_vocabulary_is_every_character_sorted() -> None:
    app = opened(show="vocabulary")
    characters = sorted(set(from_builtin("plays", 1, SHORT).text))
    assert f"**{len(characters)}** distinct characters" in opening.said(app)
    (row,) = json.loads(app.get("bidi_component")[0].proto.json)["rows"]
    assert [token[1] for token in row["tokens"]] == list(range(len(characters)))
    letters = [token[0] for token in row["tokens"]]
    assert letters[characters.index("A")] == "A" and letters[characters.index("e")] == "e"


def test_the_start_of_the_first_row_can_be_chosen() -> None:
    app = opened(show="split and batch", tokenizer="own", B=2, T=5, draw=7, start=3)
    blocks = json.loads(app.get("bidi_component")[0].proto.json)
    _, _, ids_of = numpy_gpt.read_run(SHAKESPEARE)
    ids = [ids_of[char] for char in from_builtin("plays", 1, SHORT).text[:9]]
    first, second = ([cell[0] for cell in row] for row in blocks["x"])
    assert first == ids[3:8] and [cell[0] for cell in blocks["y"][0]] == ids[4:9]
    x, _ = batch(2, 5, 7)
    assert second == x[1].tolist(), "the other rows are drawn as before"
    far = opening.opened(
        "tensors", corpus="plays", run="shakespeare", show="split and batch", start=99_999_999
    )
    assert "can start at 0 to" in far.warning[0].value and not far.error


def test_one_row_is_changed_and_the_others_stay_exactly() -> None:
    app = opened(show="rows apart", B=3, T=6, draw=5, row=1, position=2)
    ids, logits = opening.charts(app)
    moved = matrix(logits, 0)
    assert moved.shape == (3, 6)
    assert not moved[[0, 2]].any() and not moved[1, :2].any()
    x, _ = batch(3, 6, 5)
    assert (matrix(ids, 0) == x).all()
    changed = x.copy()
    changed[1, 2] = (changed[1, 2] + 1) % 65
    expected = np.abs(numpy_logits(changed) - numpy_logits(x)).max(-1)
    assert moved == pytest.approx(expected, abs=1e-4)
    assert "those of the other rows moved by **exactly 0**" in opening.said(app)


def test_a_step_says_the_losses_that_numpy_computes() -> None:
    app = opened(show="one step", B=2, T=5, draw=7)
    x, y = batch(2, 5, 7)
    logits = numpy_logits(x)
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    losses = -np.take_along_axis(logs, y[..., None], -1)[..., 0]
    _, losses_chart, orders = opening.charts(app)
    assert matrix(losses_chart, 0) == pytest.approx(losses, abs=1e-4)
    words = opening.said(app)
    assert "**2 × 5 × 65** → `view(B*T, V)` → **10 × 65**" in words
    (mean,) = re.findall(r"their mean is \*\*([\d.]+)\*\*", words)
    assert float(mean) == printed(losses.mean())
    frozen = next(t for t in orders["data"] if t["name"] == "backward, zero_grad, step")
    assert np.ptp(opening.numbers(frozen["y"])) == 0.0
    assert len(app.dataframe[0].value) == len(gpt.load(SHAKESPEARE).model.state_dict())


def test_the_loss_falls_with_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context_length, "TOKENS", 64 * 6)
    monkeypatch.setattr(context_length, "LONG", 64)
    context_length.by_context.clear()
    (chart,) = opening.charts(opened(show="context length", draw=3))
    line = opening.numbers(next(t for t in chart["data"] if t.get("name") == "each length")["y"])
    assert len(line) == 64
    assert line[0] > line[32:].mean() + 0.3
    context_length.by_context.clear()


def test_noise_narrows_with_the_number_of_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scatter, "BATCHES", 40)
    batches, dropout = opening.charts(opened(show="noise", B=2, T=4))
    rows = {t["name"]: opening.numbers(t["x"]) for t in batches["data"]}
    assert len(rows["one batch"]) == 40 and len(rows["mean of 10"]) == 4
    assert rows["mean of 10"] == close(rows["one batch"].reshape(4, 10).mean(1))
    assert len(opening.numbers(dropout["data"][0]["x"])) == scatter.PASSES


def test_a_model_without_dropout_is_told(checkpoints: Path) -> None:
    run = tiny.new_run(checkpoints / "mine", tiny.names())
    config = gpt.GPTConfig(**run.config()["model"])
    save_weights(tiny.random_model(config), run.path / "model.safetensors", {})
    app = opening.opened("tensors", run="mine", show="noise", B=2, T=4)
    assert "has no dropout" in opening.said(app) and len(opening.charts(app)) == 1


def test_a_translator_reads_no_batch_here() -> None:
    app = opening.opened("tensors", run="numbers-fr", corpus="plays", show="rows apart")
    assert "choose a decoder" in app.info[0].value
