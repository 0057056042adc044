"""Tasks, one example a line, whose right attention can be said in a sentence.

A model that has learned one of them has solved a small problem, so a learner who looks at its
heads knows what to look for. Examples are independent; the first half of each line is random
and cannot be predicted, the rest follows from it exactly.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from gpt.text.builtin.draw import below, between, fill, pick, sample

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PAIRS = ("()", "[]", "{}")


def copy_line(rng: random.Random) -> str:
    r"""A random string, and the same string again: "qhxbqhxb\n"; 8 to 24 letters.

    The right attention, anywhere in the second half: the token that followed the current one
    the last time it occurred. Two layers do it with an induction head: a head of the first
    layer writes into each token which token came before it, and a head of the second looks for
    the token whose "before me" is what I am. (The first letter of the second half cannot be
    foreseen; from it on everything can. The last letter finds the first one of its own half,
    and from that knows that the line is over.)

    Why no shortcut does it:
    - No letter occurs twice in a string, so one earlier token is right and all others wrong;
      and a table of which letter follows which holds nothing, since strings are random.
    - The distance back is the length of the string, which is drawn anew for each line, and
      training blocks are cut anywhere: no fixed offset and no fixed position is right.
    - One layer cannot do it: the key of the token to be found says what it is, not what came
      before it.
    - There are two halves, not more: with a third, two places would be equally right, and
      the weights of a perfect head would be split between them.

    One way round stays open: a first layer that spreads over several tokens leaves the answer a
    place or two later as well. So a low loss alone proves no induction head: look at the weights.
    """
    half = "".join(sample(rng, LETTERS, between(rng, 8, 24)))
    return f"{half}{half}\n"


def reverse_line(rng: random.Random) -> str:
    r"""A random string and its mirror image: "qhxb>bxhq\n"; 4 to 16 letters, none twice.

    The right attention: the token *before* the earlier occurrence of the current one. At ">"
    it is the token just before, and the mirror image ends where that token is a line break.
    """
    half = "".join(sample(rng, LETTERS, between(rng, 4, 16)))
    return f"{half}>{half[::-1]}\n"


def sort_line(rng: random.Random) -> str:
    r"""Random letters, then the same in alphabetical order: "qhxb>bhqx\n"; 4 to 12, none twice.

    The right attention: in the left part, the first letter of the alphabet that comes after the
    current one. Where it stands there is of no importance, only which letter it is.
    """
    half = "".join(sample(rng, LETTERS, between(rng, 4, 12)))
    return f"{half}>{''.join(sorted(half))}\n"


def brackets_line(rng: random.Random) -> str:
    r"""Balanced brackets of three kinds: "([]{()})\n"; 2 to 32 characters, up to 8 deep.

    The right attention: a closing bracket is of the kind of the last one still open, which can
    be far back, with finished pairs in between.
    """
    pairs = between(rng, 1, 16)
    deepest = between(rng, 1, 8)
    still_open: list[str] = []
    line = ""
    while pairs or still_open:
        may_open = pairs > 0 and len(still_open) < deepest
        if may_open and (not still_open or rng.random() < 0.55):
            kind = pick(rng, PAIRS)
            still_open.append(kind[1])
            line += kind[0]
            pairs -= 1
        else:
            line += still_open.pop()
    return line + "\n"


def addition_line(rng: random.Random) -> str:
    r"""A sum, as it is written by hand: "12+345=357\n"; numbers of 1 to 3 digits, no zeros before.

    The sum is not reversed, so its first digit already depends on every carry. The right
    attention: the digit of the same place in both numbers, and the places to its right.
    """
    a, b = _number(rng), _number(rng)
    return f"{a}+{b}={a + b}\n"


def _number(rng: random.Random) -> int:
    """0 to 999, small ones as often as large ones."""
    return below(rng, 10 ** between(rng, 1, 3))


def writer(
    name: str, line: Callable[[random.Random], str], least: int
) -> Callable[[random.Random, int], list[tuple[str, str]]]:
    """One document of lines; `least` is the size of the shortest line in characters."""

    def write(rng: random.Random, length: int) -> list[tuple[str, str]]:
        return [(name, "".join(fill(lambda: line(rng), len, length, least)))]

    return write


write_copy = writer("copy", copy_line, 17)
write_reverse = writer("reverse", reverse_line, 10)
write_sort = writer("sort", sort_line, 10)
write_brackets = writer("brackets", brackets_line, 3)
write_addition = writer("addition", addition_line, 6)
