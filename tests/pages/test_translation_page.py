"""Translation: targets, beams and cross-attention are the model's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import gpt
from gpt.inspect.translating import beam_search, encoder_decoder
from tests.close import close, printed
from tests.gpt import other_kinds, tiny
from tests.pages import opening
from tests.payloads import decode

SOURCE = "A BIG CAT."


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an encoder-decoder and a classifier."""
    root = tmp_path_factory.mktemp("translators")
    other_kinds.translator_run(root / "two")
    other_kinds.classifier_run(root / "labels")
    return root


@pytest.fixture(autouse=True)
def _in_place(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(runs))


@pytest.fixture(scope="module")
def two(runs: Path) -> gpt.Checkpoint:
    return gpt.load(runs / "two")


def opened(**query: Any) -> AppTest:
    app = opening.opened("translation", **{"run": "two", "source": SOURCE, **query})
    assert not app.error and not app.warning
    return app


def cross_map(app: AppTest) -> tuple[dict[str, Any], np.ndarray]:
    """The header of the linked view, and the maps as they are sent."""
    every = (bytes(each.proto.bytes) for each in app.get("bidi_component"))
    header, buffers = decode(next(d for d in every if d[:4] in (b"HLAT", b"HLSE")))
    shape = tuple(header[name] for name in "LHTS")
    return header, buffers["exact"].reshape(shape) / header["unit"]


def cross(two: gpt.Checkpoint, target: list[int]) -> np.ndarray:
    ids = [*two.target_start, *target]
    return gpt.trace(two.model, ids, source=two.source_ids(SOURCE)).cross.weights


def written(app: AppTest) -> str:
    """The target as the page prints it."""
    heading = next(one.value for one in app.markdown if one.value.startswith("#### "))
    return heading.removeprefix("#### ")


def test_at_once_it_is_the_greedy_translation(two: gpt.Checkpoint) -> None:
    app, text = opened(), gpt.translate(two, SOURCE)
    assert written(app) == text
    header, maps = cross_map(app)
    assert header["site"] == "cross" and header["keyTokens"] == list(SOURCE.replace(" ", "·"))
    assert maps == printed(cross(two, two.tokenizer.encode(text)))


def test_heads_averaged_are_the_alignment(two: gpt.Checkpoint) -> None:
    app = opened(show="average")
    weights = cross(two, two.tokenizer.encode(gpt.translate(two, SOURCE)))
    header, maps = cross_map(app)
    assert header["layers"] == ["L0", "L1", "all"]
    assert maps[2, 0] == printed(weights.mean((0, 1)))
    best = weights.mean((0, 1))[0]
    row = f"| 1 | {gpt.translate(two, SOURCE)[0]} | {SOURCE[best.argmax()]} | {best.argmax()} |"
    assert f"{row} {best.max():.4f} |" in opening.said(app)


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception and not app.error
    return app


def test_token_by_token_it_becomes_the_same_text(two: gpt.Checkpoint) -> None:
    app = opened(how="step")
    assert written(app) == "…" and cross_map(app)[1] == printed(cross(two, []))
    text = gpt.translate(two, SOURCE)
    for n in range(1, len(text) + 1):
        click(app, "generate_next")
        assert written(app) == text[:n]
    steps = gpt.generate(
        two.model, two.target_start, len(text), temperature=0, source=two.source_ids(SOURCE)
    )
    assert two.tokenizer.decode([step.id for step in steps]) == text
    assert cross_map(app)[1] == printed(cross(two, two.tokenizer.encode(text)))
    click(app, "generate_back")
    assert written(app) == text[:-1] and app.query_params["continuation"] == text[:-1]


def test_another_token_can_be_taken_and_the_rest_follows_from_it(two: gpt.Checkpoint) -> None:
    app = opened(how="step")
    menu = next(one for one in app.selectbox if one.key == "generate_take")
    token = two.tokenizer.encode("k")[0]
    menu.set_value(token).run()
    assert written(app) == "k"
    click(app, "generate_next")
    ids = [*two.target_start, token]
    logits = gpt.trace(two.model, ids, source=two.source_ids(SOURCE)).logits[-1]
    assert written(app) == two.tokenizer.decode([token, int(logits.argmax())])


def test_a_link_reopens_what_was_stepped() -> None:
    app = opened(how="step", continuation="kab")
    assert written(app) == "kab"


def test_the_next_token_looks_at_these_source_tokens(two: gpt.Checkpoint) -> None:
    app = opened(how="step", continuation="ka")
    weights = cross(two, two.tokenizer.encode("ka"))[:, :, -1].mean((0, 1))
    chart = next(
        c
        for c in opening.charts(app)
        if c["data"][0].get("customdata") and len(c["data"][0]["y"]) == 8
    )
    assert opening.numbers(chart["data"][0]["x"]) == close(np.sort(weights)[::-1][:8])


def test_beams_are_drawn_as_they_were_kept(two: gpt.Checkpoint) -> None:
    app = opened(how="beams", beams=3)
    model, source = encoder_decoder(two.model), two.source_ids(SOURCE)
    assert two.end is not None
    beams = beam_search(model, source, two.target_start, two.end, 3)
    assert written(app) == two.tokenizer.decode(beams.best)
    (chart,) = opening.charts(app)
    points = [trace for trace in chart["data"] if trace["mode"] == "markers+text"]
    drawn = {
        (int(x), int(y)): row
        for trace in points
        for x, y, row in zip(
            opening.numbers(trace["x"]),
            opening.numbers(trace["y"]),
            trace["customdata"],
            strict=True,
        )
    }
    kept = {(s, p): beam for s, step in enumerate(beams.steps) for p, beam in enumerate(step)}
    assert drawn.keys() == kept.keys()
    for where, beam in kept.items():
        assert drawn[where][2] == close(beam.log_prob) and drawn[where][3] == close(beam.score)
    (chosen,) = (trace for trace in points if trace["marker"]["color"] != "#787e87")
    ends = beams.done or ((len(beams.steps) - 1, 0),)
    assert [int(y) for y in opening.numbers(chosen["y"])] == beams.path(*ends[0])


def test_one_of_the_other_targets_can_be_chosen(two: gpt.Checkpoint) -> None:
    assert two.end is not None
    model, source = encoder_decoder(two.model), two.source_ids(SOURCE)
    beams = beam_search(model, source, two.target_start, two.end, 4)
    last = max(len(beams.done) - 1, 0)
    app = opened(how="beams", target=last)
    where = (beams.done or ((len(beams.steps) - 1, 0),))[last]
    assert written(app) == (two.tokenizer.decode(beams.ids(*where)) or "…")


def test_without_a_run_it_says_what_to_do(checkpoints: Path) -> None:
    tiny.new_run(checkpoints / "decoder")
    app = opening.opened("translation")
    assert not app.error and "No run here translates yet" in opening.said(app)


def test_a_source_longer_than_the_encoder_reads_is_said() -> None:
    app = opening.opened("translation", run="two", source="A" * 30)
    (message,) = app.error
    assert "The source has 30 tokens; this model reads up to 23" in message.value.replace("\\", "")


def test_generate_writes_a_translation_too(two: gpt.Checkpoint) -> None:
    app = opening.opened("generate", run="two", source=SOURCE, temperature=0)
    assert not app.error and not app.warning
    text = gpt.translate(two, SOURCE)
    for _ in text[:3]:
        click(app, "generate_next")
    assert app.query_params["continuation"] == text[:3]


def test_a_classifier_on_generate_points_to_encoder() -> None:
    app = opening.opened("generate", run="labels", prompt="abc")
    assert not app.error
    assert "gives a text a label, and predicts no next token" in opening.said(app)
    assert "Encoder" not in [m.value for m in app.error]
