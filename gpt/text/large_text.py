"""A text that is larger than is read at once: its files are read in pieces, again for each pass.

Everything that a tokenizer needs of it comes piece by piece, and its tokens go into a file
(`gpt.text.token_file`). So a text takes no more memory than a few pieces, whatever its size.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import IncrementalNewlineDecoder
from pathlib import Path

from gpt.errors import TextError
from gpt.text.corpus import MAX_BYTES, joint_name
from gpt.text.decoding import MARKS

PIECE = 1 << 18  # bytes that are read at a time; a tokenizer takes a few hundred for each
LONGEST_PIECE = 1 << 22  # characters without a line break that are kept together
SAMPLE = 64 * 2**20
"""Bytes from which a tokenizer learns its vocabulary, evenly spread over the text."""
NOT_UTF_8 = [mark for mark, encoding in MARKS.items() if encoding != "utf-8"]


@dataclass(frozen=True)
class LargeText:
    """Files of UTF-8 as one text, read in pieces.

    Fields:
        name: how people call it.
        paths: the files, in reading order.
        size: bytes of all files.
        watch: called with the share of the text that a pass has read; may raise to end the pass.
    """

    name: str
    paths: tuple[Path, ...]
    size: int
    watch: Callable[[float], None] = field(default=lambda share: None, compare=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about how it is read, a sentence each."""
        return (
            f"{self.name} has {self.size / 2**20:,.0f} MiB, more than is read at once: the run "
            "keeps its tokens in a file and draws its batches from there.",
        )

    def pieces(self) -> Iterator[str]:
        r"""The whole text from its beginning, with "\n" for every line end.

        Raises:
            TextError: a file that is gone, or is not UTF-8 text.
        """
        done = 0
        for path in self.paths:
            for size, piece in _decoded(path):
                done += size
                self.watch(done / self.size)
                yield piece

    def characters(self) -> str:
        """Its distinct characters, sorted.

        Raises:
            TextError: as `pieces`.
        """
        distinct: set[str] = set()
        for piece in self.pieces():
            distinct.update(piece)
        return "".join(sorted(distinct))

    def sample(self, most: int = SAMPLE) -> Iterator[str]:
        """Pieces of it to learn a vocabulary from, evenly spread.

        Args:
            most: bytes of all pieces together, about.

        Raises:
            TextError: as `pieces`.
        """
        every = -(-self.size // most)
        for i, piece in enumerate(at_line_ends(self.pieces())):
            if i % every == 0:
                yield piece


def is_large(paths: Sequence[Path]) -> bool:
    """Whether some files are together more than a corpus that is read at once."""
    return sum(path.stat().st_size for path in paths if path.is_file()) > MAX_BYTES


def of_files(paths: Sequence[str | Path]) -> LargeText:
    """Text files as one large text; nothing is read yet.

    Raises:
        TextError: a file that is missing.
    """
    files = tuple(map(Path, paths))
    if missing := [path for path in files if not path.is_file()]:
        raise TextError(f"there is no file {missing[0]}; give the path of a UTF-8 text file")
    size = sum(path.stat().st_size for path in files)
    return LargeText(joint_name([path.name for path in files]), files, size)


def at_line_ends(pieces: Iterable[str]) -> Iterator[str]:
    r"""The same text, cut before line breaks that follow a letter or a sign.

    There a word ends in every tokenizer that cuts a text into words, so the tokens of the pieces
    are the tokens of the text. A piece without such a place grows up to `LONGEST_PIECE`, and is
    cut before its last blank of that kind, if it has one.

    >>> list(at_line_ends(["to be\nor n", "ot \n", "\nto", " be\n"]))
    ['to be', '\nor not \n\nto be', '\n']
    """
    kept = ""
    for piece in pieces:
        kept += piece
        end = _last_end(kept, "\n")
        if not end and len(kept) > LONGEST_PIECE:
            end = _last_end(kept, " ") or len(kept)
        if end:
            yield kept[:end]
            kept = kept[end:]
    if kept:
        yield kept


def _last_end(text: str, sign: str) -> int:
    """The place of the last line break, or blank, that follows no white space; 0 without one."""
    end = text.rfind(sign)
    while end > 0 and text[end - 1].isspace():
        end = text.rfind(sign, 0, end)
    return max(end, 0)


def _decoded(path: Path) -> Iterator[tuple[int, str]]:
    """(bytes, text) of each piece of a file.

    Raises:
        TextError: it is gone, or is not UTF-8 text.
    """
    utf_8 = codecs.getincrementaldecoder("utf-8")()
    decoder = IncrementalNewlineDecoder(utf_8, translate=True)
    done = torn = 0
    try:
        with path.open("rb") as file:
            while content := file.read(PIECE):
                if not done and any(map(content.startswith, NOT_UTF_8)):
                    raise TextError(f"{path.name} is not UTF-8 text; save it as UTF-8, plain text")
                torn = len(utf_8.getstate()[0])
                text = _checked(path.name, decoder.decode(content), done)
                done += len(content)
                yield len(content), text
            torn, content = len(utf_8.getstate()[0]), b""
            yield 0, decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise TextError(
            f"{path.name} is not UTF-8 text: byte {error.object[error.start]:#04x} at position "
            f"{done - torn + error.start:,} does not belong there. Save it as UTF-8, plain text."
        ) from None
    except OSError as error:
        raise TextError(f"{path.name} cannot be read: {error.strerror}") from None


def _checked(name: str, text: str, done: int) -> str:
    """A piece without marks of byte order.

    Raises:
        TextError: it has a NUL, so it is no text.
    """
    if "\0" in text:
        raise TextError(f"{name} is no plain text: it has a NUL character after {done:,} bytes")
    return text.replace("\ufeff", "")
