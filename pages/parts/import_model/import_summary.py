"""The recognized checkpoint, in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gpt.convert.families import FAMILIES
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.vocabulary.vocabularies import FittingTokenizer
from gpt.shape_only import count_parameters
from gpt.text.huggingface import HuggingFaceTokenizer
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from pages.shared.about_model import sizes
from pages.shared.plain import plain
from viz.text import visible

KINDS = {name: family.words for name, family in FAMILIES.items()} | {"run": "a run of Headlight"}
BIGRAM = "the lecture's bigram, a table of next-token logits"
FIRST = 40


def model(foreign: ForeignCheckpoint) -> None:
    """Draw kind, sizes and parameter count, then notes."""
    trained = f", after {foreign.step:,} steps" if foreign.step else ""
    kind = KINDS[foreign.kind] if foreign.config.n_layer else BIGRAM
    st.markdown(f"**Recognised: {kind}**{trained}.")
    sizes(foreign.config, count_parameters(foreign.config))
    if labels := foreign.extra.get("labels"):
        st.caption(plain(f"It gives a text one of {len(labels)} labels: {_listed(labels)}."))
    _notes(foreign.notes)


def tokenizer(fitted: FittingTokenizer) -> None:
    """Draw kind, size and first tokens, of a translator's two, then how it was made to fit."""
    if fitted.source is not None:
        _vocabulary("Vocabulary of the source", fitted.source)
    _vocabulary(
        "Vocabulary" if fitted.source is None else "Vocabulary of the target", fitted.tokenizer
    )
    _notes(fitted.notes)


def _vocabulary(name: str, words: Tokenizer) -> None:
    pieces = words.pieces(range(min(FIRST, words.vocab_size)))
    st.caption(f"{name}: {_kind(words)}, V = {words.vocab_size:,}. The first {len(pieces)}:")
    st.code("  ".join(visible(piece) for piece in pieces), language=None, wrap_lines=True)


def _listed(labels: Sequence[str]) -> str:
    first = ", ".join(labels[:FIRST])
    return first if len(labels) <= FIRST else f"{first}, …"


def _notes(notes: Sequence[str]) -> None:
    for note in notes:
        st.caption(plain(note[0].upper() + note[1:] + "."))


def _kind(words: Tokenizer) -> str:
    if isinstance(words, CharacterTokenizer):
        return "one token a character"
    if isinstance(words, HuggingFaceTokenizer):
        return f"{words.spec['model'].get('type', 'Hugging Face')}, a tokenizer.json"
    return type(words).__name__.removesuffix("Tokenizer")
