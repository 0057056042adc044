"""Train: choose a text and an architecture, press Train, and watch a model learn."""

from __future__ import annotations

import streamlit as st

from gpt.training.runs import Run
from pages.parts.train.form import form_link, train_form
from pages.parts.train.panel import watch
from pages.shared import folders, permalink, run_data
from pages.shared.lecture import cited, clock
from pages.shared.plain import plain
from pages.shared.training import jobs
from viz.text import readable

WATCHED = "_watched_run"
MENU = "watch_menu"
NEXT, LINKED = "_watch_next", "_watch_linked"

ABOUT = f"""
- **Loss** is how surprised the model is by the next token, in nats. Where every token is equally
  likely it is **ln V**, and there every training starts. What it falls below that, it has learned.
- **Training** and **validation** are means over several batches without dropout (*Let's build
  GPT*, {clock("estimates")}); validation is on the last tenth of the text, from which nothing is
  learned. Where the two part, the model begins to learn its text by heart. The faint line is each
  step's own batch, which is why it jumps.
- **Tokens.** A token of BPE writes several characters, so it is harder to foresee than one, and
  ln V is higher too. Compare such runs by their nats a character.
- **Documents** (under *Text*). Names are read a line each, and their end is learned; several files
  are kept apart, so that no block runs from one into the next.
- Training runs in a process of its own: close the page, reload it, look at other models meanwhile.
  One run trains at a time; others wait in line. When the server goes, the run saves itself.
- **Pause** leaves everything to go on from, **Stop** counts the run as done. The weights with the
  lowest validation loss are kept beside the latest; the Runs page makes a run of its own of them.

The same run from the command line: `python -m gpt train --preset tiny`; its folder is the same,
and this page shows it too.
"""


def main() -> None:
    """The form, and below it the run that is watched."""
    st.header("Train", anchor=False)
    st.markdown(
        "Watch the loss leave the dotted line, where every token is equally likely, and the sample "
        f"turn from noise into words. — {cited('training', 'scaled up')}"
    )
    started = train_form()
    if started:
        st.session_state[NEXT] = started
        st.rerun()
    st.space("small")
    _watched()
    with st.expander("How to read this", type="compact"):
        st.markdown(ABOUT)


def _watched() -> None:
    """The run that the URL, the menu or this server's line of jobs names."""
    names = [run.name for run in run_data.known_runs()]
    wanted = _wanted()
    if wanted is not None and wanted not in names:
        st.warning(plain(f"There is no run {readable(wanted)!r} here; it may have been deleted."))
        wanted = None
    if not names:
        st.info("No run yet. Press Train: its first numbers appear here about three seconds later.")
        return
    st.session_state[MENU] = wanted
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.selectbox(
            "Watch",
            names,
            index=None,
            key=MENU,
            format_func=readable,
            placeholder="Choose a run to watch",
            label_visibility="collapsed",
            width=300,
        )
        _line()
    st.session_state[WATCHED] = st.session_state[LINKED] = chosen
    if chosen is None:
        st.caption("Press Train, or choose a run: its curves, samples and attention appear here.")
        permalink.publish(**form_link())
        return
    watch(Run(folders.checkpoints() / chosen), form_link())


def _wanted() -> str | None:
    """The run just started, the link's, the menu's, the one watched before, or what trains now."""
    state, linked = st.session_state, st.query_params.get("run")
    wanted: str | None = state.pop(NEXT, None)
    if wanted is None and linked is not None and linked != state.get(LINKED):
        wanted = linked
    elif wanted is None and MENU in state:
        wanted = state[MENU]
    elif wanted is None:
        wanted = state.get(WATCHED) or jobs().current()
    return wanted


def _line() -> None:
    """Who trains and who waits."""
    current, waiting = jobs().current(), jobs().waiting()
    if current:
        after = f" · in line: {', '.join(waiting)}" if waiting else ""
        st.caption(plain(f"Training now: {current}{after}"))


main()
