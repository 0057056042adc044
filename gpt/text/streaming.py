"""Streams: the text of tokens that come one at a time, as the part that each adds to the whole.

One token is not always text by itself: a byte of three is no character, "##s" belongs to the word
before it, and a blank may stand only between two tokens. A stream gives out what no later token
can change and holds back the rest; all that it gave out is `decode` of all the tokens.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gpt.text.tokenizer import Tokenizer

BYTES = re.compile("(⟨0x[0-9A-F]{2}⟩)+")
"""How `pieces` writes bytes that are no character by themselves."""
ANCHORED = 64
"""Most tokens that are decoded again for each new one, besides those held back."""


class TextStream(Protocol):
    """The text of tokens that come one at a time."""

    def add(self, id: int) -> str:
        """Take one more token; return the text that is certain now and was not before."""

    def rest(self) -> str:
        """The text that was held back, at the end."""


def streamed(stream: TextStream, ids: Iterable[int]) -> str:
    """The whole text of some ids, through a stream."""
    return "".join([*map(stream.add, ids), stream.rest()])


class PieceStream:
    """The stream of tokens that are text by themselves: characters.

    Args:
        text_of: the text of one token.
    """

    def __init__(self, text_of: Callable[[int], str]) -> None:
        self._text_of = text_of

    def add(self, id: int) -> str:
        """The token's own text."""
        return self._text_of(id)

    def rest(self) -> str:
        """Nothing is ever held back."""
        return ""


class ByteStream:
    """The stream of tokens that are bytes of UTF-8: a character appears with its last byte.

    Args:
        bytes_of: the bytes of one token.
    """

    def __init__(self, bytes_of: Callable[[int], bytes]) -> None:
        self._bytes_of = bytes_of
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def add(self, id: int) -> str:
        """The characters that these bytes complete."""
        return self._decoder.decode(self._bytes_of(id))

    def rest(self) -> str:
        """A "�" for the bytes of an incomplete character."""
        return self._decoder.decode(b"", final=True)


class GrowingStream:
    """The stream of tokens whose text depends on the token before, or on being the first.

    The last tokens are decoded again with each new one, from a token whose text is certain on.

    Args:
        text_of: the text of several tokens.
        held: how many of the last tokens a later one may still change.
    """

    def __init__(
        self, text_of: Callable[[list[int]], str], held: Callable[[Sequence[int]], int]
    ) -> None:
        self._text_of, self._held = text_of, held
        self._ids: list[int] = []
        self._given = 0  # characters of these ids that have been given out

    def add(self, id: int) -> str:
        """The text that is new, without the last tokens, which may still change."""
        self._ids.append(id)
        held = self._held(self._ids)
        if held == len(self._ids):
            return ""
        grown = self._grown(self._ids[: len(self._ids) - held])
        if not held and len(self._ids) > ANCHORED:
            self._anchor()
        return grown

    def rest(self) -> str:
        """The text of the tokens that were held back."""
        return self._grown(self._ids)

    def _grown(self, ids: list[int]) -> str:
        text = self._text_of(ids)
        grown, self._given = text[self._given :], len(text)
        return grown

    def _anchor(self) -> None:
        """Forget the tokens before the last one that has a visible character of its own."""
        for start in range(len(self._ids) - 1, 0, -1):
            own = self._ids[start : start + 1]
            if not self._held(own) and self._text_of(own).strip():
                self._ids = self._ids[start:]
                self._given = len(self._text_of(self._ids))
                return


class FramedStream:
    """The stream of a text inside a frame, such as "[CLS]" and "[SEP]".

    The frame around the whole text is left out; the same tokens elsewhere are text.

    Args:
        inner: the stream of the text inside the frame.
        before, after: the ids of the frame.
    """

    def __init__(self, inner: TextStream, before: Sequence[int], after: Sequence[int]) -> None:
        self._inner, self._before, self._after = inner, list(before), list(after)
        self._begun = not before
        self._pending: list[int] = []

    def add(self, id: int) -> str:
        """The text of the tokens that are certainly no part of the frame."""
        self._pending.append(id)
        return self._pass_on() if self._begun or self._opened() else ""

    def rest(self) -> str:
        """The text of the tokens that could have been a part of the frame, but are not."""
        self._begun = True
        text = self._pass_on()
        if self._pending != self._after:
            text += "".join(map(self._inner.add, self._pending))
        self._pending = []
        return text + self._inner.rest()

    def _opened(self) -> bool:
        """Whether it is certain if the text begins with the frame, whose ids are then dropped."""
        if self._pending == self._before:
            self._pending, self._begun = [], True
        elif self._pending != self._before[: len(self._pending)]:
            self._begun = True
        return self._begun

    def _pass_on(self) -> str:
        """The text of the pending tokens that cannot begin the closing frame."""
        text = ""
        while self._pending and self._pending != self._after[: len(self._pending)]:
            text += self._inner.add(self._pending.pop(0))
        return text


def texts(tokenizer: Tokenizer, ids: Sequence[int]) -> list[str]:
    """For each token, the text that it adds; together they are the text.

    Of the bytes of a character the last one has the character, the others "". A token without a
    text, such as an unused id or a lone byte at the end, has its piece.
    """
    grown = [*map(tokenizer.stream(framed=False).add, ids)]
    last = max((at for at, text in enumerate(grown) if text), default=-1)
    return [
        text or ("" if at < last and BYTES.fullmatch(piece) else piece)
        for at, (text, piece) in enumerate(zip(grown, tokenizer.pieces(ids), strict=True))
    ]


def incomplete(data: bytes) -> int:
    """How many of the last bytes are the beginning of a character whose end is missing.

    >>> incomplete("a日".encode()), incomplete("a日".encode()[:-1]), incomplete(b"\\xff")
    (0, 2, 0)
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    decoder.decode(data[-4:])
    return len(decoder.getstate()[0])
