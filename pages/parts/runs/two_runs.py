"""Two runs on one prompt: their attention, predictions and losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import gpt
from gpt.errors import HeadlightError, PromptError, describe_character
from gpt.text.cutting import beginning
from gpt.training import snapshots
from gpt.training.evaluate import prompt_loss
from pages.parts.attention import attention_pictures
from pages.parts.runs.runs_state import RunsState
from pages.parts.runs.save_runs import save_compared
from pages.shared import folders, loads, page_state, selection
from pages.shared.loads import Look
from pages.shared.plain import plain
from pages.shared.text_field import text_field
from viz.text import readable, visible
from viz.views.attention import attention_view

LIKELIEST = 6
Head = tuple[int, int]


def compare(chosen: list[str], state: RunsState) -> dict[str, Any]:
    """Draw two runs side by side; return their values for the URL."""
    names = [name for name in chosen if folders.has_weights(folders.checkpoints() / name)]
    if len(names) < 2:
        st.info("Choose two runs with weights in the table, to set them side by side.")
        return {}
    text = _prompt_field(names[0], state)
    link: dict[str, Any] = {"prompt": text}
    read: dict[str, tuple[Look, Head]] = {}
    for side, column in zip("ab", st.columns(2, gap="large"), strict=True):
        with column:
            name = _menu(side, names, state)
            look, head = _side(side, name, text, state)
            link |= {side: name, f"layer_{side}": head[0], f"head_{side}": head[1]}
            if look is not None:
                read[side] = look, head
    if read:
        save_compared(read)
    return link


def _menu(side: str, names: list[str], state: RunsState) -> str:
    lacks = f"{getattr(state, side)!r} is not among the chosen rows, or has no weights"
    page_state.fitted(state, side, names, names["ab".index(side)], lacks)
    chosen: str = st.selectbox(
        f"Run {side.upper()}", names, **page_state.control(side), format_func=readable
    )
    return chosen


def _prompt_field(name: str, state: RunsState) -> str:
    """Draw one prompt field for both; at first it holds the first run's probe prompt."""
    tokenizer = loads.checkpoint(name).tokenizer
    folder = folders.checkpoints() / name
    steps = snapshots.steps(folder)
    ids = snapshots.read(folder, steps[0]).ids.tolist() if steps else [0]
    own = tokenizer.decode(beginning(tokenizer, ids, len(ids)))
    return text_field(state.prompt, own, tokenizer)


def _side(side: str, name: str, text: str, state: RunsState) -> tuple[Look | None, Head]:
    """Draw one run's reading of the prompt; return its look and head, or None if it cannot read."""
    view, places = f"compare_{side}", (f"layer_{side}", f"head_{side}")
    head = getattr(state, places[0]), getattr(state, places[1])
    if (picked_head := selection.picked_head(view)) is not None:
        head = picked_head
        page_state.put(**dict(zip(places, head, strict=True)))
    try:
        checkpoint = loads.checkpoint(name)
        ids = _ids(name, checkpoint, text)
        look = Look(name, ids)
        trace = loads.traced(look)
    except HeadlightError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None, head
    _numbers(trace, ids)
    _likeliest(checkpoint, trace)
    head = _fit_head(head, places, trace.queries.shape, state)
    payload = attention_pictures.payload(look, "weights", "layer", head)
    selected = attention_view(payload, key=view, selected=head)
    selection.remember(view, selected)
    return look, selected.head


def _fit_head(
    head: Head, places: tuple[str, str], shape: tuple[int, ...], state: RunsState
) -> Head:
    """The head, or the nearest one that a model of (L, H) has; the page says so then."""
    nearest = selection.within_shape(head, shape)
    for place, wanted, got, count in zip(places, head, nearest, shape[:2], strict=True):
        if got != wanted:
            kind = place.partition("_")[0]
            page_state.say_misfit(state, place, f"it has {kind}s 0 to {count - 1}", got)
    return nearest


def _ids(name: str, checkpoint: gpt.Checkpoint, text: str) -> tuple[int, ...]:
    """The ids of the prompt's last block.

    Raises:
        PromptError: the vocabulary lacks a character.
    """
    unknown = list(dict.fromkeys(character for _, character in checkpoint.tokenizer.unknown(text)))
    if unknown:
        characters = ", ".join(describe_character(character) for character in unknown[:4])
        more = f" and {len(unknown) - 4} more" if len(unknown) > 4 else ""
        raise PromptError(
            f"{readable(name)} does not know {characters}{more}: its vocabulary has "
            f"{checkpoint.tokenizer.vocab_size:,} characters. Leave them out of the prompt, or "
            "choose another run."
        )
    length, ids = len(checkpoint.ids_of(text)), checkpoint.last_ids(text)
    if length > len(ids):
        st.caption(f"It reads the last {len(ids):,} of {length:,} tokens.")
    return tuple(ids)


def _numbers(trace: gpt.Trace, ids: tuple[int, ...]) -> None:
    loss = prompt_loss(trace.logits, np.array(ids))
    loss_words = "needs a second token" if loss is None else f"**{loss:.4f}** nats"
    vocabulary = trace.config.vocab_size
    st.markdown(f"Loss on the prompt: {loss_words} · V = **{vocabulary:,}** · {len(ids):,} tokens")


def _likeliest(checkpoint: gpt.Checkpoint, trace: gpt.Trace) -> None:
    """Draw the likeliest next tokens."""
    probs = trace.probs[-1]
    best = np.argsort(-probs, kind="stable")[:LIKELIEST]
    pieces = checkpoint.tokenizer.pieces(best.tolist())
    st.dataframe(
        pd.DataFrame({"next": [visible(piece) for piece in pieces], "probability": probs[best]}),
        hide_index=True,
        column_config={
            "next": st.column_config.TextColumn("Next token", width="small"),
            "probability": st.column_config.ProgressColumn(
                "Probability", min_value=0.0, max_value=1.0, format="%.4f"
            ),
        },
    )
