"""The tokenizers of the page, trained once for each corpus and shared by all sessions."""

from __future__ import annotations

import streamlit as st

from gpt.text.tokenizer import Tokenizer
from gpt.text.tokenizers import choices
from gpt.text.tokenizers.choices import CHOICES
from gpt.text.tokenizers.gpt2 import gpt2
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.tensors_state import SIZES, TensorsState
from pages.shared import loads, page_state

OWN = "own"
LEARN = ("bpe", "sentencepiece-bpe", "sentencepiece-unigram")
"""The tokenizers that learn their vocabulary, those that are quick about it first.

`words` is left out: it takes a moment, and as it drops rare words, its texts do not compare."""
DONE = "_tensors_trained"


def names(run: str | None) -> list[str]:
    """Every tokenizer there is, the run's own last."""
    return [*CHOICES, *([] if run is None else [OWN])]


def title(name: str, run: str | None) -> str:
    """The name of a tokenizer on the screen."""
    return f"{run}'s own" if name == OWN else CHOICES[name].title


def size_menu(state: TensorsState) -> int:
    """Draw the choice of V for the tokenizers that learn their vocabulary."""
    page_state.fitted(state, "V", SIZES, SIZES[0], f"V can be {', '.join(map(str, SIZES))}")
    chosen: int = st.selectbox(
        "V, where trained",
        SIZES,
        format_func=lambda size: f"{size:,}",
        **page_state.control("V"),
        width=150,
    )
    return chosen


def tokenizer(name: str, run: str | None, chosen: ChosenCorpus, size: int) -> Tokenizer:
    """A tokenizer by its name; one that learns is trained on the corpus.

    Raises:
        TokenizerError: the corpus is too small for this vocabulary, or files are missing here.
    """
    if name == OWN:
        assert run is not None
        return loads.checkpoint(run).tokenizer
    if name == "gpt2":
        return _gpt2()
    wanted = None if CHOICES[name].least is None else size
    tokenizer_of_size = _trained(name, wanted, chosen.digest, chosen.text)
    _done().add((name, wanted, chosen.digest))
    return tokenizer_of_size


def waits(name: str, chosen: ChosenCorpus, size: int) -> bool:
    """Whether a tokenizer is still to be trained, as far as this session knows."""
    return name in LEARN and (name, size, chosen.digest) not in _done()


def _done() -> set[tuple[str, int | None, str]]:
    done: set[tuple[str, int | None, str]] = st.session_state.setdefault(DONE, set())
    return done


@st.cache_resource(max_entries=48, show_spinner=False)
def _trained(name: str, size: int | None, digest: str, _text: str) -> Tokenizer:
    return choices.make(name, _text, size)


@st.cache_resource(max_entries=1, show_spinner=False)
def _gpt2() -> Tokenizer:
    return gpt2(network=False)  # a page never downloads anything
