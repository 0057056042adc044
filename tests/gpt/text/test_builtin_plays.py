"""Plays: their layout, their verse, and what a model can learn from far back."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest

from gpt.text import builtin
from gpt.text.builtin.grammar import Grammar, article, capital, past, plural, syllables, third
from gpt.text.builtin.lexicon import WORDS
from gpt.text.builtin.plays import SPEAKERS, verse

HEADINGS = {speaker.heading: speaker for speaker in SPEAKERS}
SCENE = re.compile(r"SCENE: (.+)\. ([A-Z ,]+) and ([A-Z ]+)\.")


@pytest.fixture(scope="module")
def text() -> str:
    return "".join(play for _, play in builtin.write("plays", 4, 120_000))


@pytest.fixture(scope="module")
def blocks(text: str) -> list[str]:
    return text.removesuffix("\n\n").split("\n\n")


def said(block: str) -> str:
    """A turn's words in one line, without the name."""
    return " ".join(block.splitlines()[1:])


def scenes(blocks: list[str]) -> list[list[str]]:
    """Turns by scene, the scene's line first."""
    found: list[list[str]] = []
    for block in blocks:
        if block.startswith("SCENE"):
            found.append([])
        found[-1].append(block)
    return found


def test_every_block_is_a_scene_or_a_turn(blocks: list[str]) -> None:
    for block in blocks:
        first, *rest = block.splitlines()
        if first.startswith("SCENE"):
            assert SCENE.fullmatch(first), first
            assert not rest
        else:
            assert first.endswith(":")
            assert first[:-1] in HEADINGS
            assert rest
            assert all(line[0].isupper() or line[0] == "'" for line in rest)


def test_only_those_speak_who_are_there_and_never_twice_in_a_row(blocks: list[str]) -> None:
    for scene, *turns in scenes(blocks):
        match = SCENE.fullmatch(scene)
        assert match
        cast = {*match[2].split(", "), match[3]}
        assert 2 <= len(cast) <= 4
        speakers = [turn.splitlines()[0][:-1] for turn in turns]
        assert set(speakers) <= cast
        assert all(a != b for a, b in pairwise(speakers))


def test_full_lines_have_eight_to_eleven_syllables(blocks: list[str]) -> None:
    sizes = [
        sum(map(syllables, line.replace("-", " ").split()))
        for block in blocks
        if not block.startswith("SCENE")
        for line in block.splitlines()[1:]
    ]
    assert max(sizes) <= 16  # a couplet's
    assert sum(8 <= size <= 11 for size in sizes) > 0.7 * len(sizes)


def test_sentences_run_across_lines(text: str) -> None:
    lines = [line for line in text.splitlines() if line and not line.isupper()]
    open_ended = sum(line[-1].isalpha() for line in lines)
    assert 0.2 < open_ended / len(lines) < 0.7


def test_replies_take_up_a_word_of_the_turn_before(blocks: list[str]) -> None:
    """Far more often than any other turn of the play holds it."""
    taken = by_chance = asked = 0
    for _, *turns in scenes(blocks):
        for before, after in pairwise(turns):
            match = re.match(r"The (\w+)\?|The (\w+), you say\?|What (\w+), ", said(after))
            word = match and (match[1] or match[2] or match[3])
            if word:
                asked += 1
                taken += word in said(before).lower()
                by_chance += word in said(turns[0]).lower() and before != turns[0]
    assert asked > 50
    assert taken > 0.9 * asked
    assert by_chance < 0.3 * asked


def test_who_is_asked_answers(blocks: list[str]) -> None:
    asked = 0
    for _, *turns in scenes(blocks):
        for before, after in pairwise(turns):
            match = re.search(r"[Ww]hat say you, ([\w ]+)\?$", said(before))
            if match:
                asked += 1
                assert after.startswith(match[1].upper() + ":")
    assert asked > 10


def test_speakers_keep_their_own_oath(blocks: list[str]) -> None:
    own = 0
    for block in blocks:
        speaker = HEADINGS.get(block.splitlines()[0][:-1])
        for other in SPEAKERS:
            if speaker and other.oath in said(block).lower():
                assert speaker == other
                own += 1
    assert own > 50


def test_verbs_agree_with_their_nouns(text: str) -> None:
    """One mends, several mend; checked where noun and verb stand side by side."""
    one = "|".join(WORDS["man"] + WORDS["woman"])
    several = "|".join(WORDS["folk"] + WORDS["man_s"] + WORDS["woman_s"])
    flat = " ".join(text.split())
    singular = "|".join(WORDS["do_s"])
    base = "|".join(verb for verb in WORDS["do"] if verb not in WORDS["do_ed"])
    assert not re.search(rf"\b(the|every) ({several}) ({singular})\b", flat, re.I)
    assert not re.search(rf"\bevery ({one}) ({base})\b", flat, re.I)
    assert len(re.findall(rf"\b(?:the|every) (?:{one}) (?:{singular})\b", flat, re.I)) > 20
    assert len(re.findall(rf"\bthe (?:{several}) (?:{base})\b", flat, re.I)) > 20


def test_articles_fit_the_next_word(text: str) -> None:
    flat = " ".join(text.split())
    assert not re.search(r"\b[Aa] [aeio]", flat)
    assert not re.search(r"\b[Aa]n [bcdfgjklmnpqrstvwxz]", flat)


def test_there_are_several_hundred_words(text: str) -> None:
    assert len(set(re.findall(r"[a-z']+", text.lower()))) > 700


def test_speakers_come_back_within_a_play() -> None:
    [(_, play)] = builtin.write("plays", 4, 60_000)
    headings = [line[:-1] for line in play.splitlines() if line[:-1] in HEADINGS]
    assert 2 <= len(set(headings)) <= 6
    assert len(headings) > 100


def test_verse_breaks_where_said() -> None:
    """Ten syllables fill a line; nine do when a pause follows; a capital begins each."""
    words = "the old grey miller mends his kettle, and the sailors wait".split()
    assert verse(words) == ["The old grey miller mends his kettle,", "And the sailors wait"]
    assert verse(["stone"] * 12) == ["Stone" + " stone" * 9, "Stone stone"]


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("stone", 1),
        ("candle", 2),
        ("candles", 2),
        ("mended", 2),
        ("praised,", 1),
        ("houses", 2),
        ("takes", 1),
        ("memory", 3),
        ("the", 1),
        ("wasted", 2),
    ],
)
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_word_forms() -> None:
    assert [plural(noun) for noun in ("lamp", "box", "berry", "key")] == [
        "lamps",
        "boxes",
        "berries",
        "keys",
    ]
    assert [third(verb) for verb in ("keep", "carry", "teach", "go")] == [
        "keeps",
        "carries",
        "teaches",
        "goes",
    ]
    assert [past(verb) for verb in ("mend", "carry", "praise", "obey")] == [
        "mended",
        "carried",
        "praised",
        "obeyed",
    ]
    assert [article(noun) for noun in ("lamp", "anchor", "honest", "useful")] == [
        "a",
        "an",
        "an",
        "a",
    ]
    assert capital("'tis") == "'Tis"


def test_every_blank_of_the_words_has_forms_of_one_verb_in_one_place() -> None:
    at = WORDS["do"].index("steal")
    assert [WORDS[f"do{form}"][at] for form in ("", "_s", "_ed", "_en")] == [
        "steal",
        "steals",
        "stole",
        "stolen",
    ]


def test_a_grammar_fills_blanks_and_keeps_punctuation() -> None:
    grammar = Grammar({"all": ["a <thing>, <thing> and <you>!"], "thing": ["owl"], "you": ["x"]})
    words = grammar.sentence(random.Random(1), "all", {"you": "Old Garrick"})
    assert words == ["An", "owl,", "owl", "and", "Old", "Garrick!"]
