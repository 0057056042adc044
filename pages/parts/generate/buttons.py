"""The row of buttons: one token on, one back, play, and the branches."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

import gpt
from pages.parts.generate import branches, next_steps
from pages.shared.prompt_bar import Prompt
from viz.number_texts import percent
from viz.text import visible

AT_ONCE = 50
PLAY = 200
"""Tokens after which playing stops by itself."""

_TAKE, _BRANCH, _WISH = "generate_take", "generate_branch", "_generate_wish"
MENU = 200
"""Tokens in the menu, the likeliest first."""


def wish() -> str | None:
    """The button that was pressed, if it needs more than a callback: "play", "stop" or "more"."""
    button: str | None = st.session_state.pop(_WISH, None)
    return button


def ask(for_what: str) -> None:
    """Remember a button for the next run."""
    st.session_state[_WISH] = for_what


def button_row(prompt: Prompt, now: branches.Ids, step: gpt.Step, playing: bool) -> None:
    """Draw the buttons and the two menus; `step` is the step after `now`."""
    full = branches.is_full(prompt, now)
    go: Callable[[branches.Ids], Callable[[], None]] = lambda ids: lambda: _go(prompt, ids)  # noqa: E731
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.button(
            "Next token",
            type="primary",
            key="generate_next",
            disabled=playing or full,
            on_click=go((*now, step.id)),
        )
        if playing:
            st.button(
                "Pause", key="generate_pause", icon=":material/pause:", on_click=ask, args=("stop",)
            )
        else:
            st.button(
                "Play",
                key="generate_play",
                icon=":material/play_arrow:",
                disabled=full,
                on_click=ask,
                args=("play",),
                help=f"One token after the other, {PLAY} at most.",
            )
        st.button(
            f"+{AT_ONCE} at once",
            key="generate_more",
            disabled=playing or full,
            on_click=ask,
            args=("more",),
        )
        idle = playing or not now
        st.button("Step back", key="generate_back", disabled=idle, on_click=go(now[:-1]))
        st.button("Start again", key="generate_restart", disabled=idle, on_click=go(()))
        _token_menu(prompt, now, step, disabled=playing or full)
        _branch_menu(prompt, now, disabled=playing)


def take(prompt: Prompt, now: branches.Ids, token: int) -> None:
    """Go on with a token that a person chose."""
    if not branches.is_full(prompt, now):
        _go(prompt, (*now, token))


def _go(prompt: Prompt, ids: branches.Ids) -> None:
    branches.change(ids, prompt.checkpoint.tokenizer)


def _token_menu(prompt: Prompt, now: branches.Ids, step: gpt.Step, disabled: bool) -> None:
    pieces = next_steps.vocabulary(prompt.run)
    likeliest = (-step.probs_before).argsort(kind="stable")[:MENU].tolist()
    st.selectbox(
        "Take another token",
        likeliest,
        index=None,
        format_func=lambda token: _option(token, pieces, step),
        key=_TAKE,
        placeholder="Take another token…",
        label_visibility="collapsed",
        disabled=disabled,
        on_change=lambda: _on_take(prompt, now),
        width=190,
    )


def _option(token: int, pieces: list[str], step: gpt.Step) -> str:
    out = "" if step.probs[token] > 0 else ", filtered out"
    return f"{visible(pieces[token])}  ({percent(float(step.probs_before[token]))}{out})"


def _on_take(prompt: Prompt, now: branches.Ids) -> None:
    token = st.session_state[_TAKE]
    st.session_state[_TAKE] = None
    if token is not None:
        take(prompt, now, token)


def _branch_menu(prompt: Prompt, now: branches.Ids, disabled: bool) -> None:
    """Draw the menu of branches, if there are several."""
    ends = branches.branches()
    if len(ends) < 2:
        return
    tokenizer = prompt.checkpoint.tokenizer
    st.selectbox(
        "Go to a branch",
        ends,
        index=None,
        format_func=lambda end: branches.branch_label(end, now, tokenizer),
        key=_BRANCH,
        placeholder=f"{len(ends)} branches…",
        label_visibility="collapsed",
        disabled=disabled,
        on_change=lambda: _branched(prompt),
        width=170,
    )


def _branched(prompt: Prompt) -> None:
    end = st.session_state[_BRANCH]
    st.session_state[_BRANCH] = None
    if end is not None:
        _go(prompt, end)
