"""Signed scales: they end at the largest number, and never where nothing is printed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.payloads import decode
from viz.figures.equation import Matrix, equation
from viz.figures.heads.head_effects import head_effects
from viz.figures.heads.heatmap import heatmap
from viz.figures.stream.normalized import normalized
from viz.figures.tokens.channels import channel_map
from viz.map_scale import map_scale, signed_end
from viz.views.attention import AttentionPicture, encode

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
    ]
    assert all(NOISE / end < 0.05 for end in ends), ends


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
