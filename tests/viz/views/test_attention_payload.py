"""The bytes of the attention view: what a person reads is exact, and a masked cell is no number."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.payloads import decode
from viz import colors
from viz.views.attention.attention_payload import (
    CODE_INVALID,
    CODE_LAST,
    CODE_MASKED,
    NOT_A_NUMBER,
    AttentionPicture,
    encode,
    largest,
    pool,
    thumbnails,
    with_selection,
)

L, H, T = 2, 3, 5


def softmax(scores: np.ndarray, visible: np.ndarray | None = None) -> np.ndarray:
    masked = scores if visible is None else np.where(visible, scores, -np.inf)
    e = np.exp(masked - masked.max(-1, keepdims=True))
    return (e / e.sum(-1, keepdims=True)).astype(np.float32)


def causal(T: int) -> np.ndarray:
    return np.tril(np.ones((T, T), dtype=bool))


def weights(L: int = L, H: int = H, T: int = T, visible: np.ndarray | None = None) -> np.ndarray:
    scores = np.random.default_rng(3).normal(size=(L, H, T, T)) * 3
    return softmax(scores, visible)


def picture(values: Any, **more: Any) -> AttentionPicture:
    T = values.shape[-1]
    return AttentionPicture(tokens=[f"t{n}" for n in range(T)], values=values, **more)


def test_header_and_labels() -> None:
    spread = np.arange(6.0).reshape(2, 3)
    made = picture(weights(), entropy=spread, order=[(1, 2), (0, 0)], head_labels=["a", "b", "c"])
    header, _ = decode(encode(made))
    assert (header["L"], header["H"], header["T"]) == (L, H, T)
    assert header["tokens"] == ["t0", "t1", "t2", "t3", "t4"]
    assert header["layers"] == ["L0", "L1"] and header["heads"] == ["a", "b", "c"]
    assert header["entropy"] == spread.tolist() and header["order"] == [[1, 2], [0, 0]]
    assert header["range"] == [0, 1] and header["name"] == "weights"
    assert header["scale"][0] == [0.0, colors.WEIGHTS[0]]


def test_tokens_travel_as_what_is_seen() -> None:
    pieces = ["<script>", "\u202e", "\U0001f600", " a", "\ud800"]
    header, _ = decode(encode(AttentionPicture(tokens=pieces, values=weights())))
    assert header["tokens"] == ["<script>", "⟨U+202E⟩", "\U0001f600", "·a", "⟨U+D800⟩"]


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
def test_weights_read_as_printf_rounds_them(dtype: type) -> None:
    values = weights(T=40).astype(dtype)
    values[0, 0, 0, :4] = [0.00005, 0.03125, 0.09375, 1.0]  # 0.03125 and 0.09375 are true ties
    values[0, 0, 0, 4:] = 0
    _, arrays = decode(encode(picture(values)))
    read = [f"{n / 10000:.4f}" for n in arrays["exact"].reshape(-1).tolist()]
    assert read == [f"{w:.4f}" for w in values.astype(np.float32).reshape(-1).tolist()]


def test_triangle_holds_row_after_row() -> None:
    seen = causal(T)
    values = weights(visible=seen)
    header, arrays = decode(encode(picture(values, visible=seen)))
    assert header["triangle"] and header["exact"] == "all"
    assert arrays["exact"].shape == (L * H, 15) and arrays["exact"].dtype == np.uint16
    for n, (l, h) in enumerate(np.ndindex(L, H)):
        for i in range(T):
            for j in range(i + 1):
                sent = arrays["exact"][n, i * (i + 1) // 2 + j]
                assert sent == round(float(values[l, h, i, j]) * 10000)


def test_a_window_mask_is_sent_as_bits() -> None:
    i, j = np.indices((T, T))
    seen = (j <= i) & (i - j < 2)
    header, arrays = decode(encode(picture(weights(visible=seen), visible=seen)))
    bits = np.unpackbits(arrays["visible"], bitorder="little")[: T * T]
    assert header["triangle"]
    assert (bits.reshape(T, T) == seen).all()


def test_a_mask_above_the_diagonal_needs_the_square() -> None:
    seen = causal(T)
    seen[1, 3] = True
    header, arrays = decode(encode(picture(weights(visible=seen), visible=seen)))
    assert not header["triangle"] and arrays["exact"].shape == (6, 25)
    assert "visible" not in decode(encode(picture(weights())))[1]


def test_masked_numbers_never_travel() -> None:
    values = np.full((1, 1, T, T), 0.5, dtype=np.float32)
    values[..., 0, 4] = np.nan
    header, arrays = decode(encode(picture(values, visible=causal(T), kind="signed")))
    assert header["range"] == [-0.5, 0.5]
    assert (arrays["exact"] / header["unit"] == 0.5).all()


@pytest.mark.parametrize("spread", [0.01, 0.3, 4.0])
def test_signed_values_are_exact(spread: float) -> None:
    values = np.random.default_rng(0).normal(0, spread, size=(L, H, T, T)).astype(np.float32)
    header, arrays = decode(encode(picture(values, kind="signed", name="scores")))
    assert header["unit"] == 1 and (arrays["exact"].reshape(values.shape) == values).all()
    assert header["range"] == [-np.abs(values).max(), np.abs(values).max()]
    shared, _ = decode(encode(picture(values, kind="signed", limit=9.0)))
    assert shared["range"] == [-9, 9]


def test_lengths_run_from_zero_to_the_largest() -> None:
    values = np.abs(np.random.default_rng(0).normal(0, 4, size=(L, H, T, T))).astype(np.float32)
    header, arrays = decode(encode(picture(values, kind="lengths")))
    assert (arrays["exact"].reshape(values.shape) == values).all()
    assert header["range"] == [0, values.max()] and header["scale"][0] == [0.0, colors.WEIGHTS[0]]
    large = np.zeros((1, 1, 300, 300), dtype=np.float32)
    large[0, 0, 0, 0], large[0, 0, 299, 299] = 4, 1
    codes = decode(encode(picture(large, kind="lengths")))[1]["thumbnails"][0, 0]
    assert codes[0, 0] == CODE_LAST and codes[95, 95] == np.rint(CODE_LAST / 2)  # sqrt(1 / 4)


def test_marks_travel_with_the_selection() -> None:
    marks = {"solo": [(1, 0)], "hidden": [], "pinned": [(0, 2)]}
    blob = with_selection(encode(picture(weights())), (0, 0), None, epoch=0, at=2, marks=marks)
    asked = decode(blob)[0]["wish"]
    assert asked["marks"] == {"solo": [[1, 0]], "hidden": [], "pinned": [[0, 2]]}
    assert asked["frame"] == 2


def test_a_number_that_is_none_is_marked() -> None:
    values = weights()
    values[0, 0, 2, 2] = np.nan
    _, arrays = decode(encode(picture(values)))
    assert arrays["exact"][0, 2 * T + 2] == NOT_A_NUMBER


def test_above_256_tokens_thumbnails_and_one_exact_head() -> None:
    T = 257
    seen = causal(T)
    values = weights(1, 2, T, seen)
    header, arrays = decode(encode(picture(values, visible=seen, selected=(0, 1))))
    assert header["exact"] == [[0, 1]]
    assert arrays["thumbnails"].shape == (1, 2, 96, 96) and arrays["thumbnails"].dtype == np.uint8
    assert (arrays["thumbnails"][0, 0] == CODE_MASKED).sum() == 96 * 95 // 2
    assert arrays["thumbnails"][0, 0, 0, 0] == CODE_LAST  # the first query looks at itself only
    expected = np.rint(values[0, 1][np.tril_indices(T)].astype(float) * 10000)
    assert (arrays["exact"][0] == expected).all()


def test_over_the_budget_thumbnails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viz.views.attention.attention_payload.EXACT_BYTES", L * H * T * T * 2 - 1)
    header, arrays = decode(encode(picture(weights())))
    assert header["exact"] == [[0, 0]] and arrays["thumbnails"].shape == (L, H, T, T)


@pytest.mark.parametrize("kind", ["weights", "signed"])
def test_thumbnails_that_are_known_are_taken_as_they_are(kind: Any) -> None:
    asked: list[tuple[int, int]] = []

    class Counted:
        shape = (L, H, 300, 300)

        def __getitem__(self, head: tuple[int, int]) -> np.ndarray:
            asked.append(head)
            return values[head]

    values = weights(T=300, visible=causal(300))
    made = AttentionPicture([""] * 300, Counted(), visible=causal(300), kind=kind, selected=(1, 2))
    found = thumbnails(made)
    assert found.shape == (L, H, 96, 96) and sorted(asked) == list(made.heads())
    assert largest(found) == values.max()
    before = encode(made)
    asked.clear()
    known = replace(made, thumbnails=np.nan_to_num(found))  # what is hidden is marked in any case
    assert encode(known) == before and asked == [(1, 2)]


def test_signed_thumbnails_are_centred() -> None:
    values = np.zeros((1, 1, 300, 300), dtype=np.float32)
    values[0, 0, 0, 0], values[0, 0, 299, 299], values[0, 0, 150, 0] = -2, 1, np.nan
    header, arrays = decode(encode(picture(values, kind="signed")))
    codes = arrays["thumbnails"][0, 0]
    assert header["range"] == [-2, 2]
    assert codes[0, 0] == 0 and codes[95, 95] == round(0.75 * CODE_LAST)
    assert codes[48, 0] == CODE_INVALID and codes[0, 95] == np.rint(CODE_LAST / 2)


def test_pooling_keeps_what_is_furthest_from_zero() -> None:
    head = np.array([[1, -3, 0, 0], [2, 0, 0, 0], [0, 0, 5, 1], [0, 0, 0, 0]], dtype=np.float32)
    seen = np.ones((4, 4), dtype=bool)
    seen[:2, 2:] = False
    pooled = pool(head, seen, (2, 2))
    assert pooled[0, 0] == -3 and pooled[1, 1] == 5 and pooled[1, 0] == 0
    assert np.isnan(pooled[0, 1]) and np.signbit(pooled[0, 1])


def test_a_lone_cell_survives_any_pooling() -> None:
    for T in (97, 300, 1023):
        head = np.zeros((T, T), dtype=np.float32)
        head[T - 2, 1] = 0.7
        assert pool(head, np.ones((T, T), dtype=bool), (96, 96)).max() == np.float32(0.7)


def test_the_digest_follows_the_numbers() -> None:
    values = weights()
    first = decode(encode(picture(values)))[0]["digest"]
    assert decode(encode(picture(values)))[0]["digest"] == first
    values[1, 2, 4] = np.roll(values[1, 2, 4], 1)
    assert decode(encode(picture(values)))[0]["digest"] != first


def test_buffers_are_aligned_and_selection_wraps_them() -> None:
    blob = encode(picture(weights(), visible=causal(T)))
    assert len(blob) % 16 == 0
    header, arrays = decode(with_selection(blob, (1, 2), (4, 0), epoch=3))
    asked = {"selected": [1, 2], "locked": [4, 0], "epoch": 3, "frame": None, "marks": None}
    assert header["wish"] == asked
    assert (arrays["exact"] == decode(blob)[1]["exact"]).all()
    assert all(place["offset"] % 16 == 0 for place in header["buffers"].values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": np.zeros((2, 3, 5, 4))}, r"\(L, H, 5, 5\) for 5 tokens"),
        ({"values": np.full((1, 1, 5, 5), -0.1)}, "lie in 0 to 1, got -0.1"),
        ({"visible": np.ones((4, 4), dtype=bool)}, r"visible must be \(5, 5\), got \(4, 4\)"),
        ({"entropy": np.zeros((3, 2))}, r"entropy must be \(2, 3\)"),
        ({"selected": (2, 0)}, r"no head \(2, 0\)"),
        ({"head_labels": ["a"]}, "expected 3 head labels, got 1"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], message: str) -> None:
    parts = {"tokens": list("abcde"), "values": weights()} | change
    with pytest.raises(ValueError, match=message):
        encode(AttentionPicture(**parts))


def two_texts(T: int = 3, S: int = 5, **more: Any) -> AttentionPicture:
    values = softmax(np.random.default_rng(4).normal(size=(L, H, T, S)))
    return AttentionPicture(
        tokens=[f"q{n}" for n in range(T)],
        values=values,
        key_tokens=[f"\u202ek{n}" for n in range(S)],
        **more,
    )


def test_two_texts_send_every_cell_row_by_row_and_both_token_lists() -> None:
    seen = np.tri(3, 5, k=1, dtype=bool)
    made = two_texts(visible=seen)
    header, arrays = decode(encode(made))
    assert (header["T"], header["S"], header["triangle"]) == (3, 5, False)
    assert header["tokens"] == ["q0", "q1", "q2"] and header["keyTokens"][1] == "⟨U+202E⟩k1"
    exact = arrays["exact"].reshape(L, H, 3, 5)
    np.testing.assert_array_equal(exact[..., seen], np.rint(made.values[..., seen] * 1e4))
    assert not exact[..., ~seen].any()
    bits = np.unpackbits(arrays["visible"], bitorder="little")[:15].reshape(3, 5)
    assert (bits == seen).all()
    assert decode(encode(picture(weights())))[0]["keyTokens"] is None


def test_thumbnails_of_two_texts_have_blocks_in_each_direction() -> None:
    """110 queries and 260 keys in 96 × 96 blocks; the largest weight of each survives."""
    made = two_texts(110, 260)
    header, arrays = decode(encode(made))
    assert header["exact"] == [[0, 0]] and arrays["thumbnails"].shape == (L, H, 96, 96)
    pooled = thumbnails(made)
    rows, columns = ([n * count // 96 for n in range(96)] + [count] for count in (110, 260))
    for i, j in ((0, 0), (7, 50), (95, 95)):
        block = made.values[1, 2, rows[i] : rows[i + 1], columns[j] : columns[j + 1]]
        assert pooled[1, 2, i, j] == block.max()
    assert thumbnails(two_texts()).shape == (L, H, 3, 5)


def test_two_texts_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match="for 3 query and 4 key tokens, got"):
        replace(two_texts(), key_tokens=["a"] * 4)
    with pytest.raises(ValueError, match=r"visible must be \(3, 5\), got \(5, 3\)"):
        two_texts(visible=np.ones((5, 3), bool))
