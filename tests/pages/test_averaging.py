"""Averaging the past: the page's numbers, and what it refuses."""

from __future__ import annotations

import json
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages import opening
from tests.pages.opening import said

opened = partial(opening.opened, "averaging")


def texts(app: AppTest, chart: int) -> list[list[str]]:
    figure = json.loads(app.get("plotly_chart")[chart].proto.spec)
    return [trace["text"] for trace in figure["data"] if trace["type"] == "scatter"]


def test_the_lectures_numbers() -> None:
    app = opened()
    assert texts(app, 0)[-1] == ["2", "7", "8", "11", "14", "16"]
    assert texts(app, 1)[-1] == ["2", "7", "4", "5.50", "4.67", "5.33"]
    assert "2 + 6 + 6 = **14**; divided by the 3 rows that it hears from, **4.67**" in said(app)


def test_numbers_from_a_link() -> None:
    app = opened(x="1,2;3,4")
    assert texts(app, 0)[-1] == ["1", "2", "4", "6"]


def test_a_link_that_is_no_matrix_is_told() -> None:
    for bad in ("1,2;x", "1,2,3", "1,nan", ";".join(["1,2"] * 9)):
        app = opened(x=bad)
        assert "Shown instead" in app.warning[0].value
        assert texts(app, 0)[-1][-1] == "16"


def test_one_head_shows_the_mean_and_two_heads() -> None:
    app = opened(show="one head", run="copy", prompt="abcabc")
    mean = texts(app, 1)[0]
    assert mean[6:9] == ["0.50", "0.50", "masked"]
    assert len(app.get("plotly_chart")) == 6


def test_three_ways_agree() -> None:
    app = opened(show="three ways")
    assert [code.value.split("(")[0] for code in app.code] == [
        "def by_loop",
        "def by_product",
        "def by_softmax",
    ]


@pytest.mark.parametrize("link", [{}, {"show": "one head", "run": "copy", "prompt": "abcabc"}])
def test_what_is_shown_can_be_saved(link: dict[str, str]) -> None:
    app = opened(**link)
    (save,) = [button for button in app.button if str(button.key).startswith("save_averaging")]
    save.click().run()
    assert not app.exception and not app.error
    options = app.selectbox(key="save_array").options
    expected = "sums_weights" if not link else "trained_head_weights"
    assert any(option.startswith(expected) for option in options)
