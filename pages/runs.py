"""Runs: every run in a table, their curves over each other, two on one prompt, one over time."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gpt.training.runs import Run
from pages.parts.runs import deleted_bar, run_actions, run_table
from pages.parts.runs.run_curves import over_each_other
from pages.parts.runs.runs_state import SHOWS, RunsState
from pages.parts.runs.scrub import scrub
from pages.parts.runs.two_runs import compare
from pages.shared import folders, page_state
from pages.shared.lecture import cited
from pages.shared.page_parts import repeated
from pages.shared.plain import plain
from viz.text import readable

EVERY = 2.0  # seconds between looks while some run moves

ABOUT = """
- **Loss curves** lie on the same axes: validation solid, training dashed, each step's own batch
  faint. Losses can be compared where the text and its vocabulary are the same; the line at ln V
  is drawn where all chosen runs have one V.
- **Attention over time** shows every head on one prompt at each evaluation. Watch when a head
  finds its pattern, and whether the loss falls just then.
- **Compare two** runs the latest weights of both.
- A run is a folder in `checkpoints/`: one from the command line or a cluster appears here when
  its folder does. The shipped runs cannot be deleted; others can be put back for a while.
"""


def main() -> None:
    """The table, then the chosen section about the chosen rows."""
    st.header("Runs", anchor=False)
    st.markdown(
        "Choose several runs and see which learns faster, and from which step on; then find the "
        f"step at which a head finds its pattern. — {cited('scaled up')}"
    )
    state = page_state.opened(RunsState)
    rows = run_table.all_rows()
    if not rows:
        st.info("No run yet. Train one on the Train page; it appears here at once.")
        deleted_bar.draw()
        return
    chosen = run_table.choose_rows(rows, state)
    deleted_bar.draw()
    _look_again(rows)
    broken = {row.name: row.note for row in rows if row.state == "broken" and row.name in chosen}
    for name, why in broken.items():
        _broken(name, why, state)
    _runs_section([name for name in chosen if name not in broken], state)
    with st.expander("How to read this", type="compact"):
        st.markdown(ABOUT)


def _broken(name: str, why: str, state: RunsState) -> None:
    """Say what is wrong with a run's folder, and offer to delete it."""
    with st.container(key=f"runs_broken_{name}"):
        st.warning(plain(f"{readable(name)} is broken: {why}"))
        run_actions.delete(Run(folders.folder_of(name)), False, state)


def _runs_section(chosen: list[str], state: RunsState) -> None:
    if not chosen:
        st.caption("Choose one row or several: tick them at their left.")
        page_state.publish(state, runs="")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="run_bar"):
        show = _show_menu()
        name = _run_menu(chosen, state)
        run_actions.actions(name, state)
    run_actions.trouble()
    link: dict[str, Any] = {"runs": ",".join(chosen), "run": name, "show": show}
    if show == "time":
        scrub(Run(folders.folder_of(name)), link)
        return
    if show == "compare":
        link |= compare(chosen, state)
    else:
        over_each_other(chosen)
    page_state.publish(state, **link)


def _show_menu() -> str:
    chosen = st.segmented_control(
        "Show",
        list(SHOWS),
        format_func=lambda name: SHOWS[name],
        **page_state.control("show"),
        required=True,
        label_visibility="collapsed",
    )
    return chosen or "curves"


def _run_menu(chosen: list[str], state: RunsState) -> str:
    lacks = f"{state.run!r} is not among the chosen rows"
    page_state.fitted(state, "run", chosen, chosen[0], lacks)
    name: str = st.selectbox(
        "Run",
        chosen,
        **page_state.control("run"),
        format_func=readable,
        label_visibility="collapsed",
        width=150,
    )
    return name


def _look_again(rows: list[run_table.Row]) -> None:
    """While a run moves, run the page again when the table changes."""
    moving = {"training", "starting", "waiting", "pausing", "stopping"}
    if any(row.state in moving for row in rows):
        repeated(_compare_rows, EVERY)(rows)


def _compare_rows(before: list[run_table.Row]) -> None:
    if run_table.all_rows() != before:
        st.rerun()


main()
