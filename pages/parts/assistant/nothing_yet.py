"""What a part says while the run that it is about has no weights."""

from __future__ import annotations

import streamlit as st

from pages.parts.assistant.stage_recipes import Chain
from pages.shared.plain import plain


def say_nothing_yet(chain: Chain, box: str, instead: str) -> None:
    """Say that the chosen run of a box has no weights yet, or what to do if there is no run.

    Args:
        instead: what to do.
    """
    run = chain.run(box)
    if run is None:
        st.info(instead)
    else:
        st.info(
            f"**{plain(run.name)}** has no weights yet. They come with its first checkpoint, some "
            "seconds after it has started."
        )
