"""The Normalization page: its numbers by hand and by PyTorch, every model, and what it refuses."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest

import gpt
from gpt.inspect.heads.ablation import read
from gpt.inspect.stream import model_norms
from gpt.nn.config import GPTConfig
from gpt.training.loop import train
from gpt.training.pairs.building_pairs import find
from gpt.training.pairs.experiments import prepare
from gpt.weights_file import save_weights
from pages.parts.normalization import trained_norms
from tests.gpt import tiny
from tests.pages import opening
from tests.pages.opening import charts, said, ways

NUMBER = re.compile(r"−?\d+\.\d+")

MODELS: dict[str, dict[str, Any]] = {
    "pre": {},
    "post": dict(norm="post"),
    "batch": dict(norm_kind="batch"),
    "no bias": dict(bias=False, feed_forward=False),
    "no skip": dict(skip=False, norm="post"),
    "as BERT": dict(norm="post", mask="none", embedding_norm=True, head_transform=True),
}
NONE: dict[str, dict[str, Any]] = {
    "no norm": dict(norm="none"),
    "bigram": dict(n_layer=0, n_head=1, position="none", norm="none"),
}


opened = partial(opening.opened, "normalization")


def printed(app: AppTest, title: str) -> np.ndarray:
    """The numbers in the cells of one matrix, flat."""
    traces = [trace for chart in charts(app) for trace in chart["data"]]
    (only,) = [trace for trace in traces if trace.get("name") == title]
    return np.array([float(text.replace("−", "-")) for text in only["text"]])


def steps(app: AppTest) -> list[list[float]]:
    """The numbers of each row of the sum."""
    (table,) = [m.value for m in app.markdown if "x − mean" in m.value]
    cells = [line.split("|")[2:-2] for line in table.split("\n")[2:]]
    return [[float(c.strip().replace("−", "-")) for c in row] for row in cells]


def written(folder: Path, **model: Any) -> None:
    """A run of a tiny model with drawn weights, as if it had been trained."""
    run = tiny.new_run(folder, model=dict(n_layer=2, n_head=2, n_embd=12) | model)
    config = GPTConfig.from_dict(run.config()["model"])
    save_weights(tiny.random_model(config), run.path / "model.safetensors", {"step": "1"})


def test_an_older_link_to_typed_numbers_opens_the_same() -> None:
    new, old = (opened(**{name: "typed"}, matrix="7 8 9; 1 2 4") for name in ("numbers", "source"))
    assert not old.warning and said(old) == said(new)
    assert "7" in said(old)


def test_one_two_three_step_by_step() -> None:
    app = opened(numbers="typed", matrix="1 2 3; 4 6 11", gain="2", bias="0.5")
    x, centred, squared, even, out = steps(app)
    assert (x, centred, squared) == ([1, 2, 3], [-1, 0, 1], [1, 0, 1])
    assert even == [-1.2247, 0, 1.2247] and out == [-1.9495, 0.5, 2.9495]
    assert "sum 2.0000 ÷ 3 = variance **0.6667**" in said(
        app
    ) and "+ 0.00001) = **0.8165**" in said(app)
    peer = F.layer_norm(torch.tensor([[1.0, 2, 3], [4, 6, 11]]), (3,)).numpy().ravel()
    np.testing.assert_allclose(printed(app, "LayerNorm"), peer, atol=0.0051)


def test_drawn_numbers_and_both_ways_are_torchs() -> None:
    app = opened(seed="3", examples="6", features="4", spread="5", shift="-2", line="2",
                 follow="a column: batch normalization")  # fmt: skip
    normal = torch.randn(6, 4, generator=torch.Generator().manual_seed(3))
    x = torch.round(normal.double() * 5 - 2, decimals=2)
    np.testing.assert_allclose(printed(app, "before"), x.numpy().ravel(), atol=0.0051)
    layer = F.layer_norm(x, (4,)).numpy()
    batch = F.batch_norm(x, None, None, training=True).numpy()
    np.testing.assert_allclose(printed(app, "LayerNorm"), layer.ravel(), atol=0.0051)
    np.testing.assert_allclose(printed(app, "batch normalization"), batch.ravel(), atol=0.0051)
    np.testing.assert_allclose(steps(app)[3], batch[:, 2], atol=5.1e-5)
    for title, matrix in (("before", x.numpy()), ("LayerNorm", layer)):
        of_rows = np.stack([matrix.mean(1), matrix.std(1)], 1).ravel()
        np.testing.assert_allclose(printed(app, f"{title}, row"), of_rows, atol=0.0051)
        of_columns = np.concatenate([matrix.mean(0), matrix.std(0)])
        np.testing.assert_allclose(printed(app, f"{title}, column"), of_columns, atol=0.0051)


def test_another_example_leaves_layer_norms_row_as_it_was() -> None:
    link = dict(numbers="typed", matrix="0 1; 1 2; 2 4", example="2", feature="0", by="3")
    app = opened(**link)
    moved = charts(app)[3:]  # behind the three matrices
    layer, batch = (t["text"] for each in moved for t in each["data"] if t["type"] == "scatter")
    assert layer[:4] == ["0"] * 4 and "0" not in layer[4:]
    # (−2, −1, 3) / √(14/3) − (−1, 0, 1) / √(2/3)
    assert batch == ["0.30", "0", "−0.46", "0", "0.16", "0"]
    assert "**LayerNorm:** exactly 0" in said(app)
    (most,) = re.findall(r"by up to (\d\.\d+)", said(app))
    assert float(most) == pytest.approx((3 / 14) ** 0.5, abs=2e-6)


def test_a_batch_of_one_says_so() -> None:
    app = opened(numbers="typed", matrix="1 2 3")
    assert "no other example" in said(app) and "a batch of one it refuses" in said(app)
    assert not printed(app, "batch normalization").any()


def test_a_matrix_that_is_none_is_told_and_can_be_mended() -> None:
    for bad in ("1 2; 3", "x", "", "1 nan", ";".join(["1"] * 9)):
        app = opened(numbers="typed", matrix=bad)
        assert "is no matrix" in app.error[0].value.replace("\\", "")
    app.text_input(key="link_matrix").set_value("1 3; 5 11").run()
    assert not app.error and app.query_params["matrix"] == "1 3; 5 11"


def test_a_link_beyond_the_matrix_is_made_to_fit() -> None:
    app = opened(line="99", example="7", feature="5", examples="50", gain="1e9", by="nan")
    assert not app.error and "Shown instead" in app.warning[0].value
    assert app.number_input(key="link_line").value == 7
    app.number_input(key="link_examples").set_value(2).run()
    assert not app.exception and app.number_input(key="link_line").value == 1


@pytest.mark.parametrize("name", MODELS)
def test_every_norm_of_every_model(checkpoints: Path, name: str) -> None:
    written(checkpoints / "tiny", **MODELS[name])
    app = opened(run="tiny", prompt="anna", show="in this model", position="99")
    menu, places = (
        app.selectbox(key="link_norm"),
        model_norms.norm_names(gpt.load(checkpoints / "tiny").model),
    )
    assert len(menu.options) == len(places) and app.query_params["norm"] == places[0]
    app.selectbox(key="link_norm").set_value(menu.options[-1]).run()
    assert not app.exception and not app.error and len(charts(app)) == 3
    assert app.query_params["norm"] == places[-1] and app.query_params["position"] == "3"
    assert ("that training left" in said(app)) == (name == "batch")
    assert ("no bias" in said(app)) == (name == "no bias")


def test_the_table_of_a_position_is_pytorchs(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    app = opened(run="tiny", prompt="anna", show="in this model", norm="ln_f", position="2")
    checkpoint = gpt.load(checkpoints / "tiny")
    x = gpt.trace(checkpoint.model, checkpoint.tokenizer.encode("anna")).residual[-1, 2]
    ln = checkpoint.model.ln_f
    assert ln is not None
    vectors = torch.tensor(x), F.layer_norm(torch.tensor(x), (12,)), ln(torch.tensor(x)).detach()
    (table,) = [m.value for m in app.markdown if m.value.startswith("| position 2")]
    numbers = [float(text.replace("−", "-")) for text in NUMBER.findall(table)]
    expected = [f(v).item() for v in vectors for f in (torch.mean, lambda v: v.std(correction=0))]
    np.testing.assert_allclose(numbers, expected, atol=6e-5)


@pytest.mark.parametrize("name", NONE)
def test_a_model_without_norms_says_so(checkpoints: Path, name: str) -> None:
    sizes = {"n_embd": tiny.new_run(checkpoints / "v").config()["model"]["vocab_size"]}
    written(checkpoints / "tiny", **NONE[name] | (sizes if name == "bigram" else {}))
    for part in ("in this model", "does it matter"):
        app = opened(run="tiny", prompt="anna", show=part)
        assert not app.error and not charts(app)
        assert ("bigram" if name == "bigram" else "norm = none") in app.info[0].value


def test_the_losses_with_and_without_norms(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    app = opened(run="tiny", prompt="anna", show="does it matter")
    checkpoint = gpt.load(checkpoints / "tiny")
    ids = np.array([checkpoint.tokenizer.encode("anna")])
    losses = [read(checkpoint.model, ids).loss]
    bare = tiny.copied(checkpoint.model, norm="none")
    losses += [read(bare, ids).loss, np.log(checkpoint.config.vocab_size)]
    (table,) = [m.value for m in app.markdown if "norms switched off" in m.value and "|" in m.value]
    np.testing.assert_allclose([float(n) for n in NUMBER.findall(table)], losses, atol=6e-5)
    assert "Not trained here yet" in said(app)


def test_one_token_has_no_loss(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    app = opened(run="tiny", prompt="a", show="does it matter")
    assert not app.error and "| with its norms | – |" in said(app)
    assert len(charts(opened(run="tiny", prompt="a", show="in this model"))) == 3


@pytest.mark.slow
def test_a_pair_that_was_trained_is_shown(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(checkpoints / "tiny")
    short = find("pair-norm-kind").shortened(2)
    monkeypatch.setattr(trained_norms, "PAIRS", (short.name,))
    monkeypatch.setattr(trained_norms, "find", lambda name: short)
    arms = prepare(checkpoints, short, 4)
    train(arms[0])
    assert "Not trained here yet" in said(opened(run="tiny", prompt="an", show="does it matter"))
    train(arms[1])
    app = opened(run="tiny", prompt="an", show="does it matter")
    assert "Not trained" not in said(app) and "Seed 4" in said(app)
    last = arms[1].metrics()[-1]["val_loss"]
    assert f"| BatchNorm | {last:.4f} |" in said(app)
    links = ways(app)
    assert [link.page.split("/")[-1] for link in links] == ["ladder"]
    assert "pair=pair-norm-kind" in links[0].query_string


@pytest.mark.parametrize(
    ("part", "array"),
    [("by hand", "change_LayerNorm"), ("in this model", "gain"), ("does it matter", "loss")],
)
def test_what_is_shown_can_be_saved(checkpoints: Path, part: str, array: str) -> None:
    written(checkpoints / "tiny")
    app = opened(run="tiny", prompt="anna", show=part)
    (save,) = [button for button in app.button if str(button.key).startswith("save_norm")]
    save.click().run()
    assert not app.exception and not app.error
    assert any(option.startswith(array) for option in app.selectbox(key="save_array").options)


def test_four_norms_say_which_numbers_share_a_mean() -> None:
    app = opened(show="four norms", kind="group norm", groups="2", seed="3", feature="3")
    before, shares, after = opening.charts(app)
    cells = [opening.numbers(chart["data"][0]["z"]) for chart in (before, shares, after)]
    block = cells[0].reshape(3, 3, 4)
    group = block[0, :, 2:]
    expected = (block[0, 0, 3] - group.mean()) / np.sqrt(group.var() + 1e-5)
    assert cells[1].reshape(3, 3, 4).nonzero()[2].tolist() == [2, 3] * 3
    assert cells[2][0, 3] == pytest.approx(expected, abs=1e-9)
    assert "running_mean 4, running_var 4" in opening.said(app)
