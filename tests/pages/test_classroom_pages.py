"""In a class every way to make a run, to measure or to fetch asks, whichever page it is on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from gpt.training import trash
from gpt.training.control import Control, Wish
from gpt.training.jobs import Jobs
from gpt.training.loop import train
from gpt.training.runs import Run, list_runs
from pages.parts.assistant import foreseen_choices
from pages.parts.import_model import uploaded_files
from pages.parts.ladder import climb_text
from pages.parts.train import training_pace, training_text
from pages.parts.train.choice_names import SHAKESPEARE
from pages.parts.train.training_text import Text
from pages.shared import classroom, folders, visitors
from pages.shared.visitors import MODE, VISITOR
from tests.gpt import tiny
from tests.pages.opening import opened, said
from tests.pages.test_classroom import ADA, Cookies

Press = Callable[[], AppTest]


@pytest.fixture
def mine(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of this visitor's, in a class; nothing is trained, and texts are short."""
    monkeypatch.setenv(MODE, "1")
    monkeypatch.delenv(visitors.TOKEN, raising=False)
    monkeypatch.setenv("HEADLIGHT_CACHE", str(checkpoints / ".cache"))
    monkeypatch.setattr(classroom.st, "context", Cookies({VISITOR: ADA}))
    monkeypatch.setattr(Jobs, "start", lambda self, run: None)
    monkeypatch.setattr(climb_text, "written", lambda name: Text.of(tiny.names()))
    monkeypatch.setattr(training_text, "_builtin", lambda *_: Text.of(tiny.names(20_000)))
    monkeypatch.setattr(uploaded_files, "folder", lambda: checkpoints / ".handed")
    st.cache_resource.clear()
    run = _trained(checkpoints / "mine")
    shutil.copytree(run.path, checkpoints / ".handed")
    classroom.own(run)
    return run


def _trained(path: Path) -> Run:
    """A run with weights, its best ones among them, stopped after its first evaluation."""
    run, control = tiny.new_run(path), Control()
    train(run, control, lambda line, status: control.ask(Wish.STOP))
    assert (path / "best.safetensors").is_file()
    return run


def pressed(app: AppTest, name: str) -> AppTest:
    """The page after a press of the button with this label, or key."""
    next(button for button in app.button if name in (button.label, button.key)).click().run()
    assert not app.exception
    return app


WAYS: dict[str, Press] = {
    "train": lambda: pressed(opened("train", text="names", preset="tiny"), "Train"),
    "examples": lambda: pressed(opened("train", task="classify"), "Train"),
    "ladder": lambda: pressed(opened("ladder", climb_text="names"), "ladder_start"),
    "pair": lambda: pressed(opened("ladder", show="pairs"), "pair_start"),
    "assistant": lambda: pressed(opened("assistant"), "train_base"),
    "best": lambda: pressed(opened("runs", runs="mine"), "Keep best"),
    "import": lambda: pressed(opened("import_model"), "Import"),
}


def names(root: Path) -> set[str]:
    """Of the runs in a folder."""
    return {run.name for run in list_runs(root)}


@pytest.mark.parametrize("way", WAYS)
def test_what_a_visitor_makes_is_theirs(mine: Run, way: str) -> None:
    WAYS[way]()
    made = [run for run in list_runs(mine.path.parent) if run.name != mine.name]
    assert made and all(map(classroom.may_change, made))


@pytest.mark.parametrize("way", WAYS)
def test_no_page_makes_more_runs_than_a_visitor_may_have(
    mine: Run, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv(classroom.PREFIX + "RUNS", "1")
    assert "1 are the most in this class" in said(WAYS[way]())
    assert names(mine.path.parent) == {"mine"}


@pytest.mark.parametrize(
    ("limit", "message"), [("STEPS", "steps are too many"), ("PARAMETERS", "parameters are too")]
)
@pytest.mark.parametrize("way", WAYS)
def test_no_page_makes_a_larger_run_than_a_visitor_may_have(
    mine: Run, monkeypatch: pytest.MonkeyPatch, way: str, limit: str, message: str
) -> None:
    if limit == "STEPS" and way in ("best", "import"):
        pytest.skip("it does not train")
    monkeypatch.setenv(classroom.PREFIX + limit, "9")
    assert message in said(WAYS[way]())
    assert names(mine.path.parent) == {"mine"}


@pytest.mark.parametrize("way", ["train", "examples"])
def test_a_form_makes_no_run_that_cannot_be_put_in_line(
    mine: Run, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(Jobs, "waiting", lambda self: ["mine"])
    monkeypatch.setenv(classroom.PREFIX + "WAITING", "1")
    assert "1 of your runs train or wait already" in said(WAYS[way]())
    assert names(mine.path.parent) == {"mine"}


def test_what_is_put_back_is_one_run_more(mine: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tiny.new_run(mine.path.parent / "other")
    classroom.own(other)
    trash.throw_away(other)
    monkeypatch.setenv(classroom.PREFIX + "RUNS", "1")
    assert "1 are the most in this class" in said(pressed(opened("runs"), "runs_undo"))
    assert names(mine.path.parent) == {"mine"}
    monkeypatch.setenv(classroom.PREFIX + "RUNS", "2")
    pressed(opened("runs"), "runs_undo")
    assert names(mine.path.parent) == {"mine", "other"}


@pytest.mark.parametrize(
    ("page", "query", "name"),
    [
        ("train", {"text": "names", "preset": "tiny"}, "Measure"),
        ("train", {"task": "classify"}, "Measure"),
        ("assistant", {}, "How long will it take?"),
    ],
)
def test_no_two_measure_at_once(
    mine: Run, monkeypatch: pytest.MonkeyPatch, page: str, query: dict[str, Any], name: str
) -> None:
    monkeypatch.setattr(training_pace, "measure", lambda *_, **__: pytest.fail("it was measured"))
    with classroom.one_measurement():
        assert "One measurement at a time" in said(pressed(opened(page, **query), name))


def test_no_two_foresee_at_once(mine: Run) -> None:
    now = foreseen_choices.Measurement()
    with classroom.one_measurement():
        foreseen_choices.measure(now, None, None)  # type: ignore[arg-type]
    assert "one measurement at a time" in now.trouble


@pytest.mark.parametrize("page", ["train", "ladder"])
def test_a_classs_server_fetches_nothing(
    mine: Run, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    name = "ladder-bigram"  # it was shared without its text
    (mine.path.parent / name).symlink_to(folders.ROOT / "checkpoints" / name)
    query = {"text" if page == "train" else "climb_text": SHAKESPEARE}
    app = opened(page, **query)
    assert not [button for button in app.button if "Fetch" in button.label]
    assert "The lecture's text is not on this server" in said(app)
    monkeypatch.setenv(MODE, "")
    assert [button for button in opened(page, **query).button if "Fetch" in button.label]
