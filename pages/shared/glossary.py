"""The glossary: what the words of the pages mean, one hover, Tab or touch away.

A text of ours marks a word by double brackets, `[[nats]]`, or with other words in its place,
`[[induction head|induction]]`. `marked` makes a link of it whose title is the meaning; glossary.js
shows the title at the word, for the mouse, the keyboard and a finger alike.

`python -m pages.shared.glossary` writes docs/guide/glossary.md anew.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from gpt.errors import ConfigError

HERE = Path(__file__).resolve()
DOCUMENT = HERE.parents[2] / "docs" / "guide" / "glossary.md"
MARK = re.compile(r"\[\[([^][|]+)(?:\|([^][|]+))?\]\]")
HEADING = """# The words of the pages

On a page, a word with a dotted line below it says what it means: hover it, reach it with Tab, or
touch it. These are all of them. They are kept in `pages/shared/glossary.toml`, from which this page
is written.

| word | meaning |
| --- | --- |
"""


@cache
def meanings() -> dict[str, str]:
    """What each word means."""
    return tomllib.loads((HERE.parent / "glossary.toml").read_text(encoding="utf-8"))


def marked(text: str) -> str:
    """Markdown, with the words in double brackets made links to their meanings.

    Raises:
        ConfigError: a word is not in the glossary.
    """
    return MARK.sub(_link, text)


def _link(mark: re.Match[str]) -> str:
    label, word = mark[1], mark[2] or mark[1]
    meaning = meanings().get(word)
    if meaning is None:
        raise ConfigError(f"the glossary has no word {word!r}; it has {', '.join(meanings())}")
    return f'[{label}](#{anchor(word)} "{meaning}")'


def anchor(word: str) -> str:
    """What a word's link points at.

    >>> anchor("KV cache")
    'meaning-kv-cache'
    """
    return "meaning-" + re.sub(r"\W+", "-", word.lower())


def document() -> str:
    """The page of the docs."""
    rows = (
        f"| {word} | {meaning} |"
        for word, meaning in sorted(meanings().items(), key=lambda row: row[0].lower())
    )
    return HEADING + "\n".join(rows) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
