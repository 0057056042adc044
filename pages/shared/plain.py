"""Plain text inside Markdown: what a person or a file wrote is shown as it stands.

A backslash keeps Markdown from reading a character. Streamlit looks for links, emoji and arrows
once more, in the text that Markdown leaves, and there the backslashes are gone: `www.x.y`, `a@b.c`,
`:smile:` and ` -> ` are kept apart by a character that is drawn as nothing and is in no pattern.
"""

from __future__ import annotations

import re

from viz.text import readable

SPECIAL = frozenset(r"\`*_{}[]()#+-.!|<>~:$&^=")
ENDS = (".", "!", "?", "…")
"""Signs that end a sentence."""
APART = "\u2060"  # WORD JOINER: no width, no line break
LOOKED_FOR = (
    re.compile(r"(?<=http)(?=s?:)|(?<=https)(?=:)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE),
    re.compile(r"(?<=:)(?=[\w+/-]+:)"),  # :smile:, :material/home:, :streamlit:
    re.compile(r"(?<!\S)(?=(?:<->|->|<-|--|>=|<=|~=)(?!\S))"),  # ↔ → ← — ≥ ≤ ≈
)
"""Places in a text at which Streamlit's Markdown would find a link, an emoji or a symbol."""


def sentence(text: str) -> str:
    """An error's message as `plain` text: a capital, if it begins with a word, and a full stop.

    The name of a file or a setting stays as it is.

    >>> sentence("the source is empty"), sentence("n_layer is"), sentence("a.tsv lacks")
    ('The source is empty\\\\.', 'n\\\\_layer is\\\\.', 'a\\\\.tsv lacks\\\\.')
    """
    text = text.strip()
    first = text.split(" ", 1)[0]
    is_word = first.isalpha() and first.islower()
    whole = text if text.endswith(ENDS) else f"{text}."
    return plain(whole[0].upper() + whole[1:] if is_word else whole)


def plain(text: str) -> str:
    """Text that Markdown leaves as it is; what is invisible in it is named, spaces stay.

    >>> plain("<b>*x*")
    '\\\\<b\\\\>\\\\*x\\\\*'
    """
    escaped = readable(text)
    for places in LOOKED_FOR:
        escaped = places.sub(APART, escaped)
    return "".join(f"\\{c}" if c in SPECIAL else c for c in escaped)
