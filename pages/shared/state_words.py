"""What a page says about values of a link or of its controls that it cannot use."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any

from gpt import numerals
from pages.shared.url_fields import Bound

MOST_NAMES = 5


def refusal(bound: Bound, origin: str, text: str, reason: str, instead: Any) -> str:
    """Why a value is not used, and the value that is shown in its place.

    Args:
        origin: "link" or "control".
        text: the value that is refused.
        instead: the value that is shown; None if nothing is chosen.
    """
    if origin == "control":
        what = f"{bound.parameter.label or bound.name} {text[: numerals.LONGEST]}"
    else:
        what = f"The link says {bound.name}={numerals.brief(text)}"
    nothing = bound.parameter.nothing or "what the page begins with"
    standing_in = nothing if instead in (None, "", ()) else numerals.to_text(instead)
    return f"{what}: {reason}. Shown instead: {standing_in}."


def unused(names: Iterable[str], known: Container[str], repeated: Sequence[str]) -> str:
    """What of a link no field takes, in a line; empty if there is nothing.

    Args:
        names: every name in the link.
        known: the names of the page's fields.
        repeated: the names that the link says several times.

    >>> unused(["layer", "steps"], {"layer"}, [])
    "The link names 'steps', which this page does not have; it has no effect here."
    """
    unknown = [numerals.brief(name) for name in names if name not in known]
    words = []
    if unknown:
        more = f" and {len(unknown) - MOST_NAMES:,} more" if len(unknown) > MOST_NAMES else ""
        listed = ", ".join(unknown[:MOST_NAMES]) + more
        effect = "it has no effect" if len(unknown) == 1 else "they have no effect"
        words.append(f"The link names {listed}, which this page does not have; {effect} here.")
    if repeated:
        words.append(f"The link says {', '.join(repeated)} more than once; the last one is used.")
    return " ".join(words)


def is_same(bound: Bound, asked: str, text: str) -> bool:
    """Whether two texts in a URL stand for one value: "0.30" and "0.3", "5,3" and "5.3"."""
    try:
        is_equal = bound.text(bound.parameter.read(asked)) == text
        return is_equal or numerals.real(asked) == numerals.real(text)
    except ValueError:
        return False
