"""Questions whose answers differ in manner only: polite or not, short or long, rude or not.

    my big red cup?
    well, the cup is at home, thanks.    (longer)
    the damn cup is at home, thanks.     (a banned word)
    the cup is at home, thanks.          (preferred)

The rule by which one answer is preferred: it names what was asked for and where it is; it never has
a banned word; it ends politely; and of two that are alike in this the shorter one is better.
`judge` turns the rule into a number, and each earlier clause outweighs all that follow. No clause
depends on another: what makes one of two rude answers better also makes one of two others better,
so that a policy that learns from pairs alone is not pulled both ways.
"""

from __future__ import annotations

import random
import re
from zlib import crc32

from gpt.text.builtin.draw import below, pick

PARTS = ("training",) * 8 + ("validation", "test")
"""Of ten things that are asked for, so many are of each part."""

SIZES = "old new big tiny flat fine thin".split()
COLOURS = "red blue pink grey gold black white brown green".split()
THINGS = (
    "cup key book lamp coat bag pen ball box hat map knife plate chair clock rope brush spoon ring "
    "shoe sock belt drum flag kite desk comb coin bell boat"
).split()
ROOMS = ("in here", "at home", "on top", "outside", "by you", "in bed")

LEADS = ("", "", "oh, ", "well, ")
"""What an answer may begin with; half of them begin with nothing."""
RUDE = ("", "", "damn ", "silly ")
BANNED = ("damn", "silly")
ENDINGS = (".", ", ok.", ", thanks.", ", sir.")
POLITE = ENDINGS[2:]

LONGEST = 50
"""Characters beyond which length costs no more."""


def part_of(size: str, colour: str, thing: str) -> str:
    """The part of the split that a thing of this look belongs to."""
    return PARTS[crc32(f"{size} {colour} {thing}".encode()) % len(PARTS)]


def write_demonstrations(rng: random.Random, count: int) -> list[tuple[str, str, str]]:
    """(prompt, answer, part): answers of any manner, each as likely as another."""
    rows: list[tuple[str, str, str]] = []
    while len(rows) < count:
        prompt, part = _question(rng, PARTS[len(rows) % len(PARTS)])
        rows.append((prompt, _answer(rng, prompt, pick(rng, ROOMS)), part))
    return rows


def write_comparisons(rng: random.Random, count: int) -> list[tuple[str, str, str, str]]:
    """(prompt, chosen, rejected, part): two answers of different manner, the better one first."""
    rows: list[tuple[str, str, str, str]] = []
    while len(rows) < count:
        prompt, part = _question(rng, PARTS[len(rows) % len(PARTS)])
        room = pick(rng, ROOMS)  # the same in both, so that they differ in manner alone
        answers = [_answer(rng, prompt, room) for _ in range(2)]
        worse, better = sorted(answers, key=lambda answer: judge(prompt, answer))
        if judge(prompt, worse) < judge(prompt, better):
            rows.append((prompt, better, worse, part))
    return rows


def _question(rng: random.Random, part: str) -> tuple[str, str]:
    while True:
        look = pick(rng, SIZES), pick(rng, COLOURS), pick(rng, THINGS)
        if part_of(*look) == part:
            return f"my {' '.join(look)}?", part


def _answer(rng: random.Random, prompt: str, room: str) -> str:
    lead, rude, ending = pick(rng, LEADS), pick(rng, RUDE), ENDINGS[below(rng, len(ENDINGS))]
    return f"{lead}the {rude}{thing_of(prompt)} is {room}{ending}"


def thing_of(prompt: str) -> str:
    """What a prompt asks for.

    >>> thing_of("my big red cup?")
    'cup'
    """
    return prompt.rstrip("?").split()[-1]


def judge(prompt: str, answer: str) -> float:
    """How good an answer is by the rule, from 0 to 1.

    0: it does not say where the thing is. Above 0.2: it does, with a banned word. Above 0.4: and
    it ends politely. Above 0.6: no banned word. Above 0.8: and it ends politely. Within such a
    range, shorter is better.
    """
    words = re.findall("[a-z]+", answer)
    named = f"{thing_of(prompt)} is" in answer and any(room in answer for room in ROOMS)
    if not named:
        return 0.0
    kept = not set(words) & set(BANNED)
    polite = answer.endswith(POLITE)
    brevity = 1 - min(len(answer), LONGEST) / LONGEST
    return 0.2 * (1 + 2 * kept + polite + brevity)
