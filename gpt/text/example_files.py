"""Files of examples of every kind: how much of one is read, and what its texts may hold.

`labelled`, `pairs` and `answer_layouts` make examples of them; `example_tables` reads tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpt import bounded
from gpt.bounded import MIB
from gpt.errors import CheckpointError, TextError
from gpt.text import corpus as corpora

MOST_LINES = 1_000_000  # of a file of examples
MOST_MEMORY = 64 * MIB  # of a line of JSON
NAMED = 3  # lines that a message names
_BREAKS = re.compile(r"[\t\n\r\v\f]+")
_HALF = re.compile("[\0\ud800-\udfff]")


def decoded(files: Sequence[tuple[str, bytes]]) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Files of examples, as `corpus.decoded` reads them, with no more lines than are read.

    Raises:
        TextError: as `corpus.decoded`, or a file of too many lines.
    """
    parts, notes = corpora.decoded(files)
    for name, text in parts:
        if text.count("\n") > MOST_LINES:
            raise TextError(
                f"{name} has {text.count(chr(10)):,} lines, and up to {MOST_LINES:,} examples are "
                "read; give a part of it"
            )
    return parts, notes


def stored_lines(path: Path) -> list[str]:
    """The lines of a file of examples that a run keeps.

    Raises:
        CheckpointError: it cannot be read, or has more lines than any that was read.
    """
    [content] = corpora.read_texts([path])
    if content.count("\n") > MOST_LINES:
        raise CheckpointError(f"{bounded.where(path)} has more lines than one of ours")
    return content.split("\n")[:-1]


def json_line(line: str) -> Any:
    """The value of a line of JSON.

    Raises:
        ValueError: it is not JSON, or one that would take much memory.
    """
    if bounded.json_memory(line.encode(errors="surrogatepass")) > MOST_MEMORY:
        raise ValueError("it holds too many values")
    try:
        return json.loads(line)
    except RecursionError:
        raise ValueError("it is too deep") from None


def one_line(text: str) -> str:
    """A text on one line: breaks inside become blanks, and blanks around it are left out.

    >>> one_line(" two\\nlines ")
    'two lines'
    """
    text = text.strip()
    return _BREAKS.sub(" ", text) if _BREAKS.search(text) else text


def check_writable(name: str, rows: Sequence[Sequence[str]]) -> None:
    """Refuse what no text file can hold, which JSON may write as "\\ud800" or "\\u0000".

    Raises:
        TextError: naming the file.
    """
    if any(_HALF.search(cell) for row in rows for cell in row):
        raise TextError(
            f"{name} has half a character (U+D800 to U+DFFF) or a NUL in it; write the text as "
            "UTF-8"
        )


def lines_have(lines: Sequence[int]) -> str:
    """Some lines as the subject of a sentence: how many, and the numbers of the first few.

    >>> lines_have([3]), lines_have([3, 8]), lines_have([3, 8, 9, 1200])
    ('line 3 has', 'lines 3 and 8 have', '4 lines (3, 8, 9, …) have')
    """
    named = [f"{line:,}" for line in lines[:NAMED]]
    if len(lines) == 1:
        return f"line {named[0]} has"
    if len(lines) <= NAMED:
        return f"lines {', '.join(named[:-1])} and {named[-1]} have"
    return f"{len(lines):,} lines ({', '.join(named)}, …) have"
