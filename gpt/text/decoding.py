"""Bytes of a file to text: UTF-8, or UTF-16 and UTF-32 if that is certain; one kind of line end.

If the encoding is not certain, an error asks the person to save the file as UTF-8.
"""

from __future__ import annotations

import codecs

from gpt.errors import TextError

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins as UTF-16's does, so it is looked for first
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
LEAST_LATIN = 0.1
"""Bytes are read as UTF-16 if at least this share of its characters has an upper byte of 0,"""


FEW = 0.1
"""and if there are at most so many lower bytes of 0 for each upper one."""


def decode(name: str, content: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file, and notes on what was changed in it, a sentence each.

    Raises:
        TextError: it is not text, or its encoding is not certain.
    """
    mark = next((mark for mark in MARKS if content.startswith(mark)), b"")
    encoding = MARKS[mark] if mark else _encoding(content)
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        at = error.start + len(mark)
        raise TextError(
            f"{name} is not {encoding.upper()} text: byte {content[at]:#04x} at position {at} does "
            "not belong there. Save it as UTF-8, plain text, and try again."
        ) from None
    if "\0" in text:
        raise TextError(
            f"{name} is no plain text: it has {text.count(chr(0)):,} NUL characters, the first at "
            f"position {text.index(chr(0)):,}. Save it as UTF-8, plain text, and try again."
        )
    notes = () if encoding == "utf-8" else (f"{name} was read as {encoding.upper()}.",)
    text, said = _without_marks(name, text)
    text, ends = _with_plain_line_ends(name, text)
    return text, (*notes, *said, *ends)


def _encoding(content: bytes) -> str:
    """The encoding of bytes without a mark: UTF-8, unless zeros show UTF-16 or UTF-32."""
    if 0 not in content:
        return "utf-8"
    for encoding in ("utf-32-le", "utf-32-be"):
        if len(content) % 4 == 0 and _is_text(content, encoding):
            return encoding
    even, odd = content[::2].count(0), content[1::2].count(0)
    wanted = "utf-16-le" if odd > even else "utf-16-be"
    few, many = sorted((even, odd))  # lower bytes are 0 in few characters, such as U+DE00
    is_certain = few <= FEW * many and many >= LEAST_LATIN * len(content) / 2
    return wanted if is_certain and _is_text(content, wanted) else "utf-8"


def _is_text(content: bytes, encoding: str) -> bool:
    try:
        return "\0" not in content.decode(encoding)
    except UnicodeDecodeError:
        return False


def _without_marks(name: str, text: str) -> tuple[str, tuple[str, ...]]:
    """The text without byte order marks, which joined files have inside."""
    if not (count := text.count("\ufeff")):
        return text, ()
    said = f"{name} has {count:,} marks of byte order (U+FEFF) inside; they were left out."
    return text.replace("\ufeff", ""), (said,)


def _with_plain_line_ends(name: str, text: str) -> tuple[str, tuple[str, ...]]:
    r"""The text with "\n" for every line end."""
    windows = text.count("\r\n")
    old, plain = text.count("\r") - windows, text.count("\n") - windows
    if not windows and not old:
        return text, ()
    counts = {r"\r\n": windows, r"\r": old, r"\n": plain}
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, (rf"{name} has the line ends {kinds}; all were read as \n.",)
