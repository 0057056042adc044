"""The Residual stream page serves every model: each part of it, for each kind of model."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gpt.nn.config import GPTConfig
from gpt.weights_file import save_weights
from tests.gpt import tiny
from tests.pages import opening
from tests.pages.opening import charts

PARTS = (
    "Logit lens", "Direct effects", "Norms", "Gradients", "Normalization",
)  # fmt: skip
CHARTS = dict(zip(PARTS, (0, 2, 1, 2, 0), strict=True))

MODELS: dict[str, dict[str, Any]] = {
    "learned": {},
    "post": dict(norm="post"),
    "no norm": dict(norm="none", position="none"),
    "no skip": dict(skip=False, norm="post"),
    "bare": dict(feed_forward=False, projection=False, bias=False),
    "tied": dict(tie_weights=True, zero_init=True, mask="none"),
    "as BERT": dict(norm="post", mask="none", embedding_norm=True, head_transform=True),
}


def written(folder: Path, **model: Any) -> None:
    """A run of a tiny model with drawn weights, as if it had been trained."""
    run = tiny.new_run(folder, model=dict(n_layer=2, n_head=2, n_embd=12) | model)
    config = GPTConfig.from_dict(run.config()["model"])
    save_weights(tiny.random_model(config), run.path / "model.safetensors", {"step": "1"})


opened = partial(opening.opened, "residual")


@pytest.mark.parametrize("name", MODELS)
def test_every_part_serves_every_model(checkpoints: Path, name: str) -> None:
    written(checkpoints / "tiny", **MODELS[name])
    for part in PARTS:
        app = opened(run="tiny", prompt="anna\n", part=part)
        assert not app.error, (part, app.error[0].value)
        no_sum = name == "as BERT" and part == "Direct effects"
        assert len(charts(app)) == (0 if no_sum else CHARTS[part]), part
        assert bool(app.info) == no_sum


def test_one_token_has_no_loss_and_everything_else(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    for part in PARTS:
        app = opened(run="tiny", prompt="a", part=part)
        assert not app.error, (part, app.error[0].value)
        needs_two = part == "Gradients"
        assert len(charts(app)) == (0 if needs_two else CHARTS[part]), part
    assert "needs a next token" in opened(run="tiny", prompt="a", part="Gradients").info[0].value


def test_a_link_that_fits_another_model_is_made_to_fit(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    app = opened(run="tiny", prompt="ann", position="99", state="77", logit="5000", channel="900")
    assert not app.error
    assert app.query_params["position"] == "2" and app.query_params["state"] == "4"
    app = opened(run="tiny", prompt="ann", part="Direct effects", logit="5000", minus="3")
    assert not app.error
    assert "logit" not in app.query_params and app.query_params["minus"] == "3"


def test_the_position_stays_at_the_end_of_a_growing_prompt(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    app = opened(run="tiny", prompt="an", part="Norms")
    app.text_input(key="link_prompt").set_value("anna").run()
    assert app.number_input(key="link_position").value == 3
    app.number_input(key="link_position").set_value(1).run()
    app.text_input(key="link_prompt").set_value("annab").run()
    assert app.number_input(key="link_position").value == 1


def test_a_run_made_elsewhere_gets_a_new_model_as_its_start_and_says_so(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    config = json.loads((checkpoints / "tiny" / "config.json").read_text())
    (checkpoints / "tiny" / "config.json").write_text(json.dumps(config | {"training": None}))
    app = opened(run="tiny", prompt="ann", part="Gradients", trained="at the start")
    assert not app.error
    captions = " ".join(caption.value for caption in app.caption)
    assert "new model of the same architecture" in captions and "seed" in captions
