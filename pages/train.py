"""Train: choose a text and an architecture, press Train, and watch a model learn."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from gpt.training.runs import Run
from pages.parts.train.choice_names import OF_TEXTS, TASKS
from pages.parts.train.examples_form import examples_form
from pages.parts.train.run_panel import watch
from pages.parts.train.train_form import train_form
from pages.parts.train.train_state import TrainState
from pages.shared import folders, page_memory, page_state, run_data, url_controls
from pages.shared.lecture import cited, clock
from pages.shared.plain import plain
from pages.shared.run_state import jobs
from viz.text import readable

ABOUT = f"""
- **Loss** is how surprised the model is by the next token, in nats. If every token is equally
  likely, it is **ln V**, and every training starts there. What it falls below that, it has learned.
- **Training** and **validation** are means over several batches without dropout (*Let's build
  GPT*, {clock("estimates")}); validation is on the last tenth of the text, from which nothing is
  learned. When the two part, the model begins to learn its text by heart. The faint line is each
  step's own batch, which is why it jumps.
- **Tokens.** A token of BPE writes several characters, so it is harder to foresee than one, and
  ln V is higher too. Compare such runs by their nats a character.
- **Documents** (under *Text*). Names are read a line each, and their end is learned; several files
  are kept apart, so that no block runs from one into the next.
- Training runs in a process of its own: close the page, reload it, look at other models meanwhile.
  One run trains at a time; others wait in line. When the server goes, the run saves itself.
- **Pause** leaves everything to go on from, **Stop** counts the run as done. The weights with the
  lowest validation loss are kept beside the latest; the Runs page makes a run of its own of them.

- **Expected.** The loss is foretold from counting this text's pairs, triples and quadruples of
  characters, from the parameters and from how much is read; the range is three times the largest
  miss among the runs that the law was fitted to. A run *of so many minutes* holds its learning rate
  for two fifths of its steps, and in that time fits their number to its own pace, three times; then
  its end is fixed. The first plan is by the pace of a few steps that are timed when *Train* is
  pressed; until then the number of steps, and so the loss, is a guess.

The same run from the command line: `python -m gpt train --preset tiny --set minutes=1`; its folder
is the same, and this page shows it too.
"""

NOTHING = "_train_nothing"
"""Whether a person has emptied the menu of runs."""


WATCH = {
    "next": "Watch the loss leave the dotted line, where every token is equally likely, and the "
    f"sample turn from noise into words. — {cited('training', 'scaled up')}",
    "masked": "Watch the loss leave the dotted line, where every token is equally likely, and the "
    f"hidden words of the sample turn into right ones. — {cited('training', 'encoder')}",
    "classify": "Watch the loss leave the dotted line, where every label is equally likely, and "
    f"the accuracy pass what counting words reaches. — {cited('training', 'encoder')}",
    "translate": "Watch the loss fall, and the translations of held-out sources come to say what "
    f"their references say. — {cited('training')}; *Attention Is All You Need*",
}
"""By task, what to look for."""


def main() -> None:
    """The form, and below it the watched run."""
    st.header("Train", anchor=False)
    state = page_state.opened(TrainState)
    st.markdown(WATCH.get(state.task, WATCH["next"]))
    task = _task_menu(state)
    started, link = train_form(state) if task in OF_TEXTS else examples_form(state)
    if started:
        page_state.put(run=started)
        st.rerun()
    st.space("small")
    _watched(state, link)
    with st.expander("How to read this", type="compact"):
        st.markdown(ABOUT)


def _task_menu(state: TrainState) -> str:
    """Draw the choice of what is learned; the form below has the settings of that task."""
    return url_controls.named(
        "Task", state, "task", TASKS, "Continue a text: a decoder predicts the next token. Fill in "
        "hidden words: an encoder sees the words on both sides, as BERT does. Label a text: an "
        "encoder reads all of it. Translate: an encoder reads, a decoder writes.",
    )  # fmt: skip


def _watched(state: TrainState, link: dict[str, object]) -> None:
    """The run of the URL or of the menu, or the one that trains now."""
    names = [run.name for run in run_data.known_runs()]
    if state.run is None and (current := jobs().current()) in names:
        page_state.put(run=current)
        state = replace(state, run=current)
    elif state.run is None and not st.session_state.get(NOTHING):
        state = replace(state, run=run_data.latest_own())
    lacks = f"there is no run {readable(state.run or '')!r} here; it may have been deleted"
    state = page_state.fitted(state, "run", names, None, lacks)
    if not names:
        st.info("No run yet. Press Train: its first numbers appear here about three seconds later.")
        page_state.publish(state, **link)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.selectbox(
            "Watch",
            names,
            index=None,
            **page_state.control("run"),
            on_change=_chosen,
            format_func=readable,
            placeholder="Choose a run to watch",
            label_visibility="collapsed",
            width=300,
        )
        _line()
    if state.run is None:
        st.caption("Press Train, or choose a run: its curves, samples and attention appear here.")
        page_state.publish(state, **link)
        return
    watch(Run(folders.folder_of(state.run)), link)


def _chosen() -> None:
    """Remember an emptied menu as a choice."""
    chosen = st.session_state[page_memory.key("run")]
    st.session_state[NOTHING] = chosen is None
    page_state.put(run=chosen)


def _line() -> None:
    """Say which run trains, and which ones wait."""
    current, waiting = jobs().current(), jobs().waiting()
    if current:
        after = f" · in line: {', '.join(waiting)}" if waiting else ""
        st.caption(plain(f"Training now: {current}{after}"))


main()
