"""The seed, as a field of a page and in its URL."""

from __future__ import annotations

from pages.shared import links
from pages.shared.page_state import PageState
from pages.shared.parameters import HIGHEST_SEED


def seed_field(state: PageState, name: str, default: int, help: str) -> int:
    """Draw the field; return what it says.

    Args:
        state, name: of the page, and of its field.
        default: where nothing was chosen.
        help: what the seed decides.
    """
    return links.whole("Seed", state, name, 0, HIGHEST_SEED, default=default, help=help)
