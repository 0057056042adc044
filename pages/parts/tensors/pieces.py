"""One text through every tokenizer, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from gpt.errors import HeadlightError
from gpt.text import token_cuts
from gpt.text.token_cuts import Cut
from gpt.whole_characters import first_characters
from pages.parts.tensors import trained_tokenizers
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.tensors_state import LONGEST, TensorsState
from pages.shared import page_state
from pages.shared.save import save_button
from viz.figures.tokens.token_spans import LONGEST as DRAWN
from viz.figures.tokens.token_spans import token_spans
from viz.token_row import TokenRow
from viz.views.token_rows import token_rows

GREETING = "hii there\n"
LINES = 2
BEGINNING = 110  # characters of the corpus that the text begins with
WAITING = "Training on the corpus…"

Found = dict[str, Cut | str]
"""What each tokenizer makes of the text; where it makes nothing, why."""


def show(chosen: ChosenCorpus, run: str | None, state: TensorsState) -> dict[str, Any]:
    """Draw the text's field and a row for each tokenizer; return the values for the URL."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = _field(chosen, state)
        size = trained_tokenizers.size_menu(state)
    link = {"sample": text, "V": size}
    if not text:
        st.info("The text is empty. Type a few words, or a line of your own.")
        return link
    cuts = _cut_all(text, chosen, run, size)
    if len(cuts) > 1:
        _offer(cuts, text, chosen, run, size)
    return link


def _field(chosen: ChosenCorpus, state: TensorsState) -> str:
    """Draw the text's field; at first it holds the first lines of the corpus."""
    default = beginning(chosen.text)
    if state.sample == default:
        page_state.forget("sample")
    page_state.show("sample", default if state.sample is None else state.sample)
    typed: str = st.text_area(
        "Text",
        **page_state.control("sample"),
        max_chars=LONGEST,
        height=118,
        help="Click outside, or press Ctrl + Enter, to cut it again. Try an accent or an emoji.",
    )
    return typed


def beginning(text: str) -> str:
    """The lecture's words, if the corpus has their letters, and the first lines of the corpus."""
    first = [line for line in text[:LONGEST].split("\n") if line.strip()]
    lines = first_characters("\n".join(first[:LINES]), BEGINNING)
    return GREETING + lines if set(GREETING) <= set(text) else lines


def _cut_all(text: str, chosen: ChosenCorpus, run: str | None, size: int) -> Found:
    """Draw the quick tokenizers first, and again after each one that is trained."""
    names, slot = _own_first(trained_tokenizers.names(run)), st.empty()
    waiting = [
        name for name in trained_tokenizers.LEARN if trained_tokenizers.waits(name, chosen, size)
    ]
    quick = [name for name in names if name not in waiting]
    cuts: Found = dict.fromkeys(names, WAITING)
    cuts |= {name: _cut(name, text, chosen, run, size) for name in quick}
    for number, name in enumerate(waiting):
        with slot.container():
            token_rows(_rows(cuts, run), key=f"tensors_rows_{number}")
        cuts[name] = _cut(name, text, chosen, run, size)
    with slot.container():
        token_rows(_rows(cuts, run), key="tensors_rows")
    return cuts


def _own_first(names: list[str]) -> list[str]:
    """The chosen run's tokenizer above the others: its ids are those that the model reads."""
    return sorted(names, key=lambda name: name != trained_tokenizers.OWN)


def _cut(name: str, text: str, chosen: ChosenCorpus, run: str | None, size: int) -> Cut | str:
    try:
        tokenizer = trained_tokenizers.tokenizer(name, run, chosen, size)
        return token_cuts.cut(tokenizer, text)
    except HeadlightError as error:
        return str(error)


def _rows(cuts: Found, run: str | None) -> list[TokenRow]:
    return [_row(trained_tokenizers.title(name, run), cut) for name, cut in cuts.items()]


def _row(title: str, cut: Cut | str) -> TokenRow:
    if isinstance(cut, str):
        return TokenRow(title, refused=cut)
    facts = (
        f"V = {cut.vocab_size:,}\nT = {len(cut.ids):,} tokens\n"
        f"{cut.characters_a_token:.2f} characters a token"
    )
    return TokenRow(title, facts, cut.ids.tolist(), cut.pieces, cut.spans)


def _offer(cuts: Found, text: str, chosen: ChosenCorpus, run: str | None, size: int) -> None:
    rows = _rows(cuts, run)
    save_button(
        "text to tensors: pieces",
        figures={f"The first {DRAWN} characters": lambda: token_spans(rows)},
        arrays=lambda: arrays(cuts),
        settings={"text": text, "corpus": chosen.title, "corpus_sha256": chosen.digest, "V": size}
        | ({} if run is None else {"run": run})
        | {"tokenizers": _sizes(cuts)},
    )


def _sizes(cuts: Found) -> dict[str, int]:
    return {name: cut.vocab_size for name, cut in cuts.items() if isinstance(cut, Cut)}


def arrays(pieces: Found) -> dict[str, np.ndarray]:
    """Ids and characters of each token, under the names of the tokenizers."""
    cuts = {name: cut for name, cut in pieces.items() if isinstance(cut, Cut)}
    ids = {f"ids_{name}": cut.ids for name, cut in cuts.items()}
    spans = {f"places_{n}": cut.spans for n, cut in cuts.items() if cut.spans is not None}
    return ids | spans
