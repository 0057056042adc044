"""A film of attention: every frame travels once, and what is masked does not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.payloads import decode
from viz.views.attention import AttentionFilm, attention_film, encode_film

F, L, H, T = 3, 2, 1, 4


def a_film(**changes: object) -> AttentionFilm:
    codes = np.random.default_rng(5).integers(0, 256, (F, L, H, T, T), dtype=np.uint8)
    entropy = np.arange(F * L * H, dtype=float).reshape(F, L, H)
    whole = {"tokens": list("abcd"), "steps": [0, 100, 250], "codes": codes, "entropy": entropy}
    return AttentionFilm(**(whole | changes))  # type: ignore[arg-type]


def test_every_frame_of_every_head_is_sent() -> None:
    sent = a_film()
    header, arrays = decode(encode_film(sent))
    assert header["frames"]["steps"] == [0, 100, 250]
    assert header["frames"]["entropy"][2] == [[4.0], [5.0]]
    assert not header["triangle"]
    assert (arrays["frames"].reshape(sent.codes.shape) == sent.codes).all()


def test_a_causal_film_is_sent_as_triangles() -> None:
    seen = np.tri(T, dtype=bool)
    sent = a_film(visible=seen)
    header, arrays = decode(encode_film(sent))
    assert header["triangle"] and arrays["frames"].shape == (F, L * H, 10)
    assert (arrays["frames"][1, 1] == sent.codes[1, 1, 0][seen]).all()


def test_too_long_a_film_keeps_its_first_and_last_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = a_film()
    monkeypatch.setattr(attention_film, "FILM_BYTES", sent.codes.size // 2)
    assert list(sent.thinned().steps) == [0, 250]
    monkeypatch.setattr(attention_film, "FILM_BYTES", sent.codes.size)
    assert list(sent.thinned().steps) == [0, 100, 250]


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="3 steps need codes"):
        encode_film(a_film(entropy=np.zeros((2, L, H))))
