"""The stages of one head: each with its numbers, and in the order in which they are made."""

from __future__ import annotations

import numpy as np
import pytest

from viz.colors import QUERIES, WEIGHTS_SCALE
from viz.figures.heads.stage_maps import STAGES, stages

T, D, C = 3, 2, 5
TOKENS = ["a", "<b>", "a"]
CAUSAL = np.tri(T, dtype=bool)
NUMBERS = np.random.default_rng(5)


def head() -> dict[str, np.ndarray]:
    """One head worked out by hand, in numpy."""
    q, k, v = NUMBERS.standard_normal((3, T, D))
    scores = q @ k.T
    scaled = scores / np.sqrt(D)
    masked = np.where(CAUSAL, scaled, -np.inf)
    weights = np.exp(masked) / np.exp(masked).sum(1, keepdims=True)
    return {
        "contribution": weights @ v @ NUMBERS.standard_normal((D, C)),
        "head_out": weights @ v,
        "weights": weights,
        "masked": masked,
        "scaled": scaled,
        "scores": scores,
        "values": v,
        "keys": k,
        "queries": q,
    }


def test_every_stage_is_drawn_in_order_with_its_numbers() -> None:
    arrays = head()
    drawn = {trace.meta: trace for trace in stages(arrays, TOKENS).data if trace.meta}
    assert list(drawn) == list(STAGES)
    for name, trace in drawn.items():
        seen = CAUSAL if name in ("masked", "weights") else np.ones(arrays[name].shape, dtype=bool)
        assert np.array_equal(trace.z[seen], arrays[name][seen]), name
        assert np.isnan(trace.z[~seen]).all(), name
        assert trace.texttemplate == "%{z:.2f}"


def test_masked_cells_say_so_and_have_no_weight() -> None:
    traces = stages(head(), TOKENS).data
    words = [trace for trace in traces if trace.name == "masked"]
    assert len(words) == 2  # of masked and of weights; a masked score is there all the same
    for trace in words:
        assert np.array_equal(trace.z == 0, ~CAUSAL) and "masked" in trace.hovertemplate


def test_a_mask_can_be_given_where_masked_is_not_drawn() -> None:
    weights = head()["weights"]
    numbers, masked = stages({"weights": weights}, TOKENS, visible=CAUSAL).data
    assert np.array_equal(masked.z == 0, ~CAUSAL)
    assert np.isnan(numbers.z[~CAUSAL]).all()


def test_titles_give_formula_shape_and_ends() -> None:
    arrays = head()
    arrays["queries"][0, 0] = -7.5
    titles = [note.text for note in stages(arrays, TOKENS).layout.annotations]
    assert titles[0] == (
        f'<b><span style="color:{QUERIES}">queries</span></b> = x Wq<br>'
        "<sub>3 × 2, colours ±7.5</sub>"
    )
    assert (
        titles[6]
        == "<b>weights</b> = softmax of each row of masked<br><sub>3 × 3, colours 0 to 1</sub>"
    )
    assert "head_out @ projection, added to the stream<br><sub>3 × 5" in titles[8]


def test_scales() -> None:
    drawn = {trace.meta: trace for trace in stages(head(), TOKENS).data if trace.meta}
    assert [tuple(stop) for stop in drawn["weights"].colorscale] == WEIGHTS_SCALE
    assert (drawn["weights"].zmin, drawn["weights"].zmax) == (0, 1)
    assert drawn["masked"].zmax == drawn["scaled"].zmax
    assert drawn["keys"].zmin == -drawn["keys"].zmax == -np.abs(drawn["keys"].z).max()


def test_rows_and_columns_are_named_and_equal_tokens_stay_apart() -> None:
    drawn = {trace.meta: trace for trace in stages(head(), TOKENS).data if trace.meta}
    assert list(drawn["scores"].y) == ["query 0 a", "query 1 &lt;b&gt;", "query 2 a"]
    assert list(drawn["scores"].x) == ["key 0 a", "key 1 &lt;b&gt;", "key 2 a"]
    assert list(drawn["queries"].x) == ["dimension 0", "dimension 1"]
    assert list(drawn["contribution"].x)[-1] == "channel 4"
    assert drawn["head_out"].y[0] == "position 0 a"


def test_one_token_and_a_big_head() -> None:
    assert len(stages({"weights": [[1.0]]}, ["a"]).data) == 1
    big = stages({"queries": np.ones((40, 64))}, ["x"] * 40)
    assert big.data[0].texttemplate is None
    assert len(big.layout.yaxis.tickvals) <= 20


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "give some of the stages queries, keys, .* got none"),
        ({"weight": np.eye(3)}, "got weight"),
        ({"weights": np.eye(2)}, r"weights must be \(3, 3\) for 3 tokens, got \(2, 2\)"),
        ({"keys": np.ones(3)}, r"keys must be \(3, D\) for 3 tokens, got \(3,\)"),
        (
            {"queries": np.ones((3, 2)), "keys": np.ones((3, 4))},
            r"keys must be \(3, 2\) for 3 tokens, got \(3, 4\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stages(arrays, TOKENS)


def test_the_stages_of_two_texts() -> None:
    """Three queries and five keys: keys and values are read from y and have a row a key."""
    S, keys = 5, ["u", "v", "w", "x", "y"]
    q, k = NUMBERS.standard_normal((T, D)), NUMBERS.standard_normal((S, D))
    arrays = {"queries": q, "keys": k, "values": k + 1, "scores": q @ k.T}
    figure = stages(arrays, TOKENS, key_tokens=keys)
    drawn = {trace.meta: trace for trace in figure.data}
    for name, array in arrays.items():
        np.testing.assert_allclose(drawn[name].z, array, rtol=1e-6)
    assert list(drawn["keys"].y) == [f"position {n} {key}" for n, key in enumerate(keys)]
    assert list(drawn["scores"].x) == [f"key {n} {key}" for n, key in enumerate(keys)]
    assert len(drawn["scores"].y) == T
    titles = [note.text for note in figure.layout.annotations]
    assert "= x Wq" in titles[0] and "= y Wk" in titles[1] and "= y Wv" in titles[2]
    with pytest.raises(ValueError, match=r"keys must be \(5, 2\) for 3 query and 5 key tokens"):
        stages({"queries": q, "keys": q}, TOKENS, key_tokens=keys)
