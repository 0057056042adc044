"""The ladder's page: the runs' own numbers, what is offered and started, and what is not there."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from safetensors.numpy import load_file
from streamlit.testing.v1 import AppTest

from gpt.durations import duration
from gpt.text.corpus import Corpus, Document
from gpt.training.control import Control, Wish
from gpt.training.estimate import Pace
from gpt.training.ladder.bigram_start import bigram_starts, one_batch_start
from gpt.training.ladder.climbing import prepare, prepare_all
from gpt.training.ladder.code import code_of
from gpt.training.ladder.results import measure, result
from gpt.training.ladder.rungs import RUNGS, SMALL, find
from gpt.training.loop import train
from gpt.training.runs import Run
from gpt.training.series import START
from gpt.training.status import Status
from pages.parts.ladder import climb, climb_text
from pages.parts.train import training_pace
from pages.parts.train.choice_names import SHAKESPEARE
from pages.parts.train.training_text import Text
from pages.shared import folders, run_state
from tests.gpt.tiny import names
from tests.pages import opening
from tests.pages.opening import numbers, said, ways

SEED = 1337
RUNS = folders.ROOT / "checkpoints"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs; built-in texts are short, and Tiny Shakespeare is not here."""
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path / "runs"))
    monkeypatch.setenv("HEADLIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(climb_text, "written", lambda name: Text.of(names()))
    st.cache_resource.clear()
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the runs that the page starts; none of them is."""
    names: list[str] = []
    monkeypatch.setattr(run_state, "resume", lambda run: names.append(run.name))
    return names


def own_text() -> Corpus:
    return Corpus("my names", (Document("a", names(3000).text),))


def stopped(root: Path, name: str, measured: bool = True) -> Run:
    """A run with a rung's real settings, told to stop at its first log line."""
    run, control = prepare(root, find(name), own_text(), SEED), Control()
    train(run, control, lambda line, status: control.ask(Wish.STOP))
    if measured:
        measure(run)
    return run


opened = partial(opening.opened, "ladder")


def table(app: AppTest) -> list[list[str]]:
    markdown = next(part.value for part in app.markdown if part.value.startswith("| rung |"))
    rows = markdown.replace("\\", "").splitlines()[2:]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]


def values(app: AppTest, chart: int = 0) -> dict[str, list[float | None]]:
    figure = json.loads(app.get("plotly_chart")[chart].proto.spec)
    return {trace["name"]: trace["y"] for trace in figure["data"]}


def test_before_anything_is_trained_every_rung_says_so(root: Path) -> None:
    app = opened()
    rows = table(app)
    assert [row[0] for row in rows] == [rung.title for rung in RUNGS]
    assert {row[1] for row in rows} == {"not trained"}
    assert {tuple(row[3:]) for row in rows} == {("",) * 6}
    V = Text.of(names()).tokenizer.vocab_size
    assert rows[0][2] == f"{V * V:,}"
    assert values(app) == {"trained": [None] * 8}
    assert "hold for Tiny Shakespeare only" in said(app)
    assert list(root.iterdir()) == []


def test_the_page_opens_with_the_rungs_that_come_with_headlight(root: Path) -> None:
    for rung in SMALL:
        (root / f"ladder-{rung.name}").symlink_to(RUNS / f"ladder-{rung.name}")
    app = opened()
    assert app.selectbox[0].value == SHAKESPEARE
    rows = table(app)
    assert [row[1] for row in rows] == ["comes trained"] * len(SMALL) + ["not trained"]
    assert [row[7] for row in rows[:3]] == ["about 2.5", "2.4", "2.28"]
    assert all(values(app)["trained"][:7]) and "The lecture's figures are of this text" in said(app)
    assert "(**2.319**) are worse than one (**2.275**)" in said(app)
    labels = [button.label for button in app.button]
    assert "Fetch the text, to train them yourself" in labels and "Train one" not in labels
    one = opened(show="one rung", rung="skips")
    assert "Validation loss 2.0932" in said(one) and not one.error
    for show in ("the start", "counting"):  # they read the text itself
        app = opened(show=show)
        assert app.selectbox[0].value == "plays" and not app.error, said(app)
        app = opened(show=show, climb_text=SHAKESPEARE)
        assert not app.error and "is not on this machine" in said(app)


def test_ones_own_climb_stands_in_place_of_the_one_that_came(root: Path) -> None:
    (root / "ladder-bigram").symlink_to(RUNS / "ladder-bigram")
    stopped(root, "bigram")
    app = opened()
    assert app.selectbox[0].value == own_text().describe()["sha256"][:12]
    assert table(app)[0][1] == "stopped at step 0"


def test_what_is_trained_is_shown_with_the_runs_ownnumbers(root: Path) -> None:
    runs = {name: stopped(root, name) for name in ("bigram", "skips")}
    app = opened()
    assert app.selectbox[0].value == own_text().describe()["sha256"][:12]
    assert app.selectbox[0].options[0] == "my names (of runs here)"
    for name, run in runs.items():
        measured = result(run)
        assert measured is not None
        row = table(app)[[rung.name for rung in RUNGS].index(name)]
        losses = (measured.first_loss, measured.train_loss, measured.val_loss)
        assert row[3:7] == [f"{measured.seconds:.1f}", *(f"{loss:.4f}" for loss in losses)]
        assert row[7:] == ["", ""]  # the lecture's are of another text
        assert row[1] == "stopped at step 0"
    curve = [loss for loss in values(app)["trained"] if loss is not None]
    expected = [result(run).val_loss for run in runs.values()]  # type: ignore[union-attr]
    np.testing.assert_allclose(curve, expected)


def test_the_lecture_is_set_beside_its_own_text(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stopped(root, "bigram")
    monkeypatch.setattr(climb, "is_lectures", lambda sha256: True)
    app = opened()
    expected = result(run)
    assert expected is not None
    assert table(app)[0][7:] == ["about 2.5", f"{expected.val_loss - 2.5:+.3f}"]
    assert table(app)[-1][7:] == ["1.48", ""]
    assert values(app)["the lecture"] == [2.5, 2.4, 2.28, 2.24, None, 2.08, 2.06, 1.48]


def test_what_the_app_trained_is_measured_when_it_is_looked_at(root: Path) -> None:
    run = stopped(root, "bigram", measured=False)
    assert result(run) is None
    app = opened()
    expected = result(run)
    assert expected is not None
    assert table(app)[0][6] == f"{expected.val_loss:.4f}"


def test_a_run_without_its_text_says_why_it_is_not_measured(root: Path) -> None:
    run = stopped(root, "bigram", measured=False)
    (run.path / "text" / "0.txt").unlink()
    app = opened()
    assert "cannot be measured" in said(app) and "shared without its text" in said(app)
    assert table(app)[0][6] == ""


def test_one_click_puts_all_small_rungs_in_line(root: Path, started: list[str]) -> None:
    app = opened(climb_seed="3")
    action = app.button(key="ladder_start")
    assert action.label == "Train all small rungs"
    action.click().run()
    assert not app.exception
    assert started == [f"ladder-{rung.name}-3" for rung in SMALL]
    assert sorted(path.name for path in root.iterdir()) == sorted(started)


def test_while_they_train_the_whole_climb_has_a_bar_and_results_appear(root: Path) -> None:
    """The bigram is done, the one head says 30 s: each other needs its work at the same pace."""
    runs = prepare_all(root, SMALL, own_text(), SEED)
    train(runs[0], control := Control(), lambda line, status: control.ask(Wish.STOP))
    done = replace(runs[0].status(), step=10_000, elapsed=float(SMALL[0].work))
    runs[0].write_status(done)
    left = SMALL[1].work - 5.0
    now = Status("running", 100, 5000, elapsed=5.0, seconds_left=left, pid=os.getpid())
    runs[1].write_status(replace(now, heartbeat=time.time(), host="elsewhere"))
    app = opened()
    bars = [bar.proto.text.replace("\\", "") for bar in app.get("progress")]
    waiting = sum(rung.work + START for rung in SMALL[2:])
    assert bars == [
        f"The climb: 1 of 7 trained · about {duration(left + waiting)} left",
        f"One head: training · step 100 of 5,000 · {duration(left)} left",
    ]
    assert app.button(key="ladder_pause").disabled  # not this server's
    assert [row[1] for row in table(app)][:2] == ["done", "training at step 100"]
    assert table(app)[0][6] == f"{measure(runs[0]):.4f}"


def test_the_last_rungs_time_is_measured_with_its_own_settings(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed: list[Any] = []

    def measure(*settings: Any) -> Pace:
        timed.append(settings)
        return Pace(step=4.0, batch=1.0, token=0.1, steps=4)

    monkeypatch.setattr(training_pace, "measure", measure)
    app = opened(climb_text="plays")
    next(button for button in app.button if button.label == "Measure").click().run()
    ((model, training, corpus, tokenizer),) = timed
    assert (model, training) == (
        RUNGS[-1].model_config(tokenizer.vocab_size),
        RUNGS[-1].training_config(SEED),
    )
    assert corpus.text == names().text
    assert f"about **{duration(Pace(4.0, 1.0, 0.1, 4).total(training))}**" in said(app)


def test_one_rung_can_be_trained_the_last_one_too(root: Path, started: list[str]) -> None:
    app = opened(climb_text="plays")
    assert "for a GPU" in app.button(key="ladder_train_scaled-up").label
    app.button(key="ladder_train_one-head").click().run()
    assert started == ["ladder-one-head-1337"]


def test_a_text_too_short_for_the_last_rung_is_told(root: Path, started: list[str]) -> None:
    app = opened(climb_text="plays")
    app.button(key="ladder_train_scaled-up").click().run()
    assert started == [] and app.error and not app.exception
    assert list(root.iterdir()) == []


def test_a_failure_is_told_and_can_be_tried_again(root: Path) -> None:
    run = prepare(root, find("bigram"), own_text(), SEED)
    run.write_status(Status("failed", steps=10_000, reason="the disk is full"))
    app = opened()
    assert "Bigram: the disk is full" in said(app)
    assert app.button(key="ladder_start").label == ("Train all small rungs")


def test_a_rung_shows_settings_code_curves_and_samples(root: Path) -> None:
    runs = [stopped(root, name) for name in ("blocks", "skips")]
    app = opened(show="one rung", rung="skips")
    assert "| `skip` | False | True |" in said(app)
    code = code_of("skips")
    beside = [text for part in code for text in (part.code, part.lecture)]
    assert [block.value for block in app.code][: len(beside)] == beside
    for part in code:
        assert f"{part.file}:{part.line}" in said(app)
        line = (folders.ROOT / part.file).read_text().splitlines()[part.line - 1]
        assert line.strip() == part.code.splitlines()[0]
    curves = values(app)
    for title, run in zip((find("blocks").title, find("skips").title), runs, strict=True):
        losses = [line["val_loss"] for line in run.metrics() if line["val_loss"] is not None]
        np.testing.assert_allclose(numbers(curves[title]), losses)
        assert run.samples()[-1]["text"].strip() in "".join(block.value for block in app.code)
    assert len(app.get("bidi_component")) == 1


def test_a_bigram_has_no_heads_and_no_link_to_attention(root: Path) -> None:
    stopped(root, "bigram")
    app = opened(show="one rung", rung="bigram")
    assert "A bigram has no heads" in said(app)
    assert not app.get("bidi_component")
    labels = [link.label for link in ways(app)]
    assert labels == ["Generate", "Model", "Runs"]


def test_a_rung_that_is_not_trained_says_so(root: Path) -> None:
    app = opened(show="one rung", rung="layernorm")
    assert "Not trained on" in app.info[0].value
    assert not app.get("plotly_chart") and not app.get("bidi_component")


def test_both_starts_are_measured(root: Path) -> None:
    app = opened(show="the start", climb_text="plays", climb_seed="5")
    torch_start, small = bigram_starts(names(), range(5, 15))
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    dots = [trace["x"] for trace in figure["data"] if "customdata" in trace]
    np.testing.assert_allclose(dots, [torch_start.losses, small.losses])
    assert f"mean {torch_start.mean:.4f}" in said(app)


def test_the_start_says_its_own_table_on_its_own_batch(root: Path) -> None:
    app = opened(show="the start", climb_text="plays", climb_seed="5")
    assert f"**{one_batch_start(names(), 5):.4f}** here" in said(app)
    assert "The lecture prints" not in said(app)


def test_counting_stands_beside_the_trained_table(root: Path) -> None:
    run = stopped(root, "bigram")
    app = opened(show="counting")
    text = own_text().text
    characters = sorted(set(text))
    ids = np.array([characters.index(char) for char in text])
    learned = ids[: int(0.9 * len(ids))]
    counts = np.zeros((len(characters), len(characters)))
    np.add.at(counts, (learned[:-1], learned[1:]), 1)
    with np.errstate(invalid="ignore"):
        shares = counts / counts.sum(1, keepdims=True)
    line, counted, trained = opening.charts(app)
    np.testing.assert_allclose(opening.numbers(counted["data"][0]["z"]), shares, atol=1e-6)
    table = load_file(run.path / "model.safetensors")["wte.weight"].astype(float)
    softmax = np.exp(table) / np.exp(table).sum(1, keepdims=True)
    np.testing.assert_allclose(opening.numbers(trained["data"][0]["z"]), softmax, atol=1e-6)
    assert len(opening.numbers(line["data"][0]["y"])) == 6


def test_pairs_are_offered_and_a_pair_of_another_page_is_not(root: Path) -> None:
    app = opened(show="pairs", pair="pair-mask")
    assert app.button(key="pair_start").label == "Train it and see"
    assert "LayerNorm or BatchNorm" in app.segmented_control[1].options  # type: ignore[attr-defined]
    assert "there is no experiment 'pair-mask' here" in said(app)


def test_links_to_what_is_not_there_are_told(root: Path) -> None:
    app = opened(show="one rung", rung="roof", climb_seed="-1", climb_text="atlantis")
    messages = said(app)
    assert "there is no rung 'roof'; choose one of bigram" in messages
    assert "climb_seed='-1': '-1' is no whole number from 0" in messages
    assert "there is no text 'atlantis'" in messages


@pytest.mark.parametrize("part", ["the climb", "one rung", "the start", "counting"])
def test_what_is_shown_can_be_saved(root: Path, part: str) -> None:
    stopped(root, "bigram")
    app = opened(show=part, rung="bigram")
    (save,) = [button for button in app.button if str(button.key).startswith("save_ladder")]
    save.click().run()
    assert not app.exception and not app.error
