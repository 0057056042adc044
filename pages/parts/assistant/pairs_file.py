"""A person's own comparisons out of JSONL files: what is in them, and a reward model by a click."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from gpt.errors import TextError
from gpt.text import answer_layouts
from gpt.text import corpus as corpora
from gpt.text.prompted import Comparisons
from gpt.training.runs import Run
from pages.parts.assistant import own_reward
from pages.shared.plain import plain, sentence
from pages.shared.uploads import Handed, files_field

LAYOUT = '{"prompt": …, "chosen": …, "rejected": …}'


def draw(run: Run) -> None:
    """Draw the field, and of files that can be read how many pairs there are, and the button.

    Args:
        run: the fine-tuned run that a reward model would begin with.
    """
    with st.expander("Pairs of your own in a file"):
        files = files_field(
            f"JSONL, {LAYOUT} a line",
            "assistant_pairs",
            ["jsonl"],
            several=True,
            most=corpora.MAX_BYTES,
        )
        if not files:
            st.caption("Nothing chosen yet. They stay on this machine.")
            return
        try:
            pairs = _read(tuple(file.file_id for file in files), files)
        except TextError as error:
            st.error(sentence(str(error)), icon=":material/error:")
            return
        st.markdown(f"**{len(pairs):,}** pairs of {plain(pairs.name)} prefer one of two answers.")
        for note in pairs.notes:
            st.caption(plain(note))
        st.button(
            "Train a reward model on them",
            key="file_train",
            type="primary",
            icon=":material/play_arrow:",
            on_click=partial(own_reward.start, run, lambda: pairs),
        )


@st.cache_resource(max_entries=2, ttl=3600, show_spinner="Reading the files…")
def _read(ids: tuple[str, ...], _files: Sequence[Handed]) -> Comparisons:
    return answer_layouts.comparisons_of([(file.name, file.content) for file in _files])
