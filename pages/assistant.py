"""Assistant: from a model that completes documents to one that answers, stage by stage."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.assistant import (
    chat,
    inside_change,
    one_prompt,
    policy_curves,
    rate_pairs,
    rollout_rows,
    stage_boxes,
)
from pages.parts.assistant.assistant_state import SHOWS, AssistantState
from pages.parts.assistant.stage_recipes import Chain
from pages.shared import page_state, run_series
from pages.shared.lecture import cited
from pages.shared.page_parts import part

ABOUT = """
A model that was trained on a text **completes documents**. Three stages make it answer (Ouyang et
al., 2022); each is a run of its own, which opens on every other page too.

- **Fine-tuning**: prompts with an answer each, between two signs: Ⓠ begins a prompt, Ⓐ its answer.
  The loss is on the answer only.
- **A reward model** reads a prompt with an answer and weighs it in one number, the reward. It
  learned from comparisons: of two answers, which one do people prefer?
- **Tuning**: the model writes answers and learns from the rewards (PPO: Schulman et al., 2017), or
  from the comparisons themselves (DPO: Rafailov et al., 2023), or from an exact judge (GRPO: Shao
  et al., 2024). β says what it costs to leave the fine-tuned model.

**The judge** is a rule that nobody learns from but GRPO. It says how good answers really are: its
score is a mean over held-out prompts, from 0 to 1, always taking the likeliest token. A run
**wins** where its sampled answer is better than that of stage 2, ties as half. **KL** says how far
a run has left the model it began with, in nats a token of its own answers.
"""

PARTS: dict[str, Callable[[Chain, AssistantState], dict[str, object]]] = {
    "prompt": one_prompt.draw,
    "rollout": rollout_rows.draw,
    "curves": policy_curves.draw,
    "pairs": rate_pairs.draw,
    "inside": inside_change.draw,
    "chat": chat.draw,
}


def main() -> None:
    """The diagram, then what a person wants to know of the stages."""
    st.header("Assistant", anchor=False)
    st.markdown(
        "How does a model that completes documents become one that answers? Train the stages by a "
        f"click, one after the other, and watch what each of them changes. — {cited('assistant')}"
    )
    state = page_state.opened(AssistantState)
    chain = stage_boxes.boxes(state)
    run_series.trouble()
    st.segmented_control(
        "Look at", list(SHOWS), format_func=SHOWS.__getitem__, **page_state.control("show"),
        required=True, label_visibility="collapsed",
    )  # fmt: skip
    _part(chain)
    with st.expander("How to read this"):
        st.markdown(ABOUT)


@part
def _part(chain: Chain) -> None:
    """What is chosen to be looked at, and the state in the URL."""
    state = page_state.now(AssistantState)
    link = PARTS[state.show](chain, state)
    page_state.publish(state, **chain.link, **link)


main()
