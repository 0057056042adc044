"""What a token looks like on screen: nothing invisible, nothing that can reorder or run."""

import html
import unicodedata

_NAMED = {" ": "·", "\n": "↵", "\t": "⇥"}
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
# Letters and symbols by category, yet drawn as nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_EMOJI_STYLE = "\ufe0f"
_JOINER = "\u200d"


def visible(piece: str) -> str:
    """A token as a person should see it.

    >>> visible(" the\\n")
    '·the↵'
    >>> visible("a\\u202eb")
    'a⟨U+202E⟩b'
    >>> visible("\\u0301")
    '◌́'
    """
    return "".join(_shown(piece, place) for place in range(len(piece)))


def readable(text: str) -> str:
    """A text with its spaces and line breaks as they are, and nothing else invisible.

    >>> readable("to be\\n<b>\\u202e")
    'to be\\n<b>⟨U+202E⟩'
    """
    return "\n".join(
        " ".join(visible(word) for word in line.split(" ")) for line in text.split("\n")
    )


def plotly_label(piece: str) -> str:
    """`visible(piece)` for plotly, which reads labels as HTML.

    >>> plotly_label("<s>")
    '&lt;s&gt;'

    Raises:
        ValueError: what is no text, such as a token's id.
    """
    if not isinstance(piece, str):
        raise ValueError(f"a token must be text, got {piece!r}")
    return html.escape(visible(piece), quote=False)


def plotly_text(text: str) -> str:
    """`readable(text)`, a title say, for plotly.

    >>> plotly_text("a < b")
    'a &lt; b'
    """
    return html.escape(readable(text), quote=False)


def _shown(piece: str, place: int) -> str:
    char = piece[place]
    if char in _NAMED:
        return _NAMED[char]
    if _is_emoji_glue(piece, place):
        return char
    if _is_invisible(char):
        return f"⟨U+{ord(char):04X}⟩"
    if unicodedata.category(char).startswith("M") and not _has_base(piece, place):
        return "◌" + char
    return char


def _is_invisible(char: str) -> bool:
    variation = 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF
    return unicodedata.category(char) in _INVISIBLE or char in _BLANK or variation


def _is_emoji_glue(piece: str, place: int) -> bool:
    """A joiner between two symbols, or a style mark after one, is part of a drawn emoji."""
    symbol_before = place > 0 and unicodedata.category(piece[place - 1]) in {"So", "Sk"}
    if piece[place] == _EMOJI_STYLE:
        return symbol_before
    if piece[place] != _JOINER or place + 1 >= len(piece):
        return False
    styled_before = place > 1 and piece[place - 1] == _EMOJI_STYLE
    return (symbol_before or styled_before) and unicodedata.category(piece[place + 1]) == "So"


def _has_base(piece: str, place: int) -> bool:
    """Whether the mark at `place` sits, maybe over other marks, on something drawn as itself."""
    for char in reversed(piece[:place]):
        if not unicodedata.category(char).startswith("M"):
            return char not in _NAMED and not _is_invisible(char)
    return False
