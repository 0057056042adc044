"""The tokenizer of examples: its menu, the choice of V, and what it makes of these examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from gpt.text.labelled import LabelledExamples
from gpt.text.tokenizer import Tokenizer
from gpt.text.tokenizers import choices
from gpt.text.tokenizers.choices import CHOICES
from gpt.text.tokenizers.words import UNKNOWN
from pages.parts.train.choice_names import PIECES, SUITED, TOKENIZERS
from pages.parts.train.examples_reading import Examples, ExamplesReading
from pages.parts.train.tokenizer_choice import learns
from pages.parts.train.train_state import TrainState
from pages.shared import page_state, url_controls
from pages.shared.plain import plain

SIZES = {"words": 12_000}
LARGE = 2_000
"""V at first: of words, and of pieces."""
READ = 2_000
"""Texts of which the lengths are counted."""


AS_SUITS = "as suits the examples"
"""A browser keeps an option by these words, so they are the same whatever it is that suits."""


def menu(state: TrainState) -> str:
    """Draw the choice of a tokenizer, and of V if it has one; return its spec, or ""."""
    page_state.show("pieces", state.pieces or SUITED)
    kind: str = st.selectbox(
        "Tokenizer",
        PIECES,
        format_func=lambda name: AS_SUITS if name == SUITED else TOKENIZERS[name],
        **page_state.control("pieces"),
        help="  \n".join(
            f"**{TOKENIZERS[name]}**: {CHOICES[name].description}" for name in PIECES[1:]
        ),
        width=260,
    )
    if kind == SUITED:
        return ""
    if not learns(kind):
        return kind
    least, usual = CHOICES[kind].least or 1, SIZES.get(kind, LARGE)
    size = url_controls.whole(
        "V", state, "pieces_vocab", least, choices.LARGEST, default=usual, step=64,
        help="How many tokens the vocabulary gets at most.",
    )  # fmt: skip
    return f"{kind}:{size}"


def show_lengths(read: ExamplesReading) -> None:
    """Draw one line: how many tokens a text takes, and what the vocabulary lacks."""
    st.caption(plain(_words(read.digest, read)))


@st.cache_resource(max_entries=32, show_spinner="Counting the tokens…")
def _words(key: str, _read: ExamplesReading) -> str:
    return "; ".join(
        f"{side} take {words}"
        for side, words in (
            (side, _of_side(texts, tokenizer)) for side, texts, tokenizer in sides(_read)
        )
    )


def sides(read: ExamplesReading) -> list[tuple[str, Sequence[str], Tokenizer]]:
    """The held-out texts of each side, with its name and its tokenizer."""
    held_out: Examples = read.examples.take(read.split.validation.tolist()[:READ])
    if isinstance(held_out, LabelledExamples):
        return [("Held-out texts", held_out.texts, read.tokenizer)]
    return [
        ("Held-out sources", held_out.sources, read.source_tokenizer or read.tokenizer),
        ("targets", held_out.targets, read.tokenizer),
    ]


def _of_side(texts: Sequence[str], tokenizer: Tokenizer) -> str:
    rows = [tokenizer.encode_part(text) for text in texts]
    lengths = np.array([len(row) for row in rows])
    words = f"{lengths.mean():.1f} tokens of {tokenizer.vocab_size:,}, {lengths.max():,} at most"
    unknown = [id for id in range(min(2, tokenizer.vocab_size)) if _is_unknown(tokenizer, id)]
    if not unknown:
        return words
    share = np.mean([id in unknown for row in rows for id in row])
    if share == 0:
        return words
    return f"{words}, {share:.1%} of them {UNKNOWN}, words that the vocabulary lacks"


def _is_unknown(tokenizer: Tokenizer, id: int) -> bool:
    return tokenizer.pieces([id]) == [UNKNOWN]
