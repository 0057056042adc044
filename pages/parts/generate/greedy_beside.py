"""Greedy beside sampling: the likeliest token each time, and a draw each time, from one prompt."""

from __future__ import annotations

import numpy as np
import streamlit as st

import gpt
from pages.parts.generate.sampling_settings import GenerateSettings
from pages.shared import loads, page_state, switch_text
from pages.shared.prompt_bar import Prompt
from viz.text import readable

TOKENS = 120
LONGEST = 8
"""Tokens in the pieces whose repetition is counted."""

Written = tuple[list[int], float]
"""The ids, and the mean of −ln p of each by the model itself, in nats."""


def greedy_beside(prompt: Prompt, settings: GenerateSettings) -> None:
    """Draw the switch, and both texts."""
    if prompt.checkpoint.kind == "encoder-decoder":
        return
    if not st.toggle(
        "Greedy beside sampling",
        **page_state.control("greedy"),
        help=f"{TOKENS} tokens each: always the likeliest, and drawn with the settings above.",
    ):
        return
    temperature = settings.sampling.temperature
    columns = st.columns(2, gap="large")
    for column, (title, zero) in zip(
        columns,
        ((f"Sampled, temperature {temperature:g}", False), ("Greedy: the likeliest", True)),
        strict=True,
    ):
        ids, surprise = written(prompt.run, loads.stamp(prompt.run), prompt.ids, settings, zero)
        with column:
            st.markdown(f"**{title}**")
            text = readable(prompt.checkpoint.tokenizer.decode(ids))
            st.code(text, language=None, wrap_lines=True)
            st.caption(
                f"{repeated(ids):.0%} of its runs of {LONGEST} tokens stood in it before; the "
                f"model's own mean surprise at it is {surprise:.3f} nats a token."
            )
    st.caption(
        "The likeliest token each time is not the likeliest text, and a text that repeats itself "
        "makes the repetition likelier still (Holtzman et al., 2020)."
    )


@st.cache_resource(max_entries=16, show_spinner="Writing…", hash_funcs={GenerateSettings: repr})
def written(
    run: str, stamp: int, ids: tuple[int, ...], settings: GenerateSettings, greedy: bool
) -> Written:
    """Continue a prompt; greedily, or as the settings say."""
    sampling = settings.sampling
    steps = gpt.generate(
        loads.checkpoint(run).model,
        ids,
        max_new_tokens=TOKENS,
        seed=settings.seed,
        temperature=0.0 if greedy else sampling.temperature,
        top_k=None if greedy else sampling.top_k,
        top_p=None if greedy else sampling.top_p,
        switches=switch_text.switches(settings.mask, settings.scale),
    )
    new, surprises = [], []
    for step in steps:
        logits = step.logits.astype(np.float64)
        top = logits.max()
        surprises.append(top + np.log(np.exp(logits - top).sum()) - logits[step.id])
        new.append(step.id)
    return new, float(np.mean(surprises))


def repeated(ids: list[int]) -> float:
    """The share of the runs of LONGEST tokens that stood in the text before, 0 to 1.

    >>> repeated([1, 2] * 8)
    0.7777777777777778
    """
    runs = [tuple(ids[at : at + LONGEST]) for at in range(len(ids) - LONGEST + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0
