"""Numbers in words: by hand, by a count of all of them, and by changing one digit at a time."""

from __future__ import annotations

import pytest

from gpt.errors import TextError
from gpt.text import pairs
from gpt.text.builtin.number_words import digits_of, english, french, spelled
from gpt.text.tokenizers import choices

ENGLISH = {
    0: "zero",
    7: "seven",
    10: "ten",
    13: "thirteen",
    20: "twenty",
    45: "forty-five",
    100: "one hundred",
    101: "one hundred and one",
    345: "three hundred and forty-five",
    1_000: "one thousand",
    1_005: "one thousand and five",
    1_100: "one thousand one hundred",
    12_012: "twelve thousand and twelve",
    100_000: "one hundred thousand",
    345_678: "three hundred and forty-five thousand six hundred and seventy-eight",
    999_999: "nine hundred and ninety-nine thousand nine hundred and ninety-nine",
}
FRENCH = {
    0: "zéro",
    1: "un",
    10: "dix",
    16: "seize",
    17: "dix-sept",
    20: "vingt",
    21: "vingt-et-un",
    22: "vingt-deux",
    60: "soixante",
    69: "soixante-neuf",
    70: "soixante-dix",
    71: "soixante-et-onze",
    75: "soixante-quinze",
    77: "soixante-dix-sept",
    80: "quatre-vingts",
    81: "quatre-vingt-un",
    90: "quatre-vingt-dix",
    91: "quatre-vingt-onze",
    99: "quatre-vingt-dix-neuf",
    100: "cent",
    101: "cent-un",
    180: "cent-quatre-vingts",
    200: "deux-cents",
    203: "deux-cent-trois",
    1_000: "mille",
    1_001: "mille-un",
    1_200: "mille-deux-cents",
    2_000: "deux-mille",
    21_000: "vingt-et-un-mille",
    80_000: "quatre-vingt-mille",
    80_080: "quatre-vingt-mille-quatre-vingts",
    100_000: "cent-mille",
    200_000: "deux-cent-mille",
    200_200: "deux-cent-mille-deux-cents",
    345_678: "trois-cent-quarante-cinq-mille-six-cent-soixante-dix-huit",
    971_171: "neuf-cent-soixante-et-onze-mille-cent-soixante-et-onze",
}
DEPENDS: dict[tuple[int, str], list[tuple[str, str]]] = {
    (0, "en"): [("zero", "0")],
    (7, "en"): [("seven", "0")],
    (10, "en"): [("ten", "01")],
    (13, "en"): [("thirteen", "01")],
    (70, "en"): [("seventy", "0")],
    (345, "en"): [
        *(("three", "0"), ("hundred", "0"), ("and", "012")),
        *(("forty", "1"), ("-five", "2")),
    ],
    (1_005, "en"): [("one", "0"), ("thousand", "0"), ("and", "123"), ("five", "3")],
    (15_000, "en"): [("fifteen", "01"), ("thousand", "01")],
    (100_217, "en"): [
        *(("one", "0"), ("hundred", "0"), ("thousand", "012")),
        *(("two", "3"), ("hundred", "3"), ("and", "345"), ("seventeen", "45")),
    ],
    (0, "fr"): [("zéro", "0")],
    (21, "fr"): [("vingt", "0"), ("-et", "01"), ("-un", "1")],
    (70, "fr"): [("soixante", "0"), ("-dix", "01")],
    (71, "fr"): [("soixante", "0"), ("-et", "01"), ("-onze", "01")],
    (75, "fr"): [("soixante", "0"), ("-quinze", "01")],
    (77, "fr"): [("soixante", "0"), ("-dix", "01"), ("-sept", "1")],
    (80, "fr"): [("quatre", "0"), ("-vingts", "01")],
    (83, "fr"): [("quatre", "0"), ("-vingt", "0"), ("-trois", "1")],
    (98, "fr"): [("quatre", "0"), ("-vingt", "0"), ("-dix", "01"), ("-huit", "1")],
    (200, "fr"): [("deux", "0"), ("-cents", "012")],
    (203, "fr"): [("deux", "0"), ("-cent", "0"), ("-trois", "2")],
    (1_117, "fr"): [("mille", "0"), ("-cent", "1"), ("-dix", "23"), ("-sept", "3")],
    (45_016, "fr"): [
        *(("quarante", "0"), ("-cinq", "1"), ("-mille", "01"), ("-seize", "34")),
    ],
}


@pytest.mark.parametrize("number", ENGLISH)
def test_english_by_hand(number: int) -> None:
    assert spelled(english(number)) == ENGLISH[number]


@pytest.mark.parametrize("number", FRENCH)
def test_french_by_hand(number: int) -> None:
    assert spelled(french(number)) == FRENCH[number]


@pytest.mark.parametrize(("number", "language"), DEPENDS)
def test_the_digits_of_each_word_by_hand(number: int, language: str) -> None:
    words = english(number) if language == "en" else french(number)
    got = [(word.text, "".join(map(str, word.digits))) for word in words]
    assert got == DEPENDS[number, language]
    assert digits_of(number, language) == [word.digits for word in words]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_two_numbers_are_written_alike(language: str) -> None:
    words = english if language == "en" else french
    numbers = [*range(2_000), *range(0, 1_000_000, 977)]
    assert len({spelled(words(n)) for n in numbers}) == len(set(numbers))
    for number in numbers:
        positions = {position for word in words(number) for position in word.digits}
        said = {i for i, digit in enumerate(str(number)) if digit != "0"}
        assert said <= positions <= set(range(len(str(number))))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_word_of_a_two_digit_number_depends_on_what_changes_it(language: str) -> None:
    """Changing a digit that a word does not depend on leaves the word in the number."""
    words = english if language == "en" else french
    for number in range(20, 100):
        for word in words(number):
            for position in {0, 1} - set(word.digits):
                others = [
                    str(number)[:position] + d + str(number)[position + 1 :] for d in "23456789"
                ]
                kept = [word.text in [w.text for w in words(int(other))] for other in others]
                assert sum(kept) >= 4, (number, word)


@pytest.mark.parametrize("name", ["numbers-en", "numbers-fr"])
def test_a_word_is_a_token(name: str) -> None:
    corpus = pairs.from_builtin(name, count=400)
    tokenizer = choices.make("words", corpus.target_text, 128)
    assert max(map(int, corpus.sources)) > 100_000
    for source, target in zip(corpus.sources, corpus.targets, strict=True):
        words = english(int(source)) if name == "numbers-en" else french(int(source))
        pieces = tokenizer.pieces(tokenizer.encode(target))
        assert [piece.removeprefix("##") for piece in pieces] == [word.text for word in words]


def test_what_is_not_written_is_refused() -> None:
    for number in (-1, 1_000_000):
        with pytest.raises(TextError, match="numbers from 0 to 999,999 are written"):
            digits_of(number, "en")
    with pytest.raises(TextError, match="written in en and fr, not in 'de'"):
        digits_of(5, "de")
