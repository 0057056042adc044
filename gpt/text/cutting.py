"""Cuts: a part of some ids whose text is whole, so that the text stands for the same ids.

Cut anywhere, the bytes of a character are torn apart: their text ends in a "�" that nobody wrote,
and reads back as other tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpt.errors import HeadlightError
from gpt.text.tokenizer import Tokenizer

TRIED = 32
"""Cuts that are tried from the wanted one on: a character has 4 bytes, a word more pieces."""
LONGEST_CHARACTER = 4  # tokens: each holds at least a byte
TORN = "\ufffd"
"""What bytes are decoded to that make no whole character."""


def beginning(tokenizer: Tokenizer, ids: Sequence[int], most: int) -> list[int]:
    """The first ids, `most` at most, cut where their text is whole.

    A cut is preferred whose text reads back as the same ids. If the ids begin amid a character,
    its bytes are left out too, and so is the tokenizer's frame, which comes back with the text.
    """
    ids = unframed(tokenizer, ids)
    for start in range(min(LONGEST_CHARACTER, max(1, len(ids)))):
        ends = range(min(len(ids), start + most), start, -1)
        cuts = [ids[start:end] for end in ends[:TRIED]]
        if part := _best(tokenizer, cuts):
            return part
    return ids[:most]


def shortest(tokenizer: Tokenizer, ids: Sequence[int]) -> list[int]:
    """The fewest first ids whose text is whole: one token, or the bytes of one character."""
    ids = list(ids)
    cuts = (ids[:end] for end in range(1, LONGEST_CHARACTER + 1))
    return next((cut for cut in cuts if _is_whole(tokenizer, cut)), ids[:1])


def ending(tokenizer: Tokenizer, ids: Sequence[int], most: int) -> list[int]:
    """The last ids, `most` at most, which begin at a character; all of them if they are few."""
    ids = list(ids)
    if len(ids) <= most:
        return ids
    first = len(ids) - most
    starts = range(first, min(first + LONGEST_CHARACTER, len(ids)))
    return ids[next((n for n in starts if _begins_whole(tokenizer, ids[n:])), first) :]


def latter_part(tokenizer: Tokenizer, ids: Sequence[int], most: int) -> list[int]:
    """Up to `most` of the last ids, whose text is whole and, if possible, reads back as these."""
    ids = unframed(tokenizer, ids)
    cuts = [ids[start:] for start in range(max(0, len(ids) - most), len(ids))]
    return _best(tokenizer, cuts[:TRIED]) or ending(tokenizer, ids, most)


def unframed(tokenizer: Tokenizer, ids: Sequence[int]) -> list[int]:
    """Some ids without the frame that the tokenizer puts around a text, where they have it."""
    before = tokenizer.encode_start("")
    after = tokenizer.encode("")[len(before) :]
    start = len(before) if list(ids[: len(before)]) == before else 0
    end = len(ids) - len(after)
    return list(ids[start : end if end >= start and list(ids[end:]) == after else len(ids)])


def prompt_ids(tokenizer: Tokenizer, text: str, most: int, continued: bool) -> list[int]:
    """The ids of a text as a model reads it, in its frame; of a text that is too long, the end.

    Args:
        most: ids that the model reads, its `block_size`.
        continued: whether the model continues the text; then no frame closes it.

    Raises:
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    start = tokenizer.encode_start(text)
    ids = start if continued else tokenizer.encode(text)
    if len(ids) <= most:
        return ids
    part = tokenizer.encode_part(text)
    opening = len(start) - len(part)
    before, after = ids[:opening], ids[opening + len(part) :]
    room = most - len(before) - len(after)
    if room < 1:
        return ending(tokenizer, ids, most)
    return [*before, *ending(tokenizer, part, room), *after]


def reads_back(tokenizer: Tokenizer, ids: Sequence[int]) -> bool:
    """Whether the text of some ids is read as the same ids again."""
    text, ids = tokenizer.decode(ids), list(ids)
    try:
        if tokenizer.unknown(text):
            return False
        return ids in (tokenizer.encode_start(text), tokenizer.encode_part(text))
    except HeadlightError:
        return False


def _best(tokenizer: Tokenizer, cuts: Sequence[list[int]]) -> list[int]:
    """The first cut that reads back, or else the first whose text is whole; [] if none is."""
    reading_back = (cut for cut in cuts if reads_back(tokenizer, cut))
    whole = (cut for cut in cuts if _is_whole(tokenizer, cut))
    return next(reading_back, None) or next(whole, [])


def _is_whole(tokenizer: Tokenizer, ids: Sequence[int]) -> bool:
    """Whether ids begin and end at a character."""
    sign = _sign(tokenizer)
    torn = tokenizer.decode(ids).endswith(TORN) and list(ids[-len(sign) :]) != sign
    return not torn and _begins_whole(tokenizer, ids)


def _begins_whole(tokenizer: Tokenizer, ids: Sequence[int]) -> bool:
    """Whether ids begin at a character."""
    sign = _sign(tokenizer)
    text = tokenizer.decode(ids[: 2 * LONGEST_CHARACTER])
    return not text.startswith(TORN) or list(ids[: len(sign)]) == sign


def _sign(tokenizer: Tokenizer) -> list[int]:
    """The ids of a "�" that somebody wrote; [] if the vocabulary lacks it."""
    return [] if tokenizer.unknown(TORN) else tokenizer.encode_part(TORN)
