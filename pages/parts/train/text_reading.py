"""The text of a new run as it will be read: whose words, which tokens, which boundaries."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from gpt import numerals
from gpt.text import splitting
from gpt.text.corpus import Corpus
from gpt.text.documents import KINDS
from gpt.text.hidden_tokens import with_mark
from gpt.text.splitting import Counts
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.training.presets import find
from pages.parts.train.choice_names import AUTO, OWN
from pages.parts.train.tokenizer_choice import Wanted, tokenizer_of
from pages.parts.train.train_state import TrainState
from pages.parts.train.training_text import Text
from pages.shared import page_state
from pages.shared.plain import plain
from viz.text import readable, visible

FIRST_TOKENS = 240
WHAT_STOPS = {
    "stream": "Blocks are cut anywhere in one long text, and may run from one document into the "
    "next; its last tenth is held out.",
    "lines": "Each line is a document: a block begins at its start, stops at its end, and the line "
    "break is learned as an end, so that what is generated ends too. Every tenth is held out.",
    "files": "No block runs from one file into the next, and the last tenth of each is held out, "
    "so that each speaker is in both parts.",
}


@dataclass(frozen=True, eq=False)
class TextReading:
    """A text as a run will read it.

    Fields:
        text: the text of the chosen speakers.
        tokenizer: of its tokens.
        documents: where blocks stop, of `gpt.text.documents.KINDS`.
        counts: numbers of tokens, learned from and held out.
    """

    text: Text
    tokenizer: Tokenizer
    documents: str
    counts: Counts

    @property
    def corpus(self) -> Corpus:
        """The text's documents."""
        return self.text.corpus


def read(text: Text, wanted: Wanted, state: TrainState) -> TextReading:
    """Train the tokenizer and split the text, or take both from memory.

    Raises:
        TokenizerError: the tokenizer cannot be trained on this text, or cannot write it.
        TextError: the text is too short to learn from, or to hold a part out.
    """
    kind, has_mark = documents(text, state), state.task == "masked" and wanted.name != OWN
    tokenizer = tokenizer_of(wanted, _marked(text.digest, text) if has_mark else text)
    return TextReading(
        text, tokenizer, kind, _counts(text.digest, wanted.key, kind, text, tokenizer)
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _marked(digest: str, _text: Text) -> Text:
    """The text with the mark of a hidden token, for vocabularies that need one."""
    text = with_mark(_text.text)
    return replace(
        _text, text=text, tokenizer=CharacterTokenizer.of(text), digest=f"{digest}:with mark"
    )


@st.cache_resource(max_entries=32, show_spinner="Counting the tokens…")
def _counts(digest: str, key: str, kind: str, _text: Text, _tokenizer: Tokenizer) -> Counts:
    return splitting.count(_text.corpus, _tokenizer, kind, 1)


# -- whose words ------------------------------------------------------------------------------


def speakers_menu(text: Text, state: TrainState) -> Text:
    """Draw the choice of speakers, if there are several; return their part of the text."""
    known = text.corpus.speakers
    if len(known) < 2:
        if state.speakers:
            reason = "this text is not divided by speakers"
            page_state.say_misfit(state, "speakers", reason, "all of it")
        return text
    speaking = [name for name in state.speakers if name in known]
    if missing := [numerals.brief(name) for name in state.speakers if name not in known]:
        reason = f"nobody called {', '.join(missing[:5])} speaks in this text"
        page_state.say_misfit(state, "speakers", reason, ", ".join(speaking) or "everyone")
    page_state.show("speakers", speaking)
    chosen: list[str] = st.pills(
        "Learn from",
        list(known),
        selection_mode="multi",
        **page_state.control("speakers"),
        format_func=lambda name: f"{readable(name)} · {known[name]:,}",
        help="Speakers, and how many characters each has. None chosen: everyone.",
    )
    if not chosen or len(chosen) == len(known):
        st.caption("Everyone's words are learned as one text; the model is not told who speaks.")
        return text
    st.caption(plain(f"Only what {' and '.join(chosen)} said is learned from and held out."))
    return _only(text.digest, tuple(chosen), text)


@st.cache_resource(max_entries=8, show_spinner=False)
def _only(digest: str, chosen: tuple[str, ...], _text: Text) -> Text:
    return Text.of(_text.corpus.only(chosen))


# -- where documents end ----------------------------------------------------------------------


def suggested(text: Text, preset: str) -> str:
    """The preset's kind of documents, or else the one that suits the text."""
    kind: str = find(preset).training.get("documents") or splitting.suggested(text.corpus)
    return kind


def documents(text: Text, state: TrainState) -> str:
    """The chosen kind, of `KINDS`."""
    auto = state.documents == AUTO
    return suggested(text, state.preset) if auto else state.documents


def documents_menu(text: Text, state: TrainState) -> str:
    """Draw the choice of boundaries; return the kind."""
    chosen = documents(text, state)
    best = KINDS[suggested(text, state.preset)]
    st.selectbox(
        "Documents",
        [AUTO, *KINDS],
        format_func=lambda kind: f"as suggested: {best}" if kind == AUTO else KINDS[kind],
        **page_state.control("documents"),
        width=260,
        help="  \n".join(f"**{KINDS[kind]}**: {words}" for kind, words in WHAT_STOPS.items()),
    )
    return WHAT_STOPS[chosen]


# -- what it looks like -----------------------------------------------------------------------


def look_at_tokens(reading: TextReading) -> None:
    """Draw the vocabulary of characters, or the beginning of the text in tokens."""
    tokenizer = reading.tokenizer
    if tokenizer.vocab_size == reading.text.tokenizer.vocab_size:
        st.caption(f"The vocabulary, V = {tokenizer.vocab_size}:")
        pieces = tokenizer.pieces(range(tokenizer.vocab_size))
        st.code("".join(map(visible, pieces)), language=None, wrap_lines=True)
        return
    counts = reading.counts
    st.caption(
        f"The text in tokens, V = {tokenizer.vocab_size:,}: {counts.tokens:,} in all, "
        f"{counts.characters_per_token:.2f} characters each where it is held out. It begins"
    )
    ids = tokenizer.encode_part(reading.text.beginning())[:FIRST_TOKENS]
    st.code(" │ ".join(map(visible, tokenizer.pieces(ids))), language=None, wrap_lines=True)
