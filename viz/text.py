"""What a token looks like on screen: nothing invisible, nothing that can reorder or run."""

import html
import re
import unicodedata
from string import ascii_uppercase

_NAMED = {" ": "·", "\n": "↵", "\t": "⇥"}
_CIRCLED = {chr(0x24B6 + n): letter for n, letter in enumerate(ascii_uppercase)}
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
# Letters and symbols by category, yet drawn as nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_STYLES = "\ufe0e\ufe0f"  # a symbol as text, as emoji
_KEYCAP = "\u20e3"
_JOINER, _NON_JOINER = "\u200d", "\u200c"
_VIRAMA = 9  # canonical combining class
# A flag of a part of a country: a black flag, the part's code in tag letters, and their end.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]{1,6}\U000e007f")


class Label(str):
    """What people call a class: its spaces are plain ones, unlike those of a token."""


def visible(piece: str) -> str:
    """A token as a person should see it.

    >>> visible(" the\\n")
    '·the↵'
    >>> visible("a\\u202eb")
    'a⟨U+202E⟩b'
    >>> visible("\\u0301")
    '◌́'

    A circled letter, as an assistant's template has them, is in few fonts.

    >>> visible("Ⓠmy")
    '⟨Q⟩my'
    >>> visible(Label("very good"))
    'very good'
    """
    if isinstance(piece, Label):
        return readable(piece)
    return "".join(_shown(piece, index) for index in range(len(piece)))


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


def _shown(piece: str, index: int) -> str:
    char = piece[index]
    if char in _NAMED:
        return _NAMED[char]
    if char in _CIRCLED:
        return f"⟨{_CIRCLED[char]}⟩"
    if _is_glue(piece, index):
        return char
    if _is_invisible(char):
        return f"⟨U+{ord(char):04X}⟩"
    if unicodedata.category(char).startswith("M") and not _has_base(piece, index):
        return "◌" + char
    return char


def _is_invisible(char: str) -> bool:
    variation = 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF
    return unicodedata.category(char) in _INVISIBLE or char in _BLANK or variation


def _is_glue(piece: str, index: int) -> bool:
    """Whether an invisible character is part of what is drawn: of an emoji, a letter, a flag."""
    char, before, after = piece[index], piece[:index], piece[index + 1 :]
    if char in _STYLES:
        return _is_symbol(before[-1:]) or (
            before[-1:] in set("0123456789#*") and after[:1] == _KEYCAP
        )
    if 0xE0100 <= ord(char) <= 0xE01EF:  # one of several shapes of a Chinese character
        return bool(before) and unicodedata.name(before[-1], "").startswith("CJK")
    if char == _JOINER and _is_symbol(before.rstrip(_STYLES)[-1:]):
        return _is_symbol(after[:1])
    if char in (_JOINER, _NON_JOINER):
        return _joins_letters(before[-1:], after[:1])
    return any(flag.start() < index < flag.end() for flag in _FLAG.finditer(piece))


def _is_symbol(char: str) -> bool:
    return bool(char) and (unicodedata.category(char) in {"So", "Sk"} or char in "\u203c\u2049↔⤴⤵")


def _joins_letters(before: str, after: str) -> bool:
    """Whether a joiner between them changes how letters are drawn (RFC 5892, appendix A)."""
    if not (before and after):
        return False
    return unicodedata.combining(before) == _VIRAMA or (_is_cursive(before) and _is_cursive(after))


def _is_cursive(char: str) -> bool:
    scripts = ("ARABIC", "SYRIAC", "MONGOLIAN", "NKO", "MANDAIC")
    return unicodedata.name(char, "").startswith(scripts) and unicodedata.category(char)[0] in "LM"


def _has_base(piece: str, index: int) -> bool:
    """Whether the mark at `index` sits, maybe over other marks, on something drawn as itself."""
    for char in reversed(piece[:index]):
        if not unicodedata.category(char).startswith("M"):
            return char not in _NAMED and not _is_invisible(char)
    return False
