"""Teachers on the Train page: chosen, refused where they do not fit, kept by the new run."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpt.text.corpus import from_builtin
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.jobs import Jobs
from gpt.training.loop import train
from gpt.training.runs import Run
from tests.gpt import tiny
from tests.pages.test_train_page import LENGTH, dial, opened, texts
from tests.pages.test_train_page import _train_button as train_button


@pytest.fixture
def root(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs; what is started is made, and not trained."""
    monkeypatch.setattr(Jobs, "start", lambda self, run: None)
    return checkpoints


def teacher(root: Path, name: str, builtin: str = "plays", **model: int) -> None:
    """A trained run whose tokenizer is that of the page's text."""
    text = from_builtin(builtin, length=LENGTH).text
    sizes = dict(block_size=64, n_layer=1, n_head=2, n_embd=10)
    run = tiny.new_run(
        root / name,
        from_builtin(builtin, length=3000),
        model=sizes | model,
        tokenizer=CharacterTokenizer.of(text),
        steps=1,
    )
    train(run)


def test_a_run_has_the_teachers_that_are_chosen(root: Path) -> None:
    teacher(root, "first")
    teacher(root, "second")
    teacher(root, "short", block_size=7)
    app = opened("train", minutes="steps")
    dial(app, "train_details").set_value("Settings").run()
    fields = {box.key for box in app.number_input}
    assert "train_tiny_teacher_share" not in fields  # without teachers it says nothing
    assert "It should come to" in texts(app)
    menu = app.multiselect(key="train_teachers")
    assert set(menu.options) == {"first", "second", "short"}
    menu.set_value(["short"]).run()
    assert "reads up to 7 tokens" in texts(app) and train_button(app).disabled
    app.multiselect(key="train_teachers").set_value(["first", "second"]).run()
    assert "It should come to" not in texts(app)  # the law of the loss knows no teachers
    share = app.number_input(key="train_tiny_teacher_share")
    assert share.value == pytest.approx(1.0)
    share.set_value(0.5).run()
    train_button(app).click().run()
    assert not app.error and not app.exception
    run = Run(root / "tiny")
    assert [one["run"] for one in run.config()["teachers"]] == ["first", "second"]
    assert run.training_config().teacher_share == pytest.approx(0.5)


def test_a_teacher_that_is_deleted_is_chosen_no_more(root: Path) -> None:
    teacher(root, "first")
    app = opened("train", minutes="steps")
    dial(app, "train_details").set_value("Settings").run()
    app.multiselect(key="train_teachers").set_value(["first"]).run()
    (root / "first").rename(root / ".gone")
    dial(app, "train_details").set_value("Settings").run()
    assert not app.exception
    assert app.multiselect(key="train_teachers").value == []
    assert not train_button(app).disabled
