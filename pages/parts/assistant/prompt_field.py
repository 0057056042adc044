"""The field for a prompt, and how it is answered: temperature and seed."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gpt.errors import PromptError
from gpt.text.template import SIGNS
from pages.parts.assistant import stage_models
from pages.parts.assistant.assistant_state import AssistantState
from pages.shared import page_state, run_data, url_controls

SEED_HELP = "The draw at each place depends on the seed and the place alone."


@dataclass(frozen=True)
class Asked:
    """A prompt, and how the stages answer it.

    Fields:
        text: of the prompt, without the signs of the template.
        ids: of the prompt in the template, by the fine-tuned run's tokenizer.
        temperature, seed: of the sampling; at 0 the likeliest token is taken.
    """

    text: str
    ids: tuple[int, ...]
    temperature: float
    seed: int

    @property
    def link(self) -> dict[str, object]:
        """Its values in the URL."""
        return {"ask": self.text, "temperature": self.temperature, "seed": self.seed}


def prompt_field(tuned: str, state: AssistantState) -> Asked:
    """Draw the field, a button for another prompt, temperature and seed.

    Args:
        tuned: the run whose data the prompts on offer are of.

    Raises:
        PromptError: the prompt is empty, or has a sign of the template in it.
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    stamp = run_data.file_stamp(stage_models.run_of(tuned).path / "config.json")
    offered = stage_models.prompts(tuned, stamp)
    text = offered[0] if state.ask is None else state.ask
    page_state.show("ask", text)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        typed: str = st.text_input(
            "Prompt",
            **page_state.control("ask"),
            help="Ⓠ, Ⓐ and the line break of the template are added. Press Enter to ask.",
            width=420,
        )
        st.button(
            "Another",
            icon=":material/casino:",
            help="A prompt that no stage learned from.",
            on_click=_another,
            args=(offered, typed),
            key="assistant_another",
        )
        st.number_input(
            "Temperature",
            step=0.1,
            format="%.2f",
            **page_state.control("temperature"),
            help="0 takes the likeliest token each time; above it, tokens are drawn.",
            width=120,
        )
        seed = url_controls.seed(state, "seed", 1, SEED_HELP)
    return Asked(typed, _ids(tuned, typed), state.temperature, seed)


def _another(offered: list[str], typed: str) -> None:
    at = offered.index(typed) + 1 if typed in offered else 0
    page_state.put(ask=offered[at % len(offered)])


def _ids(tuned: str, text: str) -> tuple[int, ...]:
    if not text.strip():
        raise PromptError("The prompt is empty. Type something, and press Enter.")
    if any(sign in text for sign in SIGNS):
        raise PromptError(
            "The prompt has Ⓠ or Ⓐ in it, by which the template says where a prompt and an answer "
            "begin; leave them out."
        )
    return tuple(stage_models.readable_prompt(tuned, text))
