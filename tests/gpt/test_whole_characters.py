"""Texts are cut between signs as a reader sees them."""

from __future__ import annotations

import pytest

from gpt.numerals import brief
from gpt.whole_characters import first_characters
from pages.shared.prompt_bar import BEGINNING, beginning_of

ROCKET = "\U0001f469\u200d\U0001f680"
WAVE = "\U0001f44b\U0001f3fd"
FRANCE = "\U0001f1eb\U0001f1f7"


@pytest.mark.parametrize("sign", ["e\u0301", "\u0939\u093f", ROCKET, "\u2764\ufe0f", WAVE, FRANCE])
def test_no_sign_is_torn(sign: str) -> None:
    text = f"ab{sign}c"
    for most in range(2, 2 + len(sign)):
        assert first_characters(text, most) == "ab"
    assert first_characters(text, 2 + len(sign)) == f"ab{sign}"
    assert first_characters(text, 99) == text


def test_of_several_flags_whole_ones_are_kept() -> None:
    assert first_characters(3 * FRANCE, 3) == FRANCE
    assert first_characters(3 * FRANCE, 5) == 2 * FRANCE


def test_a_sign_that_is_longer_than_all_is_cut() -> None:
    assert first_characters("e" + 9 * "\u0301", 3) == "e\u0301\u0301"
    assert first_characters("", 3) == ""


def test_messages_cut_so() -> None:
    words = "a" * (BEGINNING - 1)
    assert beginning_of(f"{words}{ROCKET}{ROCKET}") == words
    assert brief(f"ab{ROCKET}", longest=3) == "'ab…'"
