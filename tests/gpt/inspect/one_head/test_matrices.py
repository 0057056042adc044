"""One head taken out of a trace: its stages are the trace's, and its weights make them."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.errors import SwitchError
from gpt.inspect.one_head.matrices import one_head
from tests.close import ABS
from tests.gpt import tiny

STAGES = "queries keys values scores scaled masked weights head_out contribution".split()


@pytest.mark.parametrize("name", tiny.VARIANTS)
def test_its_stages_are_the_traces(name: str) -> None:
    config = tiny.config(**tiny.VARIANTS[name])
    model = tiny.random_model(config)
    found = gpt.trace(model, tiny.random_ids())
    h = config.n_head - 1
    taken = one_head(model, found, 1, h)
    for stage in STAGES:
        np.testing.assert_allclose(getattr(taken, stage), getattr(found, stage)[1, h], atol=ABS)
    assert taken.scale == found.scale


@pytest.mark.parametrize("name", ["learned", "no bias", "post", "no norm", "qk_norm", "one head"])
def test_its_weights_make_values_and_what_is_before_the_norm(name: str) -> None:
    config = tiny.config(**tiny.VARIANTS[name])
    model = tiny.random_model(config)
    found = gpt.trace(model, tiny.random_ids())
    taken = one_head(model, found, 1, 0)
    bq, bv = (0 if b is None else b for b in (taken.bq, taken.bv))
    np.testing.assert_allclose(taken.x @ taken.Wv + bv, taken.values, atol=1e-5)
    queries = taken.x @ taken.Wq + bq
    if taken.qk_norm:
        queries = queries / np.sqrt((queries**2).mean(-1, keepdims=True))
    np.testing.assert_allclose(queries, taken.queries, atol=1e-4)
    assert taken.normed == (config.norm == "pre")
    assert (taken.bq is None) == (not config.bias)


def test_without_a_projection_its_slice_sets_the_head_in_its_place() -> None:
    model = tiny.random_model(tiny.config(projection=False))
    taken = one_head(model, gpt.trace(model, tiny.random_ids()), 0, 1)
    assert not taken.projected
    expected = np.zeros((tiny.T, tiny.C), dtype=np.float32)
    expected[:, tiny.D : 2 * tiny.D] = taken.head_out
    np.testing.assert_array_equal(taken.contribution, expected)


def test_switches_are_seen() -> None:
    model = tiny.random_model(tiny.config(position="rotary", **tiny.EVEN))
    ids = tiny.random_ids()
    even = np.full((tiny.T, tiny.T), 1 / tiny.T, dtype=np.float32)
    switches = gpt.Switches(
        positions_off=True,
        norm_off=True,
        temperature=2.0,
        heads_off={(0, 1)},
        weights_edit={(1, 2): even},
    )
    found = gpt.trace(model, ids, switches)
    off, edited = one_head(model, found, 0, 1), one_head(model, found, 1, 2)
    assert off.off and not off.contribution.any() and off.head_out.any()
    assert edited.edited and (edited.weights == even).all()
    assert not (edited.rotated or edited.normed) and edited.temperature == 2


def test_arrays_come_in_the_order_of_the_data() -> None:
    model = tiny.random_model(tiny.config(bias=False))
    arrays = one_head(model, gpt.trace(model, [0]), 0, 0).arrays()
    assert list(arrays) == [
        "x",
        "Wq",
        "Wk",
        "Wv",
        *STAGES[:-1],
        "projection",
        STAGES[-1],
        "visible",
    ]
    assert arrays["projection"].shape == (tiny.D, tiny.C)


@pytest.mark.parametrize("where", [(2, 0), (0, 3), (-1, 0)])
def test_a_head_that_is_not_there_is_said(where: tuple[int, int]) -> None:
    model = tiny.random_model(tiny.config())
    with pytest.raises(SwitchError, match="layers 0 to 1 and heads 0 to 2"):
        one_head(model, gpt.trace(model, [0]), *where)
