"""The tokens of a text, each with what it did for an answer: measured without it, and rollout.

A small component: the tokens reach the browser as text, never as HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from viz.colors import DOWN, SHARE, UP
from viz.easel.component import component, on_report
from viz.text import visible

_component = component(__file__, "carried", testid="carried")


def carried_tokens(
    tokens: Sequence[str],
    changes: np.ndarray,
    without: np.ndarray,
    shares: np.ndarray,
    label: str,
    *,
    key: str,
    hidden: int | None = None,
    on_choose: Callable[[int], None] | None = None,
) -> None:
    """Draw each token with its two numbers.

    Args:
        tokens: T texts.
        changes: (T,) the label's probability with the token − without it; nan if there is none.
        without: (T,) its probability without the token.
        shares: (T,) the token's share in what the label is read from, 0 to 1.
        label: whose probability it is; a label of the text, or what stands at a hidden token.
        hidden: the token that is hidden from the model; another one is then hidden too, not left
            out.
        on_choose: called with a token that was clicked; None: a click does nothing.
    """
    data = carried_data(tokens, changes, without, shares, label)
    data |= {"hidden": hidden, "choosable": on_choose is not None}
    _component(key=key, data=data, on_token_change=on_report(key, "token", on_choose))


def carried_data(
    tokens: Sequence[str],
    changes: np.ndarray,
    without: np.ndarray,
    shares: np.ndarray,
    label: str,
) -> dict[str, Any]:
    """As plain JSON types; a number that there is not is null.

    Raises:
        ValueError: numbers for another count of tokens.
    """
    if not len(tokens) == len(changes) == len(without) == len(shares):
        raise ValueError(
            f"{len(tokens)} tokens need as many changes, probabilities and shares, got "
            f"{len(changes)}, {len(without)} and {len(shares)}"
        )
    return {
        "tokens": [visible(token) for token in tokens],
        "changes": _numbers(changes),
        "without": _numbers(without),
        "shares": _numbers(shares),
        "label": visible(label),
        "colors": {"up": UP, "down": DOWN, "share": SHARE},
    }


def _numbers(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
