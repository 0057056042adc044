"""Plays in verse, by nobody: invented speakers, scenes and turns, drawn from a grammar.

They look like the lecture's text (a name, a colon, lines of verse, an empty line) and hold
what a model of characters can learn at every distance: spelling; agreement of verb and noun;
lines of ten syllables that sentences run across; a speaker's oath and trade; who answers whom;
and the word that a reply takes up from the turn before.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from gpt.text.builtin.draw import between, fill, pick, sample
from gpt.text.builtin.grammar import capital, syllables
from gpt.text.builtin.lexicon import PLURALS, things_of
from gpt.text.builtin.play_grammar import COUPLETS, GRAMMAR, RHYMES, TITLES

LINE = (9, 11)  # a line ends from 9 syllables on where a pause is, and never holds more than 11
PLAY = 60_000  # characters of a play, about
SMALLEST_TURN = 20
ONE_SCENE = 5_000  # a play shorter than this has only one


@dataclass(frozen=True)
class Speaker:
    """Someone who speaks in the plays, the same in each."""

    name: str
    oath: str
    trade: str

    @property
    def heading(self) -> str:
        """The name as it stands above a turn."""
        return self.name.upper()


SPEAKERS: tuple[Speaker, ...] = (
    Speaker("Bramock", "by salt and rope", "sea"),
    Speaker("Tessaby", "by needle and by thread", "loom"),
    Speaker("Orrivane", "upon my crown", "court"),
    Speaker("Hespert", "as it is written", "books"),
    Speaker("Dunnick", "by root and branch", "wood"),
    Speaker("Ollivar", "by fire and iron", "forge"),
    Speaker("Marrowen", "as bread is bread", "house"),
    Speaker("Quillane", "by ink and candle", "books"),
    Speaker("Pellow", "by mud and barley", "farm"),
    Speaker("Isgarde", "on my blood", "court"),
    Speaker("Wendrake", "by the deep water", "sea"),
    Speaker("Corvin", "by feather and bone", "wood"),
    Speaker("Yarrowby", "by spade and seed", "farm"),
    Speaker("Thessaly Moon", "by warp and weft", "loom"),
    Speaker("Old Garrick", "by hammer and by heat", "forge"),
    Speaker("Nurse Abbot", "bless this roof", "house"),
    Speaker("First Ferryman", "by the tide", "sea"),
    Speaker("Second Ferryman", "by the other tide", "sea"),
    Speaker("Lord Vantry", "by my seal", "court"),
    Speaker("Lady Sorrel", "by my good name", "court"),
)


@dataclass(frozen=True)
class Turn:
    """What one speaker says, and what the next one needs to know of it."""

    text: str
    speaker: Speaker
    cast: tuple[Speaker, ...]  # of the scene
    left: int  # turns of the scene still to come
    theme: str = ""  # the thing that was spoken of
    asked: Speaker | None = None  # who was asked


def write_plays(rng: random.Random, length: int) -> list[tuple[str, str]]:
    """Plays of about 60,000 characters each, one document a play."""
    count = max(1, round(length / PLAY))
    plays: list[tuple[str, str]] = []
    for i in range(count):
        left = length - sum(len(text) for _, text in plays)
        name = TITLES[i % len(TITLES)]
        part = f", part {i // len(TITLES) + 1}" if i >= len(TITLES) else ""
        plays.append((name + part, _play(rng, left // (count - i))))
    return plays


def _play(rng: random.Random, length: int) -> str:
    """Scene after scene, with six of the speakers."""
    company = sample(rng, SPEAKERS, 6)
    last: Turn | None = None

    def draw() -> Turn:
        return _next_turn(rng, company, last, one_scene=length < ONE_SCENE)

    turns = []
    for last in fill(draw, lambda turn: len(turn.text), length, SMALLEST_TURN):
        turns.append(last.text)
    return "".join(turns)


def _next_turn(
    rng: random.Random, company: Sequence[Speaker], last: Turn | None, one_scene: bool
) -> Turn:
    """The turn after `last`: a reply, the end of the scene, or the beginning of a new one."""
    if last is None or last.left == 0:
        return _opening(rng, company, turns=ONE_SCENE if one_scene else between(rng, 6, 24))
    speaker = last.asked or pick(rng, [other for other in last.cast if other != last.speaker])
    return _turn(rng, speaker, last, [])


def _opening(rng: random.Random, company: Sequence[Speaker], turns: int) -> Turn:
    """A line that says where we are and who is there, and the first turn."""
    cast = tuple(sample(rng, company, pick(rng, (2, 2, 3, 3, 4))))
    where = " ".join(GRAMMAR.sentence(rng, "setting"))
    names = [speaker.heading for speaker in cast]
    head = f"SCENE: {where} {', '.join(names[:-1])} and {names[-1]}.\n\n"
    empty = Turn(head, cast[-1], cast, turns)
    return _turn(rng, cast[0], empty, [head])


def _turn(rng: random.Random, speaker: Speaker, last: Turn, head: list[str]) -> Turn:
    """One turn: it may take up a word, say something, name a thing, and ask someone."""
    you = pick(rng, [other for other in last.cast if other != speaker])
    names = _plan(rng, last)
    theme = last.theme if names == ["short"] else pick(rng, things_of(speaker.trade))
    given = {
        "you": you.name,
        "from": last.speaker.name,
        "oath": speaker.oath,
        "theme": theme,
        "heard": last.theme,
        "heards": PLURALS.get(last.theme, ""),
    }
    words = [word for name in names for word in GRAMMAR.sentence(rng, name, given)]
    lines = verse(words)
    if last.left == 1:
        lines += _couplet(rng, given)
    text = "".join(head) + f"{speaker.heading}:\n" + "\n".join(lines) + "\n\n"
    asked = you if names[-1] == "request" else None
    return Turn(text, speaker, last.cast, last.left - 1, theme, asked)


def _plan(rng: random.Random, last: Turn) -> list[str]:
    """Which kinds of sentence a turn is made of."""
    if last.theme and rng.random() < 0.06:
        return ["short"]
    plan: list[str] = []
    if last.asked:
        plan.append("answer")
    if last.theme and (not last.asked or rng.random() < 0.3):
        plan.append("reply")
    plan += ["statement"] * pick(rng, (0, 0, 1, 1, 2, 3))
    if rng.random() < 0.2:
        plan.append("wonder")
    plan.append("topic")
    if rng.random() < 0.4:
        plan.append("request")
    return plan


def _couplet(rng: random.Random, given: dict[str, str]) -> list[str]:
    """Two lines that rhyme, as scenes end."""
    a, b = pick(rng, RHYMES).split("/")
    i = int(rng.random() * len(COUPLETS))
    rhymed = given | {"a": a, "b": b}
    lines = (GRAMMAR.sentence(rng, name, rhymed) for name in (f"first_{i}", f"second_{i}"))
    return [" ".join(line) for line in lines]


def verse(words: Sequence[str]) -> list[str]:
    """Words as lines of about ten syllables, each with a capital; sentences run across lines.

    A line ends at a pause from 9 syllables on, at any word from 10 on, and before a word that
    would make it longer than 11.
    """
    lines: list[list[str]] = [[]]
    count = 0
    for word in words:
        size = sum(map(syllables, word.split("-")))
        pause = bool(lines[-1]) and lines[-1][-1][-1] in ".,;?!"
        if count >= LINE[0] + (0 if pause else 1) or (count >= 8 and count + size > LINE[1]):
            lines.append([])
            count = 0
        lines[-1].append(word)
        count += size
    return [" ".join([capital(line[0]), *line[1:]]) for line in lines]
