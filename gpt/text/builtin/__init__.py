"""Texts that Headlight writes itself, so that everything runs with no network.

Each is drawn from a seed: the same name, seed and length give the same characters on every
machine, so a run needs to keep only these three and can be resumed years later.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from gpt.errors import TextError
from gpt.text.builtin.first_names import write_names
from gpt.text.builtin.plays import write_plays
from gpt.text.builtin.speeches import write_speeches
from gpt.text.builtin.tasks import (
    write_addition,
    write_brackets,
    write_copy,
    write_reverse,
    write_sort,
)

SHORTEST = 1_000
LONGEST = 50_000_000


@dataclass(frozen=True)
class Builtin:
    """One kind of text that we can write.

    Fields:
        name: what the command line and a run's config call it.
        title: what a page calls it.
        description: for a learner: what it is, and what attention to expect.
        write: makes about `length` characters, as (document name, text) pairs.
        documents: how it is best read, of `gpt.text.documents.KINDS`. Where that is `files`, each
            part is what one speaker said, and is called after the speaker.
    """

    name: str
    title: str
    description: str
    write: Callable[[random.Random, int], list[tuple[str, str]]]
    documents: str = "stream"


_ALL = (
    Builtin(
        "plays",
        "Invented plays",
        "Plays in verse with invented speakers, in the shape of the lecture's text. Expect heads "
        "that look back to the speaker's name, to the start of the line, and to the word of the "
        "last turn that a reply takes up.",
        write_plays,
    ),
    Builtin(
        "speeches",
        "Three speakers",
        "Speeches by three invented people with habits of their own: long sentences in threes, "
        "short plain ones, and questions that begin alike. Expect heads that look back to how "
        "the last sentences began.",
        write_speeches,
        documents="files",
    ),
    Builtin(
        "names",
        "Invented names",
        "One invented first name a line, from six places with sounds of their own. Expect heads "
        "that look at the one or two letters before, and at the line break, to know how long the "
        "name already is.",
        write_names,
        documents="lines",
    ),
    Builtin(
        "copy",
        "Copy",
        "A random string, and the same string again. Expect an induction head: each letter of "
        "the second half looks at the letter that followed it in the first.",
        write_copy,
    ),
    Builtin(
        "reverse",
        "Reverse",
        "A random string and its mirror image. Expect each letter of the second half to look at "
        "the letter that stood before it in the first.",
        write_reverse,
    ),
    Builtin(
        "sort",
        "Sort",
        "Random letters, and the same letters in the order of the alphabet. Expect each letter "
        "of the second half to look at the next larger one of the first, wherever it stands.",
        write_sort,
    ),
    Builtin(
        "brackets",
        "Brackets",
        "Balanced brackets of three kinds. Expect the place of a closing bracket to look at the "
        "last bracket that is still open.",
        write_brackets,
    ),
    Builtin(
        "addition",
        "Addition",
        "Sums of two numbers of up to three digits, written by hand's rules. Expect each digit "
        "of the sum to look at the digits of the same place, and at those to the right for a "
        "carry.",
        write_addition,
    ),
)
BUILTIN: dict[str, Builtin] = {text.name: text for text in _ALL}


def write(name: str, seed: int = 1, length: int = 500_000) -> list[tuple[str, str]]:
    """About `length` characters (within 1 %) of the text called `name`.

    Returns:
        (document name, text) pairs, in reading order.

    Raises:
        TextError: an unknown name, or a length below 1,000 or above 50 million.
    """
    if name not in BUILTIN:
        raise TextError(f"there is no built-in text {name!r}; there are {', '.join(BUILTIN)}")
    if not SHORTEST <= length <= LONGEST:
        raise TextError(
            f"a built-in text has {SHORTEST:,} to {LONGEST:,} characters, not {length:,}"
        )
    return BUILTIN[name].write(random.Random(seed), length)
