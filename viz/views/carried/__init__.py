"""The tokens of a text, each with what it did for an answer: measured without it, and rollout.

A small component: the tokens reach the browser as text, never as HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from viz.colors import DOWN, SHARE, UP
from viz.easel.component import component, on_report
from viz.easel.framing import json_numbers
from viz.map_scale import signed_end
from viz.text import visible

DECIMALS = 2
"""That a token's change is printed with below it."""

_component = component(__file__, "carried", testid="carried")


def carried_view(
    data: Mapping[str, Any],
    *,
    key: str,
    hidden: int | None = None,
    on_choose: Callable[[int], None] | None = None,
) -> None:
    """Draw each token with its two numbers; `data` is from `carried_data`.

    Args:
        hidden: the token that is hidden from the model; another one is then hidden too, not left
            out.
        on_choose: called with a token that was clicked; None: a click does nothing.
    """
    sent = {**data, "hidden": hidden, "choosable": on_choose is not None}
    _component(key=key, data=sent, on_token_change=on_report(key, "token", on_choose))


def carried_data(
    tokens: Sequence[str],
    changes: np.ndarray,
    without: np.ndarray,
    shares: np.ndarray,
    label: str,
) -> dict[str, Any]:
    """Tokens and their numbers as plain JSON types; a number that there is not is null.

    Args:
        tokens: T texts.
        changes: (T,) the label's probability with the token − without it; nan if there is none.
        without: (T,) its probability without the token.
        shares: (T,) the token's share in what the label is read from, 0 to 1.
        label: whose probability it is; a label of the text, or what stands at a hidden token.

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
        "changes": json_numbers(changes),
        "decimals": DECIMALS,
        "end": signed_end(changes, DECIMALS),
        "without": json_numbers(without),
        "shares": json_numbers(shares),
        "label": visible(label),
        "colors": {"up": UP, "down": DOWN, "share": SHARE},
    }
