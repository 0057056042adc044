"""A list of (layer, head) as text in a URL."""

from __future__ import annotations

from collections.abc import Sequence

from gpt import numerals
from gpt.errors import SwitchError

Head = tuple[int, int]


def text(heads: Sequence[Head]) -> str:
    """(layer, head) pairs as they stand in the URL: "1.0,2.3"."""
    return ",".join(f"{l}.{h}" for l, h in heads)


def read_heads(written: str) -> list[Head]:
    """Read what `text` wrote.

    Raises:
        SwitchError: the text is not a list of heads.
    """
    try:
        pairs = [part.split(".") for part in written.split(",") if part]
        return [(numerals.whole(l), numerals.whole(h)) for l, h in pairs]
    except ValueError:
        raise SwitchError(
            f"{numerals.brief(written)} is no list of heads; write layer.head, as 1.0,2.3"
        ) from None
