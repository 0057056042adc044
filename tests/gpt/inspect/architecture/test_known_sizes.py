"""Known sizes: the count of each shape against the figures of its authors and a sum by hand."""

from __future__ import annotations

from gpt.inspect.architecture.formula import terms
from gpt.inspect.architecture.known_sizes import KNOWN_SIZES
from gpt.shape_only import count_parameters


def test_the_counts_are_the_published_ones() -> None:
    counts = {known.name: count_parameters(known.config) for known in KNOWN_SIZES}
    assert counts["the lecture's last"] == 10_788_929
    assert counts["GPT-2, small"] == 124_439_808
    assert counts["GPT-2, XL"] == 1_557_611_200
    assert [round(count / 1e9, 1) for count in counts.values()][-2:] == [12.9, 174.6]


def test_gpt3_by_hand_and_by_the_formula() -> None:
    L, C, V, T = 96, 12_288, 50_257, 2048
    block = 12 * C * C + 13 * C  # four and eight matrices C × C; biases 9 C, two norms 4 C
    by_hand = L * block + V * C + T * C + 2 * C
    largest = KNOWN_SIZES[-1].config
    assert count_parameters(largest) == by_hand == sum(term.count for term in terms(largest))
