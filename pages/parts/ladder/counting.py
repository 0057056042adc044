"""Counting: pairs of tokens beside the trained bigram's table, and the losses of longer counts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.inspect.sampling import softmax
from gpt.text.ngrams import CountedOrder, counted_losses, pair_counts
from gpt.text.splitting import split_ids
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.ladder.standing import Standing
from pages.parts.ladder import climb_text
from pages.parts.ladder.climb_text import ClimbText
from pages.parts.ladder.ladder_state import LadderState
from pages.shared import folders, loads
from pages.shared.figures import inked
from pages.shared.lecture import cited
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.named_lines import named_lines
from viz.figures.tokens.pair_table import pair_table

LONGEST, LARGEST_TABLE = 6, 256
"""The longest n-gram; tokens in the largest table that is drawn."""
LONG = 2_000_000  # characters; up to there counting takes seconds
WORDS = f"""
A bigram can be had without training: count how often each character follows each other one. Its
trained table, by softmax, comes to the same numbers. Counts of longer contexts are the next rungs
of their own ladder: they fall, until most contexts are new. — {cited("bigram", "training")}
"""


def show(state: LadderState) -> dict[str, Any]:
    """Draw the text's choice, both tables and the losses; return the values for the URL."""
    row = st.container(horizontal=True, vertical_alignment="bottom", key="ladder_bar")
    chosen = climb_text.choose(row, state, reads=True)
    st.markdown(WORDS)
    if chosen is not None:
        _counting(chosen)
    return {}


def _counting(chosen: ClimbText) -> None:
    length = sum(len(document.text) for document in chosen.corpus().documents)
    if length > LONG and not st.button("Count this text", icon=":material/123:"):
        st.caption("This text is long: counting takes a while.")
        return
    orders, standings = counted(chosen), chosen.standings()
    figure = inked(losses_figure(orders, standings))
    st.plotly_chart(figure, key="ladder_counted", config={"displayModeBar": False})
    st.caption(_words(chosen, orders))
    counts, tokens = pairs(chosen)
    trained = trained_table(standings[0])
    figures = {"Losses of counting": partial(losses_figure, orders, standings)}
    if len(tokens) <= LARGEST_TABLE:
        figures |= _tables(counts, tokens, trained)
    save_button(
        "ladder: counting",
        figures=figures,
        arrays=lambda: {"counts": counts, "losses": np.array([order.loss for order in orders])},
        settings={"text": chosen.title, "sha256": chosen.sha256},
    )


def counted(chosen: ClimbText) -> list[CountedOrder]:
    """The losses of 1 to LONGEST tokens, cached."""
    return _counted(chosen.sha256, chosen)


@st.cache_resource(max_entries=8, show_spinner="Counting…")
def _counted(sha256: str, _chosen: ClimbText) -> list[CountedOrder]:
    learned, held_out, V = _sides(_chosen)
    return counted_losses(learned, held_out, V, LONGEST)


def pairs(chosen: ClimbText) -> tuple[np.ndarray, list[str]]:
    """(V, V) how often each character followed each, and the characters; cached."""
    return _pairs(chosen.sha256, chosen)


@st.cache_resource(max_entries=8, show_spinner=False)
def _pairs(sha256: str, _chosen: ClimbText) -> tuple[np.ndarray, list[str]]:
    learned, _, V = _sides(_chosen)
    tokenizer = CharacterTokenizer.of(_chosen.corpus().text)
    return pair_counts(learned, V), tokenizer.pieces(range(V))


def _sides(chosen: ClimbText) -> tuple[np.ndarray, np.ndarray, int]:
    """Both sides of the split as ids, and V."""
    corpus = chosen.corpus()
    tokenizer = CharacterTokenizer.of(corpus.text)
    learned, held_out = split_ids(corpus, tokenizer, "stream")
    return np.asarray(learned), np.asarray(held_out), tokenizer.vocab_size


def trained_table(bigram: Standing) -> np.ndarray | None:
    """(V, V) the trained bigram's probabilities; None if it was not trained here."""
    if bigram.run is None or not folders.has_weights(bigram.run.path):
        return None
    table = loads.checkpoint(bigram.run.name).model.wte.weight
    return softmax(table.detach().float().numpy())


def losses_figure(orders: Sequence[CountedOrder], standings: Sequence[Standing]) -> go.Figure:
    """The loss by n, and the trained rungs as levels."""
    levels = {
        f"{each.rung.title}, {each.result.val_loss:.3f}": each.result.val_loss
        for each in standings
        if each.result is not None
    }
    return named_lines(
        {"counting": np.array([order.loss for order in orders])},
        x=[order.n for order in orders],
        across="n: tokens of context and target",
        up="validation loss (nats)",
        levels=levels,
    )


def _words(chosen: ClimbText, orders: Sequence[CountedOrder]) -> str:
    numbers = "; ".join(
        f"{order.n}: {order.loss:.4f} ({order.contexts:,} contexts, {order.seen:.1%} of the "
        "held-out ones seen)"
        for order in orders
    )
    return plain(
        f"{chosen.title}: counted on the training split, measured on all of the validation split, "
        f"in nats, by Witten and Bell. n = {numbers}."
    )


def _tables(
    counts: np.ndarray, tokens: list[str], trained: np.ndarray | None
) -> dict[str, partial[go.Figure]]:
    """Draw the counted table and the trained one beside it; return the figures to save."""
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    tables = {"counted": shares} | ({} if trained is None else {"trained": trained})
    titles = {"counted": "Counted pairs, each row a share", "trained": "The bigram's softmax"}
    figures = {
        titles[name]: partial(pair_table, each, tokens, titles[name])
        for name, each in tables.items()
    }
    for column, (title, figure) in zip(st.columns(2), figures.items(), strict=False):
        with column:
            key = f"ladder_table_{title.split()[0]}"
            st.plotly_chart(inked(figure()), key=key, config={"displayModeBar": False})
    if trained is None:
        st.caption("Train the bigram on this text (*the climb*), and its table stands beside it.")
        return figures
    often = totals[:, 0] >= 100
    difference = np.abs(np.where(often[:, None], shares - trained, 0))
    st.caption(
        f"Of the {int(often.sum())} characters that stand in the text a hundred times or more, no "
        f"share differs by more than {np.nanmax(difference):.3f}, and the mean difference is "
        f"{np.nanmean(difference[often]):.4f}."
    )
    return figures
