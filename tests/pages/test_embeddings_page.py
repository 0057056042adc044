"""The Embeddings page serves every model: what it draws is in the file, or it says why not."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from streamlit.testing.v1 import AppTest

import gpt
from gpt.inspect.tokens.embedding_tables import neighbours
from gpt.nn.encoder_decoder import EncoderDecoder
from gpt.text.corpus import from_bytes
from gpt.weights_file import save_weights
from pages.parts.embeddings import position_vectors
from tests.close import close
from tests.gpt import other_kinds, tiny
from tests.pages import opening
from tests.pages.opening import charts, numbers, said

PARTS = ("Tokens", "Neighbours and analogies", "Positions", "Token + position")


def saved(folder: Path, text: str = "", **model: Any) -> None:
    """A run of a random model, that no training has touched."""
    corpus = from_bytes([("a.txt", text.encode())]) if text else tiny.names()
    config = tiny.new_run(folder, corpus, model).config()["model"]
    weights = tiny.random_model(tiny.GPTConfig(**config))
    save_weights(weights, folder / "model.safetensors", {"step": "0"})


opened = partial(opening.opened, "embeddings")


def planes(app: AppTest) -> list[dict[str, Any]]:
    """What `viz.views.plane` was given."""
    payloads = [json.loads(view.proto.json) for view in app.get("bidi_component")]
    return [data for data in payloads if "dots" in data]


@pytest.mark.parametrize("variant", ["sinusoidal", "rotary", "no positions", "tied", "no skip"])
@pytest.mark.parametrize("part", PARTS)
def test_every_model_has_every_part(checkpoints: Path, variant: str, part: str) -> None:
    saved(checkpoints / "run", **({"n_head": 3} | tiny.VARIANTS[variant] | {"n_embd": 30}))
    app = opened(run="run", prompt="a", part=part)
    assert not app.error
    if part == "Positions" and variant == "no positions":
        assert "has no positions" in said(app)
        assert charts(app) == []
    else:
        assert planes(app) if part == "Tokens" else charts(app)


def test_the_output_table_is_offered_where_there_is_one(checkpoints: Path) -> None:
    saved(checkpoints / "tied", tie_weights=True)
    saved(checkpoints / "untied")
    tied, untied = opened(run="tied", table="output"), opened(run="untied", table="output")
    assert tied.session_state["link_table"] == "token"
    assert untied.session_state["link_table"] == "output"


def test_rotary_models_show_the_turns_and_say_that_nothing_is_added(checkpoints: Path) -> None:
    saved(checkpoints / "run", position="rotary", n_head=1, n_embd=6, block_size=5)
    app = opened(run="run", prompt="anna", part="Positions")
    turns = numbers(charts(app)[0]["data"][0]["z"])
    angles = np.arange(5)[:, None] / 10000 ** (np.arange(0, 6, 2) / 6)
    np.testing.assert_allclose(turns, np.hstack([np.cos(angles), np.sin(angles)]), atol=1e-6)
    assert "adds nothing to the embeddings" in said(app)
    app = opened(run="run", prompt="anna", part="Token + position")
    assert "adds no position here" in said(app)


def test_the_sum_is_the_files_rows_and_adds_up_as_printed(checkpoints: Path) -> None:
    saved(checkpoints / "run")
    app = opened(run="run", prompt="anna", part="Token + position", position="2")
    token, position, total = (numbers(t["z"]) for t in charts(app)[0]["data"][:3])
    weights = load_file(checkpoints / "run" / "model.safetensors")
    characters = json.loads((checkpoints / "run" / "tokenizer.json").read_text())["characters"]
    ids = [characters.index(c) for c in "anna"]
    np.testing.assert_allclose(token, weights["wte.weight"][ids], atol=1.01e-4)
    np.testing.assert_allclose(position, weights["wpe.weight"][:4], atol=1.01e-4)
    units = [np.rint(a * 10_000) for a in (token, position, total)]
    np.testing.assert_array_equal(units[0] + units[1], units[2])
    table = app.dataframe[0].value
    np.testing.assert_allclose(table.iloc[:, 2], total[2], atol=1e-6)


def test_a_run_that_never_began_has_its_start_from_the_seed(checkpoints: Path) -> None:
    saved(checkpoints / "run")
    app = opened(run="run", prompt="a", when="both")
    assert "there is no snapshot of step 0 to confirm it" in said(app)
    before, after = planes(app)
    assert (before["title"], after["title"]) == ("before training", "after training")
    assert before["extent"] == after["extent"], "one plane, the same axes"


def test_points_in_space_are_those_of_the_plane_and_one_more_axis(checkpoints: Path) -> None:
    saved(checkpoints / "run")
    (flat,) = planes(opened(run="run", prompt="anna"))
    (space,) = charts(opened(run="run", prompt="anna", dims="3-D"))
    places = {
        id: point
        for dots in flat["dots"]
        for id, point in zip(dots["ids"], dots["places"], strict=True)
    }
    count = 0
    for trace in space["data"]:
        ids = [int(row[0]) for row in trace.get("customdata", [])]
        x, y = numbers(trace["x"]), numbers(trace["y"])
        for id, *point in zip(ids, x[: len(ids)], y[: len(ids)], strict=True):
            np.testing.assert_allclose(point, places[id], rtol=1e-4, atol=1e-6)
            count += 1
    assert count == len(places)


def test_a_run_without_a_seed_says_why_there_is_no_start(checkpoints: Path) -> None:
    saved(checkpoints / "run")
    path = checkpoints / "run" / "config.json"
    config = json.loads(path.read_text())
    del config["training"]
    path.write_text(json.dumps(config))
    app = opened(run="run", prompt="a", when="both")
    assert "has no seed of a training" in said(app)
    assert app.session_state["link_when"] == "trained"


def test_a_large_vocabulary_is_shown_in_part_and_typed_into_a_field(checkpoints: Path) -> None:
    letters = [chr(0x4E00 + k) for k in range(2100)]
    # The first hundred stand three times each, the others once.
    saved(checkpoints / "run", text="".join(letters[:100] * 2 + letters + letters[:100]))
    app = opened(run="run", prompt=letters[5])
    ids = {id for dots in planes(app)[0]["dots"] for id in dots["ids"]}
    assert len(ids) == 1000 + len(ids - set(range(1000))), "and whatever is near the chosen one"
    assert "2,100 tokens of 10 channels" in said(app)
    assert "Laid out: the 1,000 most frequent" in said(app)
    (field,) = [f for f in app.text_input if f.label == "Token"]
    assert field.value == letters[5]
    field.set_value(letters[7] + letters[8]).run()
    assert "is not one token of this model but 2" in app.error[0].value
    field = next(f for f in app.text_input if f.label == "Token")
    field.set_value(letters[9]).run()
    assert not app.error
    assert app.session_state["link_row"] == 9


@pytest.mark.parametrize(
    ("token", "message"), [("999", "this model has tokens 0 to"), ("-1", "is no whole number")]
)
def test_a_token_that_is_not_there_is_told(checkpoints: Path, token: str, message: str) -> None:
    saved(checkpoints / "run")
    app = opened(run="run", prompt="anna", row=token)
    assert message in app.warning[0].value
    assert planes(app)


def test_a_vocabulary_too_small_for_a_plane_is_told(checkpoints: Path) -> None:
    saved(checkpoints / "run", text="ab" * 60)
    assert "2 points of 10 channels cannot be drawn" in opened(run="run", prompt="a").error[0].value


@pytest.mark.parametrize("variant", ["rotary", "post"])
def test_order_is_known_by_positions_and_mask_alone(checkpoints: Path, variant: str) -> None:
    saved(checkpoints / "run", **({"n_head": 3} | tiny.VARIANTS[variant] | {"n_embd": 30}))
    words = said(opened(run="run", prompt="annabel", part="Order"))
    assert "turned prompt gives **the same prediction**" in words
    moved = [float(row.split("|")[2]) for row in words.splitlines() if row.startswith("| no ")]
    assert moved[-1] < 1e-3 < max(moved[:-1])
    assert "can be turned round" in opened(run="run", prompt="a", part="Order").info[0].value


def test_a_classifier_has_no_next_token_in_any_order() -> None:
    assert "choose a decoder" in opened(run="reviews", part="Order").info[0].value


@pytest.fixture
def two(checkpoints: Path) -> gpt.Checkpoint:
    """A translator whose source has a vocabulary of its own."""
    other_kinds.translator_run(checkpoints / "two")
    return gpt.load(checkpoints / "two")


def test_the_sources_tokens_are_those_of_the_encoders_own_table(two: gpt.Checkpoint) -> None:
    link = dict(run="two", source="ABC", prompt="abc", part="Neighbours and analogies")
    assert isinstance(two.model, EncoderDecoder)
    tables = {"encoder": two.model.encoder.wte, "decoder": two.model.wte}
    for site, tokenizer in (("encoder", two.source_tokenizer), ("decoder", two.tokenizer)):
        app = opened(**link, site=site, row=3)
        rows = tables[site].weight.detach().numpy()
        near = neighbours(rows, 3, 10)
        bars = charts(app)[0]["data"][0]
        assert np.sort(numbers(bars["x"])) == close(np.sort(near.cosines))
        (name,) = tokenizer.pieces([3])
        assert f"Nearest to “{name}”" in charts(app)[0]["layout"]["title"]["text"]
    offered = next(
        one for one in opened(**link, site="encoder").segmented_control if one.key == "link_table"
    )
    assert offered.options == ["token"]  # an encoder before a decoder predicts no token


def test_the_sources_positions_are_the_encoders(two: gpt.Checkpoint) -> None:
    app = opened(run="two", source="ABC", prompt="abc", part="Positions", site="encoder")
    assert isinstance(two.model, EncoderDecoder) and two.model.encoder.wpe is not None
    drawn = numbers(charts(app)[0]["data"][0]["z"])
    assert drawn == close(two.model.encoder.wpe.weight.detach().numpy())


def test_how_alike_neighbours_are_stands_at_the_picture() -> None:
    table = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])  # 45° apart, and 90° the ends
    words = position_vectors.alike(table)
    assert "of two neighbours **0.71** on average" in words
    assert "of any two positions 0.47" in words  # (0.7071 + 0.7071 + 0) / 3
    assert "one position alone" in position_vectors.alike(table[:1])
