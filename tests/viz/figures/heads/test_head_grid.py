"""All heads in one figure: every number at its place, whatever its neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from viz.colors import SIGNED_SCALE, WEIGHTS_SCALE
from viz.figures.heads.head_grid import gap, head_grid, tiled

L, H, T = 2, 3, 5
TOKENS = ["a", "b", "<s>", "a", " "]
CAUSAL = np.tri(T, dtype=bool)
VALUES = np.random.default_rng(3).random((L, H, T, T)).astype(np.float32)


def place(l: int, h: int, i: int, j: int) -> tuple[int, int]:
    step = T + gap(T)
    return l * step + i, h * step + j


def test_every_weight_is_at_its_layer_head_query_and_key() -> None:
    numbers, masked = head_grid(VALUES, TOKENS, visible=CAUSAL).data
    for l, h, i, j in np.ndindex(VALUES.shape):
        row, column = place(l, h, i, j)
        assert numbers.y[row] == f"layer {l}, query {i} {['a', 'b', '&lt;s&gt;', 'a', '·'][i]}"
        assert numbers.x[column].startswith(f"head {h}, key {j} ")
        seen = CAUSAL[i, j]
        assert np.isnan(masked.z[row, column]) == seen
        assert np.isnan(numbers.z[row, column]) == (not seen)
        if seen:
            assert numbers.z[row, column] == VALUES[l, h, i, j]


def test_rows_and_columns_are_all_named_and_no_two_alike() -> None:
    numbers = head_grid(VALUES, TOKENS).data[0]
    assert numbers.z.shape == (len(numbers.y), len(numbers.x)) == tiled(VALUES).shape
    assert len(set(numbers.y)) == len(numbers.y) and len(set(numbers.x)) == len(numbers.x)


def test_between_the_maps_there_is_nothing() -> None:
    for trace in head_grid(VALUES, TOKENS, visible=CAUSAL).data:
        assert np.isnan(trace.z[T]).all() and np.isnan(trace.z[:, T]).all()
        assert trace.hoverongaps is False


def test_one_fixed_scale_for_all_heads() -> None:
    numbers = head_grid(VALUES / 10, TOKENS).data[0]
    assert (numbers.zmin, numbers.zmax) == (0, 1)
    assert [tuple(stop) for stop in numbers.colorscale] == WEIGHTS_SCALE
    scores = np.where(CAUSAL, VALUES * 4 - 7, -np.inf)
    signed = head_grid(scores, TOKENS, kind="signed").data[0]
    end = np.abs(scores[:, :, CAUSAL]).max()
    assert (signed.zmin, signed.zmax) == pytest.approx((-end, end))
    assert [tuple(stop) for stop in signed.colorscale] == SIGNED_SCALE


def test_masked_and_broken_cells_say_so() -> None:
    values = VALUES.copy()
    values[1, 2, 3, 0] = np.nan
    values[0, 0, 0, 4] = -np.inf
    numbers, masked, invalid = head_grid(values, TOKENS).data
    assert np.argwhere(masked.z == 0).tolist() == [list(place(0, 0, 0, 4))]
    assert np.argwhere(invalid.z == 0).tolist() == [list(place(1, 2, 3, 0))]
    assert "masked" in masked.hovertemplate and "not a number" in invalid.hovertemplate
    assert np.isnan(numbers.z[place(1, 2, 3, 0)])


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 1, 1, 1), (12, 12, 64, 64), (2, 1, 9, 9)])
def test_cells_are_square_and_the_figure_fits_a_screen(shape: tuple[int, ...]) -> None:
    figure = head_grid(np.zeros(shape), ["x"] * shape[-1])
    margin, layout = figure.layout.margin, figure.layout
    rows, columns = figure.data[0].z.shape
    width = (layout.width - margin.l - margin.r) / columns
    height = (layout.height - margin.t - margin.b) / rows
    assert width == pytest.approx(height, rel=0.01)
    assert layout.width <= 1000 and layout.height <= 1000
    assert list(layout.yaxis.ticktext) == [f"L{l}" for l in range(shape[0])]


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"must be \(L, H, 5, 5\) for 5 tokens, got \(5, 5\)"):
        head_grid(np.zeros((5, 5)), TOKENS)
    with pytest.raises(ValueError, match=r"visible must be \(5, 5\), got \(2, 2\)"):
        head_grid(VALUES, TOKENS, visible=np.ones((2, 2), dtype=bool))
    with pytest.raises(ValueError, match="Give fewer layers, heads or tokens"):
        head_grid(np.broadcast_to(np.float32(0), (12, 12, 256, 256)), ["x"] * 256)


def test_maps_of_two_texts_are_tiles_of_their_own_shape() -> None:
    """(1, 2) heads of 2 queries and 3 keys: two tiles side by side, one empty column between."""
    values = np.arange(12, dtype=float).reshape(1, 2, 2, 3) / 20
    (numbers,) = head_grid(values, ["q0", "q1"], key_tokens=["a", "b", "c"]).data
    assert numbers.z.shape == (2, 7)
    np.testing.assert_allclose(numbers.z[:, :3], values[0, 0])
    np.testing.assert_allclose(numbers.z[:, 4:], values[0, 1])
    assert np.isnan(numbers.z[:, 3]).all()
    assert list(numbers.y) == ["layer 0, query 0 q0", "layer 0, query 1 q1"]
    assert list(numbers.x)[4:] == ["head 1, key 0 a", "head 1, key 1 b", "head 1, key 2 c"]
    with pytest.raises(ValueError, match=r"must be \(L, H, 3, 2\) for 3 query and 2 key tokens"):
        head_grid(values, ["a", "b", "c"], key_tokens=["q0", "q1"])
