"""Plain text inside Markdown: what a person or a file wrote is shown as it stands."""

from __future__ import annotations

from viz.text import visible

SPECIAL = frozenset(r"\`*_{}[]()#+-.!|<>~:$&^=")


def plain(text: str) -> str:
    """Text that Markdown leaves as it is; what is invisible in it is named, spaces stay.

    >>> plain("<b>*x*")
    '\\\\<b\\\\>\\\\*x\\\\*'
    """
    shown = "".join(c if c in " \n" else visible(c) for c in text)
    return "".join(f"\\{c}" if c in SPECIAL else c for c in shown)
