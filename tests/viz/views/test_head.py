"""The inside of a head for the browser: which matrices there are, what made what, and the bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.payloads import decode
from viz.head_stages import Source, Stage, stages
from viz.views.head import Facts, HeadPicture, encode
from viz.views.head.head_payload import asked

T, C, D = 5, 6, 2
ORDER = "x Wq Wk Wv bq bk bv queries keys values scores scaled masked weights".split()
OUT = "head_out projection contribution".split()


def facts(**changes: Any) -> Facts:
    return Facts(**{"layer": 1, "head": 2, "n_embd": C, "head_size": D, **changes})


def named(**changes: Any) -> dict[str, Stage]:
    return {stage.name: stage for stage in stages(facts(**changes))}


def picture(**changes: Any) -> HeadPicture:
    told, dice = facts(**changes), np.random.default_rng(1)
    sizes = {"1": 1, "T": T, "C": C, "D": D}
    arrays = {s.name: dice.normal(size=[sizes[d] for d in s.dims]) for s in stages(told)}
    seen = np.tri(T, dtype=bool)
    arrays["masked"] = np.where(seen, arrays["scaled"], -np.inf)
    return HeadPicture(["a", " ", "<b>", "\n", "e"], arrays | {"visible": seen}, told, "numbers")


def test_the_matrices_come_in_the_order_of_the_data() -> None:
    shown = stages(facts())
    assert [stage.name for stage in shown] == ORDER + OUT
    assert [stage.step for stage in shown] == [1] + [2] * 9 + [3, 4, 5, 6, 7, 8, 8]
    assert all(dim in "TCD1" for stage in shown for dim in stage.dims)


def test_without_biases_there_are_none() -> None:
    assert not {"bq", "bk", "bv"} & set(named(bias=False))
    assert named(bias=False)["queries"].formula == "x Wq"
    assert named()["queries"].formula == "x Wq + bq"


@pytest.mark.parametrize(
    ("changes", "formula", "columns"),
    [
        ({}, "x Wq + bq", "column"),
        ({"rotated": True}, "x Wq + bq, after rotation", "pair"),
        ({"qk_norm": True}, "x Wq + bq, after norm", "all"),
        ({"qk_norm": True, "rotated": True}, "x Wq + bq, after norm and rotation", "all"),
    ],
)
def test_what_happens_to_queries_is_said(
    changes: dict[str, Any], formula: str, columns: str
) -> None:
    shown = named(**changes)
    assert shown["queries"].formula == formula
    assert shown["queries"].sources[1] == Source("Wq", "all", columns)  # type: ignore[arg-type]
    assert shown["values"].formula == "x Wv + bv"
    assert shown["values"].sources[1] == Source("Wv", "all", "column")


def test_every_source_is_a_matrix_that_comes_before() -> None:
    seen: set[str] = set()
    for stage in stages(facts(rotated=True)):
        assert {source.of for source in stage.sources} <= seen
        seen.add(stage.name)


@pytest.mark.parametrize(
    ("name", "scale", "formula"),
    [
        ("head_size", 0.125, "scores × 1/√{D} = 0.125"),
        ("n_embd", 0.0625, "scores × 1/√{C} = 0.0625"),
        ("none", 1.0, "scores × 1"),
        ("", 0.3, "scores × 0.3"),
    ],
)
def test_the_scale_is_said(name: str, scale: float, formula: str) -> None:
    assert named(scale=scale, scale_name=name)["scaled"].formula == formula


def test_other_ways_are_said() -> None:
    assert "no norm" in named(normed=False)["x"].formula
    assert "no output projection" in named(projected=False)["projection"].formula
    assert named(temperature=2)["weights"].formula.endswith("masked / 2")
    edited = named(edited=True)["weights"]
    assert edited.formula == "put in by hand" and not edited.sources


def test_what_is_sent_comes_back() -> None:
    sent = picture()
    header, arrays = decode(encode(sent))
    assert header["title"] == "L1 H2" and header["cells"] == "numbers"
    assert header["tokens"] == ["a", "·", "<b>", "↵", "e"]
    assert header["sizes"] == {"1": 1, "T": T, "S": T, "C": C, "D": D}
    assert header["keyTokens"] is None
    matrices = {told["name"]: told for told in header["matrices"]}
    assert list(matrices) == ORDER + OUT
    for name, told in matrices.items():
        if name != "masked":
            expected = sent.arrays[name].astype(np.float32)
            np.testing.assert_array_equal(arrays[told["buffer"]], expected)
    assert matrices["masked"]["buffer"] == "scaled"
    assert {name for name, told in matrices.items() if told["masks"]} == {"masked", "weights"}
    bits = np.unpackbits(arrays["visible"], bitorder="little")[: T * T]
    np.testing.assert_array_equal(bits.reshape(T, T), np.tri(T))


def test_the_colour_scale_ends_at_the_largest_finite_number() -> None:
    sent = picture()
    matrices = {told["name"]: told for told in decode(encode(sent))[0]["matrices"]}
    assert matrices["x"]["limit"] == pytest.approx(abs(sent.arrays["x"]).max())
    seen = sent.arrays["scaled"][np.tri(T, dtype=bool)]
    assert matrices["masked"]["limit"] == pytest.approx(abs(seen).max())
    assert matrices["weights"]["limit"] == 1


def test_with_nothing_masked_no_mask_is_sent() -> None:
    sent = picture()
    every = HeadPicture(
        sent.tokens, {**sent.arrays, "visible": np.ones((T, T), bool)}, sent.facts, "colours"
    )
    header, arrays = decode(encode(every))
    assert "visible" not in arrays and not any(told["masks"] for told in header["matrices"])


def test_what_is_asked_stands_before_the_payload() -> None:
    data = encode(picture())
    framed = asked(data, (3, 1), epoch=7)
    assert framed.endswith(data)
    assert decode(framed)[0]["wish"] == {"cell": [3, 1], "epoch": 7}
    assert decode(data)[0]["wish"] is None


def test_a_wrong_shape_is_told() -> None:
    sent = picture()
    with pytest.raises(ValueError, match=r"keys must be \(5, 2\), got \(2, 5\)"):
        HeadPicture(
            sent.tokens, {**sent.arrays, "keys": sent.arrays["keys"].T}, sent.facts, "colours"
        )
    without = {name: a for name, a in sent.arrays.items() if name != "Wv"}
    with pytest.raises(ValueError, match="Wv must be"):
        HeadPicture(sent.tokens, without, sent.facts, "colours")


def test_cross_attention_reads_keys_and_values_from_the_other_text() -> None:
    shown = named(cross=True)
    assert list(shown) == ["x", "y", *ORDER[1:], *OUT]
    assert shown["y"].dims == ("S", "C") and shown["y"].roles == ("key", "channel")
    assert shown["queries"].formula == "x Wq + bq" and shown["queries"].dims == ("T", "D")
    for letter, name in (("k", "keys"), ("v", "values")):
        assert shown[name].formula == f"y W{letter} + b{letter}"
        assert shown[name].dims == ("S", "D") and shown[name].sources[0].of == "y"
    maps = [stage for stage in shown.values() if stage.is_map]
    assert [stage.name for stage in maps] == ["scores", "scaled", "masked", "weights"]
    assert {stage.dims for stage in maps} == {("T", "S")}
    assert {stage.dims for stage in stages(facts()) if stage.is_map} == {("T", "T")}


def test_a_head_of_two_texts_is_sent_with_both_token_lists() -> None:
    S, of = 7, facts(cross=True)
    sizes = {"1": 1, "T": T, "S": S, "C": C, "D": D}
    dice = np.random.default_rng(2)
    arrays = {s.name: dice.normal(size=[sizes[d] for d in s.dims]) for s in stages(of)}
    seen = np.arange(S) < np.arange(T)[:, None] + 2
    tokens, keys = ["a", "b", "c", "d", "e"], [" ", *"uvwxyz"]
    made = HeadPicture(tokens, arrays | {"visible": seen}, of, "colours", key_tokens=keys)
    header, buffers = decode(encode(made))
    assert header["sizes"] == sizes and header["keyTokens"][0] == "·"
    for name in ("y", "keys", "scores", "weights"):
        np.testing.assert_allclose(buffers[name], arrays[name], rtol=1e-6)
    bits = np.unpackbits(buffers["visible"], bitorder="little")[: T * S].reshape(T, S)
    assert (bits == seen).all()
    with pytest.raises(ValueError, match=r"y must be \(5, 6\), got \(7, 6\)"):
        HeadPicture(tokens, arrays, of, "colours")
