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
SENTENCE_ENDS, BETWEEN_SENTENCES = ".!?:", " \t\r\"'”’)]_—-"
"""What ends a sentence, and what may stand between its end and the next word."""
OPENS = "\"'“‘([_"
"""What a sentence inside another one begins with, right before its first word."""
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
    is_mention = mentions(tokens)
    return {
        "word before": earlier & _is_before(tokens.numbers),
        "earlier mention": earlier & _at_last_token(tokens.numbers)[:, None] & is_mention,
        "name to come": earlier & _before_first_token(tokens.numbers, is_mention),
        "opening quotation mark": earlier & _is_opening(tokens),
    }


def without_s(word: str) -> str:
    """A word without the ending of a possessive: "Tom's" mentions Tom."""
    return word.removesuffix("'s").removesuffix("’s")


def names(tokens: TokenWords) -> np.ndarray:
    """Whether each word is a name, mostly: a capital and a small letter, and begins no sentence."""
    is_name = [
        word[0].isupper() and word[1:2].islower() and not _begins_sentence(tokens.text, start)
        for start, word in tokens.words
    ]
    return np.array(is_name, dtype=bool)


def mentions(tokens: TokenWords) -> np.ndarray:
    """(T, T) bool: query in a name, key in another occurrence of it; a possessive is the same."""
    words = [without_s(word) for _, word in tokens.words]
    first = {word: number for number, word in enumerate(dict.fromkeys(words))}
    spelled = np.array([*(first[word] for word in words), -1])[tokens.numbers]
    of, is_name = tokens.numbers, np.append(names(tokens), False)[tokens.numbers]
    same = (spelled[:, None] == spelled[None, :]) & (of[:, None] != of[None, :])
    return np.asarray(is_name[:, None] & same)


def _begins_sentence(text: str, start: int) -> bool:
    """Whether the word at `start` is the first one of a sentence, a paragraph or a quotation."""
    before = text[:start].rstrip(BETWEEN_SENTENCES)
    return before[-1:] in ("", "\n", *SENTENCE_ENDS) or text[start - 1] in OPENS


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


def _at_last_token(numbers: np.ndarray) -> np.ndarray:
    """(T,): whether a token is the last one of its word."""
    return np.append(numbers[1:] != numbers[:-1], True)


def _before_first_token(numbers: np.ndarray, of_next: np.ndarray) -> np.ndarray:
    """(T, T): the next token's row, at a query right before a word's first token."""
    begins = np.append(numbers[1:] != numbers[:-1], False)
    following = np.vstack([of_next[1:], np.zeros_like(of_next[:1])])
    return np.asarray(begins[:, None] & following)


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
