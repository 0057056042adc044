"""Numbers and tokens in Markdown tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

from viz.text import visible

NONE = "–"


def number(value: float | None, digits: int = 4) -> str:
    """A number with a real minus sign; a dash for None.

    >>> number(-0.12345), number(None)
    ('−0.1235', '–')
    """
    return NONE if value is None else f"{value:.{digits}f}".replace("-", "−")


def signed(value: float | None, digits: int = 4) -> str:
    """A difference, with its sign.

    >>> signed(0.5), signed(-0.5)
    ('+0.5000', '−0.5000')
    """
    return NONE if value is None else f"{value:+.{digits}f}".replace("-", "−")


def code(piece: str) -> str:
    """A token in the monospaced face; any token is safe in a table.

    >>> code("a|b"), code("`")
    ('`a\\\\|b`', '`` ` ``')
    """
    text = visible(piece).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, the others to the right."""
    lines = [head, [":--", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
