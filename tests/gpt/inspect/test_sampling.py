"""Sampling against numbers worked out by hand on a vocabulary of four tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gpt.errors import ConfigError
from gpt.inspect.sampling import Sampling, draw, softmax

# Logits whose softmax is 0.1, 0.4, 0.2, 0.3.
LOGITS = np.log(np.array([1.0, 4.0, 2.0, 3.0]))
PROBS = [0.1, 0.4, 0.2, 0.3]


def test_softmax_shares_out_one_over_the_last_axis() -> None:
    rows = softmax(np.array([[0.0, math.log(3)], [1000.0, 1000.0]]))
    np.testing.assert_allclose(rows, [[0.25, 0.75], [0.5, 0.5]], rtol=1e-13)


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(), PROBS),
        # 1/2 squares the odds: 1, 16, 4, 9 of 30. 2 takes their roots.
        (Sampling(temperature=0.5), [1 / 30, 16 / 30, 4 / 30, 9 / 30]),
        (Sampling(temperature=0), [0, 1, 0, 0]),
        (Sampling(temperature=1e-310), [0, 1, 0, 0]),
        (Sampling(top_k=1), [0, 1, 0, 0]),
        (Sampling(top_k=2), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(top_k=4), PROBS),
        (Sampling(top_k=99), PROBS),
        (Sampling(top_p=1.0), PROBS),
        (Sampling(top_p=1e-9), [0, 1, 0, 0]),
        (Sampling(top_p=0.4), [0, 1, 0, 0]),  # reached exactly by the likeliest
        (Sampling(top_p=0.41), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(top_p=0.7), [0, 4 / 7, 0, 3 / 7]),
        (Sampling(top_p=0.71), [0, 4 / 9, 2 / 9, 3 / 9]),
        (Sampling(top_p=0.91), PROBS),
        # p is of what top-k left: 4/7 and 3/7, so that the likeliest alone reaches 0.5.
        (Sampling(top_k=2, top_p=0.5), [0, 1, 0, 0]),
        (Sampling(top_k=2, top_p=0.6), [0, 4 / 7, 0, 3 / 7]),
        # The temperature comes first: at 1/2 the likeliest has 16/30 > 0.5.
        (Sampling(temperature=0.5, top_p=0.5), [0, 1, 0, 0]),
        (Sampling(temperature=0.5, top_k=3), [0, 16 / 29, 4 / 29, 9 / 29]),
        # What is never drawn goes first: the others share its part, and top-k counts them alone.
        (Sampling(never=(1,)), [1 / 6, 0, 2 / 6, 3 / 6]),
        (Sampling(never=(1, 3), temperature=0), [0, 0, 1, 0]),
        (Sampling(never=(1,), top_k=2), [0, 0, 2 / 5, 3 / 5]),
    ],
)
def test_probs(sampling: Sampling, expected: list[float]) -> None:
    probs = sampling.probs(LOGITS)
    assert probs.dtype == np.float64
    np.testing.assert_allclose(probs, expected, rtol=1e-12, atol=1e-300)
    assert probs.sum() == pytest.approx(1, abs=1e-13)


@pytest.mark.parametrize(
    ("sampling", "kept"),
    [
        (Sampling(temperature=0), [0]),
        (Sampling(top_k=1), [0]),
        (Sampling(top_k=2), [0, 2]),
        (Sampling(top_p=0.5), [0, 2]),
        (Sampling(top_p=0.29), [0]),  # each of the three has 1 / (3 + 1/e) = 0.297
        (Sampling(top_p=0.3), [0, 2]),
    ],
)
def test_ties_keep_the_lower_id(sampling: Sampling, kept: list[int]) -> None:
    probs = sampling.probs(np.array([2.0, 1.0, 2.0, 2.0]))
    assert np.flatnonzero(probs).tolist() == kept


def test_top_p_one_keeps_even_what_rounding_would_lose() -> None:
    probs = Sampling(top_p=1.0).probs(np.array([0.0, -60.0]))
    assert probs[1] == pytest.approx(math.exp(-60))


@pytest.mark.parametrize(
    ("field", "value", "would_work"),
    [
        ("temperature", -0.1, "0 (greedy) or a number above"),
        ("temperature", math.nan, "0 (greedy) or a number above"),
        ("temperature", math.inf, "0 (greedy) or a number above"),
        ("top_k", 0, "1 or more, or none"),
        ("top_p", 0.0, "above 0 up to 1, or none"),
        ("top_p", 1.01, "above 0 up to 1, or none"),
        ("top_p", math.nan, "above 0 up to 1, or none"),
    ],
)
def test_a_setting_that_cannot_be_is_named(field: str, value: float, would_work: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Sampling(**{field: value})  # type: ignore[arg-type]
    assert str(raised.value) == f"{field} is {value}; choose " + (
        f"a number {would_work}" if field == "top_p" else would_work
    )


def test_draws_have_the_frequencies_of_the_probabilities() -> None:
    n = 20_000
    drawn = [draw(np.array(PROBS), seed=3, position=position) for position in range(n)]
    frequencies = np.bincount(drawn, minlength=4) / n
    # Four standard deviations of a frequency: 4 * sqrt(0.4 * 0.6 / n) = 0.014.
    np.testing.assert_allclose(frequencies, PROBS, atol=0.014)


def test_a_draw_depends_on_seed_and_position_alone() -> None:
    even = np.full(1000, 0.001)
    assert draw(even, 7, 12) == draw(even, 7, 12)
    assert len({draw(even, 7, position) for position in range(50)}) > 40
    assert len({draw(even, seed, 12) for seed in range(50)}) > 40


@pytest.mark.parametrize("allowed", [[0], [3], [1, 2]])
def test_what_was_filtered_out_is_never_drawn(allowed: list[int]) -> None:
    probs = np.zeros(4)
    probs[allowed] = 1 / len(allowed)
    assert {draw(probs, 1, position) for position in range(500)} == set(allowed)


class _Uniform:
    """A generator that gives one number, to stand at the edge of an interval."""

    def __init__(self, number: float) -> None:
        self.number = number

    def random(self) -> float:
        return self.number


@pytest.mark.parametrize(("uniform", "token"), [(0.0, 1), (0.5, 2), (np.nextafter(1, 0), 2)])
def test_the_edges_of_the_intervals(
    monkeypatch: pytest.MonkeyPatch, uniform: float, token: int
) -> None:
    """Tokens 1 and 2 own [0, 0.5) and [0.5, 1); 0 and 3 own nothing, not even an edge."""
    monkeypatch.setattr(np.random, "default_rng", lambda seed: _Uniform(uniform))
    assert draw(np.array([0.0, 0.5, 0.5, 0.0]), 0, 0) == token


def test_a_seed_below_zero_is_refused() -> None:
    with pytest.raises(ConfigError, match="seed is -1; choose a whole number of 0 or more"):
        draw(np.array(PROBS), seed=-1, position=0)
