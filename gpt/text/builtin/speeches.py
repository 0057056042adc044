"""Speeches by three invented people, one document each, who differ in how they talk.

Corvane Ashmeer builds long sentences in threes, whose verb one waits for. Ysra Tolland asks,
and begins sentence after sentence alike. Dell Hobbin says short plain things about the farm.
Each speech keeps to one subject, so its word comes back again and again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gpt.text.builtin.draw import between, fill, pick
from gpt.text.builtin.grammar import Grammar, capital, either
from gpt.text.builtin.lexicon import WORDS

SUBJECTS = either(
    "bridge|school|harbour|well|market|library|harvest|road|lighthouse|mill|ferry|orchard|"
    "hospital|town wall|granary|railway|council|theatre"
)

ONE_SPEECH = 3_000  # someone who has fewer characters than this holds only one

COMMON: dict[str, Sequence[str]] = {
    "make": either(
        "build|repair|defend|honour|restore|finish|protect|widen|open|fund|measure|paint|improve"
    ),
    "worth": either(
        "useful|costly|modest|ancient|common|lasting|public|noble|unfinished|plain|humble|splendid"
    ),
    "town": either("this town|this valley|our county|these hills|our coast"),
}
PERIODIC: dict[str, Sequence[str]] = {
    "greeting": [
        "citizens of <town>, colleagues, and honoured guests, I thank you.",
        "members of the council, neighbours, and friends, I rise to speak of the <subject>.",
    ],
    "three_mass": ["<mass>, <mass> and <mass>"],
    "three_folk": ["the <folk>, the <folk> and the <folk>"],
    "three_do": ["to <make> it, to <make> it and to <make> it"],
    "when": [
        "when the <force> has <rise_en> and the <folk> have <wait_en> <at> <place>",
        "when the <man> has <do_en> his <adj_thing> <thing>",
        "when <mass> has <feed_en> what <mass> once <feed_ed>",
        "when those who <often> <wait> <how> are asked to <meet> the <folk>",
        "when the <subject>, which our <folk> <do_ed> with <mass>, is <worth> no longer",
    ],
    "main": [
        "then, and only then, shall we <make> the <subject> with <three_mass>",
        "it falls to <three_folk> to <make> the <subject> that <town> has <do_en>",
        "we owe to the <subject>, and to the <folk> who <do_ed> it, <three_mass>",
        "there remains for us the <worth> duty <three_do>",
    ],
    "sentence": [
        "<when>, and <when>, and <when>, <main>.",
        "<when>, <when>, and <when>, <main>.",
        "for the <subject>, which was given to us by <three_folk>, and which we <often> <do>, is "
        "the work of <three_mass>; and <when>, <main>.",
        "not by <mass> alone, nor by the <adj_mass> <mass> of the <folk>, nor by any "
        "<adj_thing> <thing> that a <man> may <do>, but by <three_mass>, <main>.",
        "it is to <three_folk>, who have <do_en> the <thing_s> of <town> <how>, that the "
        "<subject> belongs, and it is by <three_mass> that it shall endure.",
    ],
    "close": ["to that <worth> work, with <three_mass>, I commend you all."],
}
ASKING: dict[str, Sequence[str]] = {
    "greeting": ["who among you knows the <subject>?", "you came. why did you come?"],
    "same": [
        "we remember",
        "I have seen",
        "they told us of",
        "there is a price for",
        "now is the hour for",
        "give us",
        "let us speak of",
        "nobody asked about",
    ],
    "what": [
        "the <subject> and the <folk>",
        "the <adj_person> <folk> who <do_ed> the <thing_s>",
        "<mass> <at> <place>",
        "the <man> and his <adj_thing> <thing>",
        "the <woman> and her <adj_thing> <thing>",
        "<adj_mass> <mass> and <adj_mass> <mass>",
        "the <subject> that <mass> <feed_ed>",
    ],
    "question": [
        "who will <make> the <subject>, if not the <folk>?",
        "what is the <subject>, if the <folk> cannot <do> it?",
        "is <mass> enough?",
        "do the <folk> not <wait> <at> <place>?",
        "does the <woman> not <wait> <how>?",
        "how long shall <mass> <feed> us?",
        "and who <do_ed> the <thing_s> of the <folk>?",
        "when did <mass> ever <make> a <subject>?",
    ],
    "reply": [
        "not <mass>. not <mass>. you.",
        "you know the answer, and the <folk> know it.",
        "we did, and we shall <make> it again!",
        "no, and no, and no again!",
    ],
    "close": ["so I ask you once more: who will <make> the <subject>?"],
}
PLAIN: dict[str, Sequence[str]] = {
    "greeting": ["evening, all.", "well, here we are.", "I'll be quick."],
    "beast": either("mule|goat|hen|cow|dog|pig|duck|mare"),
    "sentence": [
        "the <subject> is <worth>.",
        "a <subject> is like a <beast>.",
        "you feed a <beast> before you sell it.",
        "my <man> <do_ed> a <thing> once.",
        "it was <adj_thing>, but it held.",
        "my <woman> has a <adj_thing> <thing>.",
        "a <adj_thing> <thing> won't <do> itself.",
        "the <force> doesn't ask.",
        "I like the <subject>.",
        "we can <make> the <subject>.",
        "no <beast> ever <do_ed> a <thing>.",
        "you can't <do> a <thing> with a <beast>.",
        "folks <wait> <how>.",
        "I had a <beast> that <wait_ed> <how>.",
        "that's the <subject> for you.",
        "so bring a <thing>.",
        "it takes a <thing> and a <thing>.",
        "the <folk> know that.",
    ],
    "close": ["that's all I've got.", "now let's eat.", "mind the <beast> on your way out."],
}

Paragraph = Callable[[random.Random, Grammar, dict[str, str]], list[str]]


@dataclass(frozen=True)
class Orator:
    """One speaker: words, and how a paragraph is put together from sentences."""

    name: str
    grammar: Grammar
    paragraph: Paragraph


def _periodic(rng: random.Random, grammar: Grammar, given: dict[str, str]) -> list[str]:
    return [_say(rng, grammar, "sentence", given) for _ in range(between(rng, 1, 3))]


def _asking(rng: random.Random, grammar: Grammar, given: dict[str, str]) -> list[str]:
    """Three or more sentences that begin alike, then questions, and perhaps the answer."""
    same = pick(rng, grammar.rules["same"])
    begin = capital(" ".join(text for text, _, _ in same))
    alike = [
        f"{begin} {' '.join(grammar.expand(rng, 'what', given))}."
        for _ in range(between(rng, 3, 4))
    ]
    asked = [_say(rng, grammar, "question", given) for _ in range(between(rng, 1, 4))]
    answer = [_say(rng, grammar, "reply", given)] if rng.random() < 0.4 else []
    return alike + asked + answer if rng.random() < 0.6 else asked + answer + alike


def _plain(rng: random.Random, grammar: Grammar, given: dict[str, str]) -> list[str]:
    return [_say(rng, grammar, "sentence", given) for _ in range(between(rng, 1, 6))]


def _say(rng: random.Random, grammar: Grammar, name: str, given: dict[str, str]) -> str:
    """One entry of the grammar, each of its sentences with a capital."""
    words = grammar.sentence(rng, name, given)
    for i in range(1, len(words)):
        if words[i - 1][-1] in ".?!":
            words[i] = capital(words[i])
    return " ".join(words)


# The one with the shortest paragraphs speaks last, so that the total comes out as asked.
ORATORS: tuple[Orator, ...] = (
    Orator("Corvane Ashmeer", Grammar(WORDS | COMMON | PERIODIC), _periodic),
    Orator("Ysra Tolland", Grammar(WORDS | COMMON | ASKING), _asking),
    Orator("Dell Hobbin", Grammar(WORDS | COMMON | PLAIN), _plain),
)


@dataclass(frozen=True)
class Piece:
    """One paragraph, and what the next one needs to know: the subject, what is left to say."""

    text: str
    subject: str
    left: int  # paragraphs of this speech still to come


def write_speeches(rng: random.Random, length: int) -> list[tuple[str, str]]:
    """Three documents of a third each, every paragraph one line and an empty line after it."""
    documents: list[tuple[str, str]] = []
    for i, orator in enumerate(ORATORS):
        left = length - sum(len(text) for _, text in documents)
        documents.append((orator.name, _speeches(rng, orator, left // (len(ORATORS) - i))))
    return documents


def _speeches(rng: random.Random, orator: Orator, length: int) -> str:
    """Speech after speech by one person."""
    last = Piece("", "", 0)

    def draw() -> Piece:
        return _paragraph(rng, orator, last, one_speech=length < ONE_SPEECH)

    pieces = []
    for last in fill(draw, lambda piece: len(piece.text), length, 24):
        pieces.append(last.text)
    return "".join(pieces)


def _paragraph(rng: random.Random, orator: Orator, last: Piece, one_speech: bool) -> Piece:
    """The paragraph after `last`; a new speech, on something else, when that was the end."""
    opens = last.left == 0
    subject = pick(rng, SUBJECTS) if opens else last.subject
    more = ONE_SPEECH if one_speech else between(rng, 3, 7)
    left = more if opens else last.left - 1
    given = {"subject": subject}
    said = [_say(rng, orator.grammar, "greeting", given)] if opens else []
    said += orator.paragraph(rng, orator.grammar, given)
    if left == 0:
        said.append(_say(rng, orator.grammar, "close", given))
    return Piece(" ".join(said) + "\n\n", subject, left)
