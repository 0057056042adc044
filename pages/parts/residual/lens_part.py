"""Logit lens: the prediction after each layer, and the ranking in one cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.inspect.stream.frozen_norm import branches
from gpt.inspect.stream.logit_lens import Lens, state_names
from pages.parts.residual import label_lens_part, label_words, stream_menus, stream_numbers
from pages.parts.residual.part_drawing import PartDrawing
from pages.parts.residual.residual_state import COLORS, ROWS, ResidualState
from pages.shared import loads, page_state, url_controls
from pages.shared.glossary import marked
from pages.shared.loads import BY_LOOK, Look
from viz.figures.predictions.ranked_tokens import ranked_tokens
from viz.figures.stream.state_grid import state_grid
from viz.number_texts import percent
from viz.state_shade import PROBABILITY, Shade, StateGrid, entropy_shade, rank_shade
from viz.text import visible
from viz.token_ranking import RankedToken, ranked
from viz.views.ranking import ranking_data, ranking_view
from viz.views.stream import stream_view

LARGE = 4000
"""Tokens in a vocabulary from which on every second state is left out at first, and all but a
window of the positions always."""

WINDOW = 32

GRID, RANKING = "residual_lens", "residual_ranking"
NOTED = 5


def draw(look: Look, state: ResidualState) -> PartDrawing:
    """Draw controls, the grid, and the chosen cell's ranking."""
    trace = loads.traced(look)
    names = state_names(trace.config)
    with st.container(horizontal=True, gap="medium"):
        color = url_controls.choice(
            "Colour by",
            state,
            "color",
            COLORS,
            f"probability: of the likeliest {_kind(look)}; rank: of "
            f"{label_words.true_words(look)}; entropy: of the whole distribution.",
        )
        rows = _rows(look, state)
        of_layer = 1 if rows == "each branch" else len(branches(trace.config))
        states = tuple(range(0, len(names), of_layer))
        stream_state = stream_menus.state(names, states, states[-1], state)
        at = stream_menus.position(len(look.ids), state)
    window = _window(look, at)
    lens = stream_numbers.lens(look, states, window.start, window.stop)
    grid = _grid(look, lens, color, _words(look, states, window.start, window.stop))
    if label_words.is_label(look):
        label_lens_part.draw(look)
    stream_view(
        grid,
        chosen=(states.index(stream_state), at - window.start),
        key=GRID,
        first=window.start,
        on_choose=lambda row, t: _choose(states[row], window.start + t),
    )
    _window_note(window, len(look.ids))
    _cell(look, lens, states.index(stream_state), at)
    return PartDrawing(
        {"color": color, "rows": rows, "state": stream_state, "position": at},
        {
            "Logit lens": lambda: state_grid(grid),
            **(
                {"Label": lambda: label_lens_part.lines(look)} if label_words.is_label(look) else {}
            ),
            "Ranking": lambda: ranked_tokens(_ranked(look, lens, states.index(stream_state), at)),
        },
        lambda: _arrays(look, lens),
        {"color": color, "state": names[stream_state], "position": at},
    )


def _rows(look: Look, state: ResidualState) -> str:
    first = _choices(look) >= LARGE
    return url_controls.choice(
        "Rows",
        state,
        "rows",
        ROWS[::-1] if first else ROWS,
        "After each attention and each MLP, or only after each layer.",
    )


def _window(look: Look, at: int) -> range:
    """The positions in the grid: all, or a window around one if the vocabulary is large."""
    T = len(look.ids)
    if _choices(look) < LARGE or T <= WINDOW:
        return range(T)
    stop = T - (T - 1 - at) // WINDOW * WINDOW
    return range(max(stop - WINDOW, 0), stop)


def _window_note(window: range, T: int) -> None:
    if len(window) < T:
        st.caption(
            f"Positions {window.start:,} to {window.stop - 1:,} of {T:,}: to read one costs this "
            "model as much as several layers. Choose a position beyond to see those around it."
        )


def _grid(look: Look, lens: Lens, color: str, words: dict[str, Any]) -> StateGrid:
    names = state_names(look.checkpoint.config)
    values, shade = _colored(lens, color, _choices(look))
    tokens = look.tokens[lens.first : lens.first + values.shape[1]]
    return StateGrid(values, shade, tokens, [names[state] for state in lens.states], **words)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def _words(look: Look, states: tuple[int, ...], start: int, stop: int) -> dict[str, Any]:
    """The likeliest token or label of each cell, its note, and the true next tokens."""
    lens = stream_numbers.lens(look, states, start, stop)
    has_next = label_words.true_words(look) == label_words.NEXT
    return {
        "cells": [label_words.names(look, row) for row in lens.top_ids[..., 0].tolist()],
        "notes": _notes(look, lens),
        "following": [*look.tokens[1:], ""][start:stop] if has_next else None,
    }


def _kind(look: Look) -> str:
    return "label" if label_words.is_label(look) else "token"


def _choices(look: Look) -> int:
    """How many labels or tokens there are to choose from."""
    config = look.checkpoint.config
    return config.n_class or config.vocab_size


def _colored(lens: Lens, color: str, V: int) -> tuple[np.ndarray, Shade]:
    if color == "rank":
        return np.where(lens.target_rank > 0, lens.target_rank, np.nan), rank_shade(V)
    if color == "entropy":
        return lens.entropy, entropy_shade(V)
    return lens.top_probs[..., 0], PROBABILITY


def _notes(look: Look, lens: Lens) -> list[list[str]]:
    """A note for every cell: the likeliest tokens, the true one's rank, and the entropy."""
    ids = np.unique(lens.top_ids[..., :NOTED]).tolist()
    pieces = label_words.names(look, ids)
    names = dict(zip(ids, map(visible, pieces), strict=True))
    S, T = lens.entropy.shape
    true = label_words.true_words(look)
    return [[_note(lens, names, true, s, t) for t in range(T)] for s in range(S)]


def _note(lens: Lens, names: dict[int, str], true: str, s: int, t: int) -> str:
    top = zip(lens.top_ids[s, t, :NOTED].tolist(), lens.top_probs[s, t].tolist(), strict=False)
    lines = [f"{names[id]}  {percent(prob)}" for id, prob in top]
    rank = int(lens.target_rank[s, t])
    if rank:
        lines.append(f"{true}: rank {rank}, {percent(float(lens.target_prob[s, t]))}")
    return "\n".join([*lines, f"entropy {lens.entropy[s, t]:.4f} nats"])


def _choose(state: int, position: int) -> None:
    page_state.put(state=state, position=position)


def _cell(look: Look, lens: Lens, row: int, at: int) -> None:
    """Draw the chosen cell's ranking, and its position at all states."""
    st.markdown(_cell_sentence(look, lens, row, at))
    tokens, way = _ranked(look, lens, row, at), _way(look, lens, at)
    title = f"Position {at} at every state"
    ranking_view(ranking_data(tokens, label_words.true_words(look), title, way), key=RANKING)


def _cell_sentence(look: Look, lens: Lens, row: int, at: int) -> str:
    name = state_names(look.checkpoint.config)[lens.states[row]]
    t = at - lens.first
    rank, entropy = int(lens.target_rank[row, t]), float(lens.entropy[row, t])
    true = label_words.true_words(look)
    truth = f"{true} ranks **{rank}**" if rank else "no next token in the prompt"
    spread = f"[[entropy]] **{entropy:.4f}** [[nats]]"
    return marked(f"After **{name}**, position {at}: {truth}; {spread}")


def _ranked(look: Look, lens: Lens, row: int, at: int) -> list[RankedToken]:
    """The likeliest tokens of a cell."""
    t = at - lens.first
    ids = lens.top_ids[row, t].tolist()
    true = label_words.true_one(look, at)
    rank = ids.index(true) if true in ids else None
    return ranked(lens.top_probs[row, t], label_words.names(look, ids), rank)


def _way(look: Look, lens: Lens, at: int) -> dict[str, list[str]]:
    """One position at every state, as printed; one column for each fact."""
    names, t = state_names(look.checkpoint.config), at - lens.first
    top = label_words.names(look, lens.top_ids[:, t, 0].tolist())
    columns = {
        "after": [names[state] for state in lens.states],
        f"top {_kind(look)}": [visible(piece) for piece in top],
        "probability": _printed(lens.top_probs[:, t, 0]),
    }
    if label_words.true_one(look, at) is not None:
        columns[f"rank of {label_words.true_words(look)}"] = [
            f"{rank:,}" for rank in lens.target_rank[:, t]
        ]
        columns["its probability"] = _printed(lens.target_prob[:, t])
    return columns | {"entropy": _printed(lens.entropy[:, t])}


def _printed(stream_numbers: np.ndarray) -> list[str]:
    return [f"{number:.4f}" for number in stream_numbers]


def _arrays(look: Look, lens: Lens) -> dict[str, np.ndarray]:
    is_label = label_words.is_label(look)
    whole = {"label_probs": stream_numbers.label_probs(look)} if is_label else {}
    return whole | {
        "states": np.array(lens.states),
        "positions": np.arange(lens.first, lens.first + lens.entropy.shape[1]),
        "top_ids": lens.top_ids,
        "top_probs": lens.top_probs,
        "target_rank": lens.target_rank,
        "target_prob": lens.target_prob,
        "entropy": lens.entropy,
    }
