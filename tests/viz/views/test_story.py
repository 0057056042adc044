"""The story's telling: numbers as texts, and its two figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viz.cell_story import CellStory, Shares, Softmax, to_json
from viz.colors import DOWN, UP
from viz.figures.heads.cell_sums import products_figure, shares_figure


def telling() -> CellStory:
    shares = Shares(
        tokens=["\n", "<b>", "z"],
        raised=2,
        look=np.array([0.5, 0.25, -0.125]),
        head=np.array([0.25, 0.0, 0.0]),
        rest=np.array([-1.0, 1.0, 1.0]),
        logit=np.array([-0.25, 1.25, 0.875]),
        digits=4,
        words="Through the final norm.",
    )
    return CellStory(
        title="L0 H1",
        tokens=["a", " "],
        query=1,
        key=0,
        q=np.array([1.0, -2.0]),
        k=np.array([3.0, 0.5]),
        products=np.array([3.0, -1.0]),
        score=2.0,
        scale=2**-0.5,
        scale_name="1/√D",
        scaled=1.41421356,
        softmax=Softmax(-0.5, 1.9142, [0.6065, 1.0], [0, 1], 0, 1.6065, 4),
        temperature=1.0,
        weight=0.37755,
        weight_digits=4,
        edited=False,
        value=np.array([10.0, -0.00001]),
        look=np.array([[3.7755, 0.0], [1.0, 2.0]]),
        out=np.array([4.7755, 2.0]),
        out_digits=4,
        shares=shares,
    )


def test_every_number_is_the_text_that_is_shown() -> None:
    told = to_json(telling())
    assert (told["query"], told["key"]) == ([1, "·"], [0, "a"])
    assert told["products"] == ["3.0000", "-1.0000"] and told["score"] == "2.0000"
    assert told["scale"] == ["0.707107", "1/√D"] and told["scaled"] == "1.4142"
    assert told["softmax"]["exps"] == ["0.6065", "1.0000"]
    assert told["softmax"]["keys"] == [[0, "a"], [1, "·"]]
    assert told["weight"] == "0.3775"
    assert told["value"] == ["10.0000", "0.0000"]  # not −0.0000
    assert told["shares"][0] == ["↵", "0.5000", "0.2500", "-1.0000", "-0.2500"]
    assert told["raised"] == 2


def test_a_masked_cell_has_no_softmax() -> None:
    assert to_json(replace(telling(), softmax=None))["softmax"] is None


def test_the_products_are_bars() -> None:
    figure = products_figure(telling())
    assert list(figure.data[0].y) == [3, -1]
    assert list(figure.data[0].marker.color) == [UP, DOWN]
    assert figure.layout.title.text == "L0 H1, query 1 · · key 0 a: score 2.0000"
    of_two_texts = products_figure(replace(telling(), key_tokens=["x", "y"]))
    assert "query 1 · · key 0 x" in of_two_texts.layout.title.text


def test_the_shares_are_bars_with_escaped_tokens() -> None:
    figure = shares_figure(telling().shares)
    assert list(figure.data[0].x) == [0.5, 0.25, -0.125]
    assert list(figure.data[0].text) == ["0.5000", "0.2500", "-0.1250"]
    assert [text.strip() for text in figure.layout.yaxis.ticktext] == ["↵", "&lt;b&gt;", "z"]
