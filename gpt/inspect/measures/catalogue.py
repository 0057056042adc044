"""The catalogue of measures: what a question of the tour may ask, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from gpt.errors import ConfigError
from gpt.inspect.measures import by_hand, looking, rebuilding, saying, sizes, switching
from gpt.inspect.measures.reading import Measured, Reading

MEASURES: Mapping[str, Callable[..., Measured]] = {
    function.__name__: function
    for function in (
        *(sizes.token_count, sizes.uniform_loss, sizes.head_size, sizes.mlp_share),
        *(saying.sureness, saying.label, saying.reward_gap),
        *(looking.strongest_key, looking.cell_weight, looking.settled_layer),
        *(switching.loss_change, switching.entropy_change),
        *(by_hand.softmax_times, by_hand.running_mean, by_hand.ways_apart),
        by_hand.gaussian_variance,
        *(rebuilding.without_skips, rebuilding.swap_change, rebuilding.swapped_score),
        rebuilding.other_rows,
    )
}


def check_measure(name: str, settings: Mapping[str, Any]) -> None:
    """Check a measure's name and the names of its settings.

    Raises:
        ConfigError: there is no such measure, or it does not take these settings.
    """
    if name not in MEASURES:
        raise ConfigError(f"there is no measure {name!r}; there are {', '.join(MEASURES)}")
    signature = inspect.signature(MEASURES[name])
    try:
        signature.bind(None, **settings)
    except TypeError as error:
        known = ", ".join(list(signature.parameters)[1:]) or "none"
        raise ConfigError(f"{name}: {error}; its settings are: {known}") from None


def measure(name: str, reading: Reading, settings: Mapping[str, Any]) -> Measured:
    """Measure a number.

    Raises:
        ConfigError: see `check_measure`.
        HeadlightError: it cannot be measured on this reading; the message says why.
    """
    check_measure(name, settings)
    return MEASURES[name](reading, **settings)
