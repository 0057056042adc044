"""Signed scales: they end at the largest number, and never where nothing is printed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.payloads import decode
from viz.figures.equation import Matrix, equation
from viz.figures.heads.head_effects import head_effects
from viz.figures.heads.head_scores import HeadNumbers, head_numbers, head_scores
from viz.figures.heads.heatmap import heatmap
from viz.figures.heads.stage_maps import stages
from viz.figures.stream.normalized import normalized
from viz.figures.tokens.channels import channel_map
from viz.map_scale import map_scale, signed_end
from viz.views.attention import AttentionPicture, encode
from viz.views.carried import carried_data

NOISE = 0.000002


def test_a_scale_ends_at_the_largest_finite_number() -> None:
    assert signed_end([0.25, -3.0, np.inf, np.nan]) == 3.0
    assert map_scale(np.array([-3.0, 1.0]), "signed")["zmin"] == -3.0


@pytest.mark.parametrize("decimals, end", [(2, 0.1), (4, 0.001), (6, 0.00001)])
def test_what_is_printed_as_zero_is_nearly_without_colour(decimals: int, end: float) -> None:
    assert signed_end(0.4 * 10.0**-decimals, decimals) == pytest.approx(end)


def test_a_limit_from_elsewhere_has_the_same_floor() -> None:
    assert map_scale(np.array([NOISE]), "signed", limit=NOISE)["zmax"] == 0.001


def test_no_figure_paints_a_rounding_error_in_dark_colours() -> None:
    cells = np.array([[0.0, NOISE], [-NOISE, 0.0]])
    tokens = ["a", "b"]
    ends = [
        equation([Matrix("difference", cells, "signed")]).data[0].zmax,
        heatmap(cells, tokens, kind="signed").data[0].zmax,
        normalized({"before": cells}).data[0].zmax,
        head_effects(cells, "adds").data[0].zmax,
        channel_map(cells).data[0].zmax,
        channel_map(cells, limit=NOISE).data[0].zmax,
        head_scores({"effect": cells}, "signed").data[0].zmax,
        head_numbers({"norm": HeadNumbers(abs(cells), NOISE)}).data[0].zmax,
    ]
    assert all(NOISE / end < 0.05 for end in ends), ends


def test_the_floor_comes_from_the_decimals_that_are_printed() -> None:
    small = np.array([[0.004, -0.004]])  # with two decimals, a zero
    assert map_scale(small, "signed", decimals=2)["zmax"] == 0.1
    assert head_effects(small, "adds").data[0].zmax == 0.1
    assert head_scores({"effect": small}, "signed").data[0].zmax == 0.1
    tokens = ["a", "b"]
    assert stages({"scores": np.full((2, 2), 0.004)}, tokens).data[0].zmax == 0.1
    carried = carried_data(tokens, small[0], small[0], small[0], "good")
    assert (carried["end"], carried["decimals"]) == (0.1, 2)
    # Without numbers in the cells, a hover prints four.
    assert head_scores({"effect": np.full((2, 12), 0.004)}, "signed").data[0].zmax == 0.004
    assert stages({"scores": np.full((13, 13), 0.004)}, ["a"] * 13).data[0].zmax == 0.004


def test_the_components_scale_has_the_floor_too() -> None:
    maps = np.full((1, 1, 2, 2), NOISE, np.float32)
    picture = AttentionPicture(["a", "b"], maps, None, kind="signed", name="difference")
    header, _ = decode(encode(picture))
    assert header["range"] == [-0.001, 0.001]


def test_an_equation_says_where_its_colours_end() -> None:
    figure = equation([Matrix("LayerNorm", np.array([[NOISE]]), "signed")])
    assert "LayerNorm<br>1 × 1, colours to ±0.1" in [
        note.text for note in figure.layout.annotations
    ]
    plain = equation([Matrix("A", np.array([[1.0]]))])
    assert "A<br>1 × 1" in [note.text for note in plain.layout.annotations]
