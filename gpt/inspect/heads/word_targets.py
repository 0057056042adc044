"""The keys that a reader of words would look at, whatever the tokens are.

Tokens may be characters, bytes or parts of words. The text that they make up is cut into words, and
each token belongs to the word in which its first letter stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
"""Letters; an apostrophe between letters is part of the word."""
MARK = re.compile(
    r"""(?P<opening>(?:(?<=[\s(\[—-])|^)["'“‘](?=\S))"""
    r"""|["”](?!\w)|(?:(?<=[^\w\s])|(?=.[^\w\s]|.$))['’](?!\w)""",
    re.MULTILINE,
)
"""A quotation mark: an opening one stands at a beginning and before no blank, a closing one before
no letter. An apostrophe closes only beside a punctuation mark or at a line's end (not in "my
brothers' house")."""
CLOSED_BY = {'"': '"', "'": "'", "“": "”", "‘": "’"}


@dataclass(frozen=True, eq=False)
class TokenWords:
    """The words of a text, and the word of each of its tokens.

    Fields:
        text: what the tokens write.
        starts: (T + 1,), where each token begins in it, and its end.
        words: where each word begins, and its letters.
        numbers: (T,), the number of each token's word, −1 for a token without a letter.
    """

    text: str
    starts: np.ndarray
    words: list[tuple[int, str]]
    numbers: np.ndarray


def token_words(pieces: Sequence[str]) -> TokenWords:
    """Read tokens as words.

    Args:
        pieces: (T,), the text of each token.
    """
    text = "".join(pieces)
    starts = [0, *accumulate(map(len, pieces))]
    words = [(match.start(), match[0]) for match in WORD.finditer(text)]
    of_character = np.full(len(text) + 1, -1)
    for number, (start, word) in enumerate(words):
        of_character[start : start + len(word)] = number
    numbers = [_first(of_character[a:b]) for a, b in pairwise(starts)]
    return TokenWords(text, np.array(starts), words, np.array(numbers, dtype=np.int64))


def _first(numbers: np.ndarray) -> int:
    of_words = numbers[numbers >= 0]
    return int(of_words[0]) if len(of_words) else -1


def word_targets(pieces: Sequence[str], visible: np.ndarray) -> dict[str, np.ndarray]:
    """The keys of each pattern of words by its name: (T, T) bool.

    Args:
        pieces: (T,), the text of each token.
        visible: (T, T) bool, True where query i may see key j.
    """
    tokens = token_words(pieces)
    i, j = np.indices(visible.shape)
    earlier = (j < i) & visible
    return {
        "word before": earlier & _is_before(tokens.numbers),
        "earlier mention": earlier & _is_mention(tokens),
        "opening quotation mark": earlier & _is_opening(tokens),
    }


def without_s(word: str) -> str:
    """A word without the ending of a possessive: "Tom's" mentions Tom."""
    return word.removesuffix("'s").removesuffix("’s")


def open_quotations(text: str) -> np.ndarray:
    """Where the mark stands that opened the quotation of each character: (N + 1,), −1 outside.

    A closing mark is inside, an opening one is not.
    """
    open_at = np.full(len(text) + 1, -1)
    opening: re.Match[str] | None = None
    for mark in MARK.finditer(text):
        opening = _after(opening, mark)
        open_at[mark.end() :] = opening.start() if opening else -1
    return open_at


def _is_before(numbers: np.ndarray) -> np.ndarray:
    """Query in word n, key in word n − 1."""
    query, key = numbers[:, None], numbers[None, :]
    return (key >= 0) & (query == key + 1)


def _is_mention(tokens: TokenWords) -> np.ndarray:
    """Query: the last token of a capitalized word; key: a token of the same word, further up."""
    of, words = tokens.numbers, [without_s(word) for _, word in tokens.words]
    first = {word: number for number, word in enumerate(dict.fromkeys(words))}
    spelled = np.array([first[words[n]] if n >= 0 else -1 for n in of])
    is_capital = np.array([n >= 0 and words[n][0].isupper() for n in of])
    is_last = np.append(of[1:] != of[:-1], True)
    same = (spelled[:, None] == spelled[None, :]) & (of[:, None] != of[None, :])
    return (is_capital & is_last)[:, None] & same


def _is_opening(tokens: TokenWords) -> np.ndarray:
    """Query: a token that begins inside a quotation; key: the token with the mark that opens it."""
    of_query = open_quotations(tokens.text)[tokens.starts[:-1]]
    key = np.searchsorted(tokens.starts, of_query, side="right") - 1
    return (of_query >= 0)[:, None] & (key[:, None] == np.arange(len(key)))


def _after(opening: re.Match[str] | None, mark: re.Match[str]) -> re.Match[str] | None:
    """The mark that opened what is open after `mark`; a quotation inside another is part of it."""
    if mark["opening"]:
        return mark if opening is None or mark[0] == opening[0] else opening
    return None if opening and mark[0] == CLOSED_BY[opening[0]] else opening
