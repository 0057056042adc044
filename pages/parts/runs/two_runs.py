"""Two runs on one prompt: their attention, predictions and losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import gpt
from gpt.errors import HeadlightError, PromptError, describe_character
from gpt.inspect.sampling import softmax
from gpt.text.cutting import beginning
from gpt.text.tokenizer import Tokenizer
from gpt.training import snapshots
from gpt.training.evaluate import prompt_loss
from pages.parts.attention import attention_pictures
from pages.parts.runs.runs_state import RunsState
from pages.parts.runs.save_runs import save_compared
from pages.shared import folders, loads, page_state, selection, source_bar
from pages.shared.loads import Look
from pages.shared.plain import plain, sentence
from pages.shared.text_field import say_replaced, text_field
from viz.text import readable, visible
from viz.views.attention import attention_view

LIKELIEST = 6
Head = tuple[int, int]


def compare(chosen: list[str], state: RunsState) -> dict[str, Any]:
    """Draw two runs side by side; return their values for the URL."""
    names = [name for name in chosen if folders.has_weights(folders.folder_of(name))]
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
    of = loads.checkpoint(name)
    if of.kind == "encoder-decoder":
        return text_field(state.prompt, source_bar.default_source(of), of.source_tokenizer)
    tokenizer = of.tokenizer
    first = snapshots.first(folders.folder_of(name))
    ids = [0] if first is None else first.ids.tolist()
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
        look = _look(name, checkpoint, text)
        shape = loads.attention(look).shape
    except HeadlightError as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return None, head
    _numbers(look)
    _likeliest(look)
    head = _fit_head(head, places, shape, state)
    payload = attention_pictures.payload(look, "weights", "layer", head)
    selected = attention_view(payload, key=view, selected=head)
    selection.remember(view, selected)
    return look, selected.head


def _look(name: str, checkpoint: gpt.Checkpoint, text: str) -> Look:
    """What one run looks at; a translator reads the text as a source, and writes its target."""
    if checkpoint.kind != "encoder-decoder":
        return Look(name, _ids(name, checkpoint, text))
    _refuse_unknown(name, checkpoint.source_tokenizer, text)
    say_replaced(checkpoint.source_tokenizer, text)
    source = tuple(checkpoint.source_ids(text))
    written = source_bar.translated(name, source)
    ids = [*checkpoint.target_start, *written][: checkpoint.config.block_size]
    return Look(name, tuple(ids), source=source, site="cross")


def _fit_head(
    head: Head, places: tuple[str, str], shape: tuple[int, ...], state: RunsState
) -> Head:
    """The head, or the nearest one that a model of (L, H) has; the page says so then."""
    nearest = selection.within_shape(head, shape)
    for name, wanted, got, count in zip(places, head, nearest, shape[:2], strict=True):
        if got != wanted:
            kind = name.partition("_")[0]
            page_state.say_misfit(state, name, f"it has {kind}s 0 to {count - 1}", got)
    return nearest


def _ids(name: str, checkpoint: gpt.Checkpoint, text: str) -> tuple[int, ...]:
    """The ids of the prompt's last block.

    Raises:
        PromptError: the vocabulary lacks a character.
    """
    _refuse_unknown(name, checkpoint.tokenizer, text)
    say_replaced(checkpoint.tokenizer, text)
    length, ids = len(checkpoint.ids_of(text)), checkpoint.last_ids(text)
    if length > len(ids):
        st.caption(f"It reads the last {len(ids):,} of {length:,} tokens.")
    return tuple(ids)


def _refuse_unknown(name: str, tokenizer: Tokenizer, text: str) -> None:
    unknown = list(dict.fromkeys(character for _, character in tokenizer.unknown(text)))
    if unknown:
        characters = ", ".join(describe_character(character) for character in unknown[:4])
        more = f" and {len(unknown) - 4} more" if len(unknown) > 4 else ""
        raise PromptError(
            f"{readable(name)} does not know {characters}{more}: its vocabulary has "
            f"{tokenizer.vocab_size:,} characters. Leave them out of the prompt, or "
            "choose another run."
        )


def _numbers(look: Look) -> None:
    """Draw what the run says of the text, in numbers or, of a translator, in words."""
    config, T = look.checkpoint.config, len(look.ids)
    if config.is_classifier:
        st.markdown(f"**{config.n_class:,}** labels · {T:,} tokens")
        return
    if look.source:
        start = len(look.checkpoint.target_start)
        written = look.checkpoint.tokenizer.decode(look.ids[start:])
        st.markdown(f"It writes: **{plain(readable(written)) or '…'}**")
        return
    loss = prompt_loss(loads.traced(look).logits, np.array(look.ids))
    loss_words = "needs a second token" if loss is None else f"**{loss:.4f}** nats"
    st.markdown(f"Loss on the prompt: {loss_words} · V = **{config.vocab_size:,}** · {T:,} tokens")


def _likeliest(look: Look) -> None:
    """Draw the likeliest next tokens, or labels."""
    probs = softmax(loads.last_logits(look))
    best = np.argsort(-probs, kind="stable")[:LIKELIEST]
    names = loads.names_of_logits(look.run)
    kind = "Label" if look.checkpoint.config.is_classifier else "Next token"
    st.dataframe(
        pd.DataFrame({"next": [visible(names[k]) for k in best], "probability": probs[best]}),
        hide_index=True,
        column_config={
            "next": st.column_config.TextColumn(kind, width="small"),
            "probability": st.column_config.ProgressColumn(
                "Probability", min_value=0.0, max_value=1.0, format="%.4f"
            ),
        },
    )
