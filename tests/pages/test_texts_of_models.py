"""A text and the model that it was typed for: words that it does not know, another model."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import folders
from pages.shared.prompt_bar import beginning_of
from tests.pages import opening

SOURCE = "Je suis content."
SHIPPED = ("translation", "numbers-fr", "reviews")


@pytest.fixture(autouse=True)
def _shipped() -> None:
    if not all((folders.checkpoints() / run / "model.safetensors").exists() for run in SHIPPED):
        pytest.skip("the shipped runs are not there")


def field(app: AppTest, label: str) -> str:
    (found,) = (each for each in app.text_input if each.label == label)
    return str(found.value)


@pytest.mark.parametrize("page", ["translation", "attention"])
def test_a_source_that_another_model_cannot_read_is_kept_for_the_first(page: str) -> None:
    app = opening.opened(page, run="translation", source=SOURCE)
    assert field(app, "Source") == SOURCE
    app.selectbox(key="link_run").set_value("numbers-fr").run()
    assert not app.error and not app.exception
    assert field(app, "Source").isdigit()
    assert f"numbers-fr cannot read your source “{SOURCE}”" in opening.said(app)
    app.selectbox(key="link_run").set_value("translation").run()
    assert field(app, "Source") == SOURCE
    assert "cannot read" not in opening.said(app)


def test_a_source_that_both_models_read_goes_along() -> None:
    app = opening.opened("translation", run="numbers-fr", source="1998")
    app.selectbox(key="link_run").set_value("translation").run()
    assert field(app, "Source") == "1998" and "cannot read" not in opening.said(app)


def test_what_is_typed_for_this_model_is_refused_with_a_reason() -> None:
    app = opening.opened("translation", run="numbers-fr", source="12x")
    assert "lacks “x”" in opening.said(app) or "lacks 'x'" in opening.said(app)
    assert field(app, "Source") == "12x"


@pytest.mark.parametrize(
    ("source", "said"), [("I don't speak French.", True), ("Je suis content.", False)]
)
def test_a_source_in_the_targets_language_is_said(source: str, said: bool) -> None:
    app = opening.opened("translation", run="translation", source=source)
    assert ("nearly as likely a target" in opening.said(app)) == said


def test_a_word_that_the_model_does_not_know_is_named() -> None:
    app = opening.opened("encoder", run="reviews", prompt="the florp is not a blivet")
    said = opening.said(app)
    assert "does not know “florp” and “blivet”: it reads [UNK] for each of them" in said
    app = opening.opened("encoder", run="reviews", prompt="the story is not dull")
    assert "does not know" not in opening.said(app)


def test_a_text_is_named_by_whole_words() -> None:
    words = "they say that very few people here would find the plot dull"
    assert beginning_of(words) == "they say that very few people here"
    assert beginning_of("one\ntwo") == "one↵two"
