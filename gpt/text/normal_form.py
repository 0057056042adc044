"""The normal form of a sentence: case, punctuation and blanks aside, two are the same or not."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

KEPT = "LMN"
"""First letters of the Unicode categories that are kept: letters, the marks on them, digits."""


def normal_forms(texts: Sequence[str]) -> list[str]:
    """Each text in small letters, without anything that is no letter or digit.

    Blanks go too, so that "some day" is "someday" and "don't" is "dont". A text of nothing but
    signs (":-)") stays as it is, because it would be empty.

    >>> normal_forms(["Ça suffit\u202f!", "ça suffit", ":-)"])
    ['çasuffit', 'çasuffit', ':-)']
    """
    plain = [unicodedata.normalize("NFC", text.casefold()) for text in texts]
    characters = set().union(*plain)
    signs = {ord(c): None for c in characters if unicodedata.category(c)[0] not in KEPT}
    return [text.translate(signs) or text for text in plain]
