"""Whole documents: several continuations of the prompt, each to its end; names, say."""

from __future__ import annotations

import streamlit as st

from gpt.inspect.generation import write_documents
from pages.parts.generate.sampling_settings import GenerateSettings
from pages.shared import loads, page_state, switch_text
from pages.shared.plain import plain
from pages.shared.prompt_bar import Prompt
from viz.text import readable, visible

COUNT = 12
MOST_TOKENS = 1200
"""Of all of them together; the last is cut off there."""


def whole_documents(prompt: Prompt, settings: GenerateSettings) -> None:
    """Draw the switch, and the documents; nothing for a model that learned no end."""
    checkpoint = prompt.checkpoint
    if checkpoint.end is None or checkpoint.kind == "encoder-decoder":
        return
    end = visible(checkpoint.tokenizer.pieces([checkpoint.end])[0])
    if not st.toggle(
        f"Write {COUNT} whole ones",
        **page_state.control("whole"),
        help=plain(f"Each from the prompt to its end ({end}), with a seed of its own."),
    ):
        return
    if prompt.ids[0] != checkpoint.end:
        st.caption(plain(f"This model's documents begin with {end}; let the prompt do so too."))
    written = _written(prompt.run, loads.stamp(prompt.run), prompt.ids, settings, checkpoint.end)
    tokenizer = checkpoint.tokenizer
    documents = [tokenizer.decode((*prompt.ids, *ids)).strip("\n") for ids in written]
    st.code(readable("\n".join(documents)), language=None, wrap_lines=True)
    st.caption(_document_words(written, settings.seed, checkpoint.end))


@st.cache_resource(max_entries=16, show_spinner="Writing…", hash_funcs={GenerateSettings: repr})
def _written(
    run: str, stamp: int, ids: tuple[int, ...], settings: GenerateSettings, end: int
) -> list[list[int]]:
    sampling = settings.sampling
    return list(
        write_documents(
            loads.checkpoint(run).model,
            ids,
            end,
            MOST_TOKENS,
            count=COUNT,
            seed=settings.seed,
            temperature=sampling.temperature,
            top_k=sampling.top_k,
            top_p=sampling.top_p,
            switches=switch_text.switches(settings.mask, settings.scale),
        )
    )


def _document_words(written: list[list[int]], seed: int, end: int) -> str:
    """Say which seeds drew the documents, and how many of them ended."""
    ended = sum(ids[-1:] == [end] for ids in written)
    seeds = f"Seeds {seed} to {seed + len(written) - 1}"
    whole = "all came to an end" if ended == len(written) else f"{ended} came to an end"
    return f"{seeds}, one a line; {whole}."
