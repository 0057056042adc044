"""Where a pattern should matter, against sentences whose tokens are named by hand."""

from __future__ import annotations

from gpt.inspect.heads.pattern_places import OF_PATTERN, PLACES, places
from gpt.inspect.heads.patterns import NAMES


def tokens(name: str, pieces: list[str]) -> list[int]:
    """The numbers of a place's tokens; equal pieces are equal tokens."""
    numbers = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    return places([numbers[piece] for piece in pieces], pieces)[name].nonzero()[0].tolist()


def test_every_pattern_and_place_is_known() -> None:
    assert set(OF_PATTERN) <= set(NAMES)
    assert {place for names in OF_PATTERN.values() for place in names} == set(PLACES)
    assert set(places([1, 2], ["a", "b"])) == set(PLACES)


def test_a_word_begins_and_goes_on() -> None:
    pieces = ["The", " old", " gar", "den", "er", ",", " said"]
    assert tokens("word continued", pieces) == [3, 4]
    assert tokens("word begun", pieces) == [1, 2, 6]  # the first word has none before it
    assert tokens("word continued", list("ab cd")) == [1, 4]


def test_tokens_and_pairs_stand_again() -> None:
    assert tokens("token again", list("abcab")) == [3, 4]
    assert tokens("pair again", list("abcab")) == [4]
    assert tokens("pair again", list("aaa")) == [2]  # "aa" at 1 and at 2
    assert tokens("pair again", list("abcb")) == []  # "cb" is new


def test_a_name_stands_again_inside_a_sentence() -> None:
    pieces = ["Ger", "da", " saw", " Kay", ".", " Kay", " saw", " Ger", "da", "'s", " king", " I"]
    # Token 5 begins a sentence; 7, 8 and 9 are "Gerda's", which mentions Gerda.
    assert tokens("name again", pieces) == [7, 8, 9]
    assert tokens("after a name again", pieces) == [10]
    assert tokens("name again", ["I", " and", " I", " and", " KING", " or", " KING"]) == []
    assert tokens("name again", [" Tom", ",", " '", "go", "',", " Tom"]) == [5]


def test_a_quotation_holds_its_closing_mark_and_not_its_opening_one() -> None:
    pieces = ["said", " '", "Go", " on", ".'", " So", " '", "no", ",'", " he"]
    assert tokens("quotation", pieces) == [2, 3, 4, 7, 8]
    assert tokens("quotation closed", pieces) == [4, 8]
    assert tokens("quotation closed", ["'One", ".\n", "'Two", ".'"]) == [3]  # the first goes on
    assert tokens("quotation closed", [" '", "never", " ended"]) == []


def test_the_first_token_is_predicted_by_nothing() -> None:
    assert not any(of[0] for of in places([1, 1, 1], ["a", "a", "a"]).values())
