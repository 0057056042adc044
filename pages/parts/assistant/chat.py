"""A prompt to any stage, and what it answers: one turn, by `gpt.generate` in the template."""

from __future__ import annotations

import streamlit as st

from pages.parts.assistant import one_prompt
from pages.parts.assistant.assistant_state import AssistantState
from pages.parts.assistant.nothing_yet import say_nothing_yet
from pages.parts.assistant.prompt_field import prompt_field
from pages.parts.assistant.stage_recipes import Chain
from pages.shared import url_controls
from pages.shared.plain import plain

BOXES = ("base", "tuned", "policy")
KEPT = "_assistant_chat"
SHOWN = 12
"""Turns that stay on the page, the newest last."""


def draw(chain: Chain, state: AssistantState) -> dict[str, object]:
    """Draw the stage, the prompt and the turns so far; return the values for the URL."""
    writers = dict(zip(BOXES, one_prompt.writers(chain), strict=False))
    if not writers:
        say_nothing_yet(chain, "tuned", "Fine-tune a base first: then it answers here.")
        return {}
    titles = {box: writer.title for box, writer in writers.items()}
    box = url_controls.named("Ask", state, "stage", titles)
    writer = writers[box]
    asked = prompt_field(chain.tuned or writer.run, state)
    row = one_prompt.answered(writer, asked)
    answer = one_prompt.answer_text(writer, row, whole=writer.is_first)
    turns: list[tuple[str, str, str]] = st.session_state.setdefault(KEPT, [])
    turn = (asked.text, f"{writer.title}, {writer.run}", answer)
    if not turns or turns[-1] != turn:
        turns[:] = [*turns, turn][-SHOWN:]
    with st.container(key="assistant_chat"):
        for prompt, who, words in turns:
            with st.chat_message("user"):
                st.markdown(plain(prompt))
            with st.chat_message("assistant"):
                st.markdown(plain(words) if words.strip() else "*nothing*")
                st.caption(plain(who))
    st.caption(
        "Each turn is a prompt of its own: the template has one question and one answer, and "
        "nothing of the turns before it."
    )
    return asked.link | {"stage": box}
