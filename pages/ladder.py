"""The ladder: the lecture's models from a bigram to a GPT, trained here and compared with it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gpt.training.pairs.building_pairs import BUILDING_PAIRS
from pages.parts.ladder import climb, counting, first_loss, rung
from pages.parts.ladder.ladder_state import LadderState
from pages.shared import page_state, pair_panel, url_controls
from pages.shared.lecture import cited

ABOUT = """
Each rung is the one below with one or two settings changed, trained as in the lecture: n_embd 32,
block size 8, batches of 32, AdamW at a constant 1e-3; 10,000 steps for the bigram and 5,000 for the
others.

- **The climb.** Every rung's loss over the whole validation split. Look for the one that goes up:
  three blocks without skip connections are worse than one, and much better with them.
- **One rung.** The code shown is read from the modules that run, with the file and line.
- **The start.** What first weights do to the first loss.
- **Counting.** What the last characters alone say about the next: pairs beside the trained table,
  and longer contexts.
- **Pairs.** Small models that differ in one part of a block only. Several show no effect at this
  size; that is a result too.

The trained models are ordinary runs: every page opens them, they stay in `checkpoints/`, and
`python -m gpt ladder --text FILE` makes the same ones, two at a time.
"""


def main() -> None:
    """One of five parts."""
    st.header("The ladder", anchor=False)
    st.markdown(
        "The lecture climbs from a table of letter pairs to a GPT. Train its models, see what each "
        "adds in a few lines of code, and how much that brings. — "
        f"{cited('bigram', 'scaled up', joined=' to ')}"
    )
    state = page_state.opened(LadderState)
    part = url_controls.choice("Show", state, "show", tuple(SHOWS))
    page_state.publish(state, **{"show": part} | SHOWS[part](state))
    with st.expander("How to read this"):
        st.markdown(ABOUT)


def pairs(state: LadderState) -> dict[str, Any]:
    """Draw the experiments on the parts of a block; return the values for the URL."""
    return pair_panel.pairs(BUILDING_PAIRS, state)


SHOWS = {
    "the climb": climb.show,
    "one rung": rung.show,
    "the start": first_loss.show,
    "counting": counting.show,
    "pairs": pairs,
}

main()
