"""The bytes of a whole model: every number as it was given, and shapes that do not fit refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.payloads import decode
from viz.views.whole.whole_payload import (
    Bars,
    Box,
    Branch,
    Door,
    Stack,
    WholePicture,
    asked,
    encode,
)

L, H, T = 2, 3, 5
DOOR = Door("attention", {"run": "a"})
GENERATOR = np.random.default_rng(1)


def drawn(*shape: int) -> np.ndarray:
    return GENERATOR.random(shape, np.float32)


def picture(**changes: np.ndarray) -> WholePicture:
    lengths = {"added": drawn(L, T), "mlp": drawn(L, T), "stream": drawn(L + 1, T)} | changes
    heads, keys = drawn(L, H, T), np.arange(L * H * T).reshape(L, H, T) % T
    attention = Branch(
        "attention", "Attention", "4 × 4", DOOR, lengths["added"], heads, heads / 2, keys
    )
    stack = Stack(
        "decoder",
        ["a", "\n", "<b>", " ", "é"],
        [Box("token", "Token embedding", "9 × 4", DOOR, drawn(T))],
        [attention, Branch("mlp", "MLP", "4 × 16", DOOR, lengths["mlp"])],
        [Box("output", "Output embedding", "4 × 9", DOOR)],
        lengths["stream"],
    )
    bars = Bars("Next token", DOOR, [["x", "\t"]] * T, drawn(T, 2), np.arange(T))
    return WholePicture([stack], bars)


def test_every_number_arrives_as_it_was() -> None:
    given = picture()
    header, arrays = decode(asked(encode(given), 3, 7))
    stack, (attention, mlp) = given.stacks[0], given.stacks[0].branches
    expected = {
        "0.token": stack.before[0].lengths,
        "0.attention": attention.lengths,
        "0.attention.heads": attention.heads,
        "0.attention.top": attention.top_weight,
        "0.attention.key": attention.top_key,
        "0.mlp": mlp.lengths,
        "0.stream": stack.stream,
        "probs": given.bars.probs,
        "positions": given.bars.positions,
    }
    assert set(arrays) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)
    assert header["wish"] == {"token": 3, "epoch": 7}
    (sent,) = header["stacks"]
    assert (sent["layers"], sent["heads"]) == (L, H)
    assert sent["tokens"] == ["a", "↵", "<b>", "·", "é"]
    assert header["bars"]["names"][0] == ["x", "⇥"]
    assert sent["before"][0]["door"] == {
        "page": "attention",
        "query": {"run": "a"},
        "token": "",
        "head_parameters": [],
    }


def test_another_token_to_follow_leaves_the_picture_as_it_was() -> None:
    payload = encode(picture())
    first, second = (decode(asked(payload, n, n))[0] for n in (1, 2))
    assert first["digest"] == second["digest"]


@pytest.mark.parametrize("name", ["added", "mlp", "stream"])
def test_lengths_of_other_tokens_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="decoder has 5 tokens"):
        picture(**{name: drawn(L, T + 1)})


def test_gpt2_at_its_longest_is_small_enough_to_send() -> None:
    L, H, T = 12, 12, 1024
    heads = np.zeros((L, H, T), np.float32)
    attention = Branch("attention", "Attention", "", DOOR, heads[:, 0], heads, heads, None)
    stack = Stack("decoder", ["a"] * T, [], [attention], [], np.zeros((L + 1, T)))
    bars = Bars("Next token", DOOR, [["x"]], np.ones((1, 1)), np.array([T - 1]))
    assert len(encode(WholePicture([stack], bars))) < 1.5e6
