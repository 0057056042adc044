"""Patterns of words against sentences in which every key is written out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gpt.inspect.heads.patterns import NAMES, patterns
from gpt.inspect.heads.word_targets import word_targets


def keys(name: str, pieces: list[str]) -> dict[int, list[int]]:
    """By query, the keys of a pattern under a causal mask; queries without any are left out."""
    cells = word_targets(pieces, np.tri(len(pieces), dtype=bool))[name]
    return {i: row.nonzero()[0].tolist() for i, row in enumerate(cells) if row.any()}


def test_the_word_before_has_all_its_tokens() -> None:
    pieces = ["The", " old", " gar", "den", "er", ",", " said"]
    expected = {1: [0], 2: [1], 3: [1], 4: [1], 6: [2, 3, 4]}
    assert keys("word before", pieces) == expected  # a comma is of no word


def test_characters_make_the_same_words() -> None:
    assert keys("word before", list("ab cd")) == {3: [0, 1], 4: [0, 1]}


def test_a_name_is_looked_for_from_its_last_token() -> None:
    pieces = ["Ger", "da", " met", " Kay", ";", " Ger", "da", "'s", " king", " king", " Kay"]
    # Token 7 ends the word "Gerda's", which mentions Gerda; "king" has no capital.
    assert keys("earlier mention", pieces) == {7: [0, 1], 10: [3]}


@pytest.mark.parametrize(
    "opening", ["Then. '", 'Then:\n\n"', "Then! (", "Then.' ", 'said, "', "said, ‘", "\n"]
)
def test_a_word_that_begins_a_sentence_is_no_name(opening: str) -> None:
    pieces = ["so", " Tom", " ran", ".", f" {opening}Tom", " ran"]
    assert keys("earlier mention", pieces) == keys("name to come", pieces) == {}
    inside = [*pieces[:4], f" {opening}or Tom", " ran"]
    assert keys("earlier mention", [*inside, ",", " Tom"]) == {7: [1]}  # "or" is token 4's word


def test_a_name_to_come_is_looked_for_right_before_it() -> None:
    pieces = ["Ger", "da", " met", " Kay", ";", " Ger", "da", " met", " the", " king", " Kay"]
    assert keys("name to come", pieces) == {4: [0, 1], 9: [3]}
    assert keys("name to come", ["I", " saw", " KING", " Tom", " and", " I", " saw", " KING"]) == {}


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("He said, 'Go.' So", "Go."),
        ('He said, "Go." So', "Go."),
        ("He said, “Go.” So", "Go."),
        ("'It is my brothers' house,' he said", "It is my brothers' house,"),
        ("'He cried \"Fire!\" twice,' said", 'He cried "Fire!" twice,'),
        ("the king's son's horses' bridles", ""),
        ("'He never ended", "He never ended"),
    ],
)
def test_a_quotation_ends_with_the_mark_that_closes_it(text: str, inside: str) -> None:
    """Every character between the marks looks at the opening one, and so does the closing one."""
    seen = keys("opening quotation mark", list(text))
    start = text.find(inside)
    end = min(start + len(inside) + 1, len(text))
    assert seen == ({n: [start - 1] for n in range(start, end)} if inside else {})


def test_a_paragraph_that_opens_anew_goes_on_quoting_from_its_own_mark() -> None:
    text = "'One.\n'Two.'"
    assert keys("opening quotation mark", list(text))[text.index("T")] == [text.index("'T")]


def test_a_token_with_a_mark_inside_is_the_key() -> None:
    assert keys("opening quotation mark", ["said", " '", "Go", ".'", " So"]) == {2: [1], 3: [1]}
    assert keys("opening quotation mark", [" 'Go", " on", ".'", " So"]) == {1: [0], 2: [0]}


def test_keys_that_are_masked_are_left_out() -> None:
    window = np.tri(4, dtype=bool) & ~np.tri(4, k=-2, dtype=bool)
    cells = word_targets(["a", "b", " c", "d"], window)
    assert not any((of & ~window).any() for of in cells.values())


def test_the_scores_are_means_over_such_queries() -> None:
    weights = np.array([[[[1, 0, 0], [0.25, 0.75, 0], [0.5, 0.3, 0.2]]]], dtype=np.float32)
    visible = np.tri(3, dtype=bool)
    scores = patterns(weights, np.array([5, 6, 7]), visible, ["Tom", " saw", " Tom"])
    assert scores["word before"][0, 0] == pytest.approx((0.25 + 0.3) / 2)
    assert scores["earlier mention"][0, 0] == pytest.approx(0.5)
    assert scores.queries[NAMES.index("earlier mention")] == 1
    without = patterns(weights, np.array([5, 6, 7]), visible)
    assert np.isnan(without["word before"]).all()


def test_bytes_that_are_no_letters_belong_to_no_word() -> None:
    assert keys("word before", ["a", " ", "\N{REPLACEMENT CHARACTER}", "b"]) == {3: [0]}
