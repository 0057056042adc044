"""Words as tokens: which words, what is lost, and what is not."""

from __future__ import annotations

import json

import pytest

from gpt.text import pairs
from gpt.text.documents import end_token
from gpt.text.streaming import streamed
from gpt.text.tokenizer import from_json
from gpt.text.tokenizers import choices
from gpt.text.tokenizers.words import train

TEXT = "the film isn't dull , it's fun !\nthe film is forty-five minutes , and so - so\n"


@pytest.mark.parametrize("text", [TEXT, "no line break"])
def test_the_line_break_is_always_a_token(text: str) -> None:
    tokenizer = train(text, 40)
    assert end_token(tokenizer) == 1
    assert tokenizer.pieces([0, 1]) == ["[UNK]", "\n"]


def test_the_most_frequent_words_come_first() -> None:
    """Twice each: "," "film" "so" "the", in the order of their characters."""
    tokenizer = train(TEXT, 6)
    assert tokenizer.vocab_size == 6
    assert tokenizer.pieces(range(2, 6)) == [",", "film", "so", "the"]


def test_words_are_cut_at_signs_and_before_hyphens() -> None:
    tokenizer = train(TEXT, 100)
    pieces = tokenizer.pieces(tokenizer.encode("the film isn't dull,forty-five !"))
    assert pieces == ["the", "film", "isn't", "dull", ",", "forty", "##-five", "!"]


def test_words_that_are_read_as_unknown_are_named() -> None:
    tokenizer = train(TEXT, 100)
    text = "The florp isn't a\nflorp, film-noir [UNK]"
    # Of film-noir the second piece is not known, so that all of it is not.
    unknown = ["florp", "a", "film-noir", "[", "UNK", "]"]
    assert tokenizer.replaced(text) == dict.fromkeys(unknown, "[UNK]")
    assert tokenizer.replaced("the film isn't dull") == {}


def test_what_is_lost_is_blanks_and_rare_words() -> None:
    tokenizer = train(TEXT, 100)
    assert tokenizer.unknown("quite  new, é 漢") == []
    assert tokenizer.decode(tokenizer.encode("the  film,  forty-five")) == "the film , forty-five"
    assert tokenizer.decode(tokenizer.encode("the movie is forty-six")) == "the [UNK] is [UNK]"
    assert tokenizer.encode("x" * 200 + " fun") == [0, tokenizer.encode("fun")[0]]


def test_capitals_are_read_as_small_letters_if_the_text_has_none() -> None:
    small, mixed = train(TEXT, 100), train(TEXT + "Fun fun", 100)
    assert small.encode("The FILM") == small.encode("the film")
    assert mixed.encode("Fun") != mixed.encode("fun")
    assert mixed.encode("The") == [0]


def test_json_is_enough_and_a_stream_adds_up() -> None:
    tokenizer = choices.make("words", TEXT, 30)
    again = from_json(json.loads(json.dumps(tokenizer.to_json())))
    ids = tokenizer.encode(TEXT)
    assert again.encode(TEXT) == ids
    assert again.decode(ids) == tokenizer.decode(ids)
    assert streamed(tokenizer.stream(), ids) == tokenizer.decode(ids)


@pytest.mark.parametrize("name", ["numbers-en", "numbers-fr"])
def test_numbers_come_back_exactly(name: str) -> None:
    corpus = pairs.from_builtin(name, count=500)
    tokenizer = choices.make("words", corpus.target_text, 128)
    for target in corpus.targets:
        assert tokenizer.decode(tokenizer.encode(target)) == target
