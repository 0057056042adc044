"""Branches: the continuation that has been generated, and the ones to go back to.

The continuation is in the URL as text, so a link reopens it. The branches are the ends of all paths
that this session has taken from this prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from gpt import numerals
from gpt.errors import HeadlightError, PromptError
from gpt.text.streaming import texts
from gpt.text.tokenizer import Tokenizer
from pages.shared import page_memory, page_state
from pages.shared.plain import plain
from pages.shared.prompt_bar import Prompt
from viz.text import visible

Ids = tuple[int, ...]
LONGEST = 2000
"""Tokens after the prompt; a longer text would not fit into a link."""

MOST_BRANCHES = 20
_AS_IDS = re.compile(r"ids:\d+(,\d+)*")


@dataclass
class _Memory:
    """A page's memory: run and texts, the latest continuation, the ends of all paths."""

    about: tuple[str, str, str | None]
    text: str
    branches: list[Ids]


def opened(prompt: Prompt, text: str) -> Ids:
    """The continuation of this prompt, from the URL or the session; a new prompt has none.

    Args:
        text: what the page's state says.
    """
    tokenizer = prompt.checkpoint.tokenizer
    about = prompt.run, prompt.text, prompt.source_text
    before: _Memory | None = st.session_state.get(_slot())
    if before is None or before.about != about:
        if before is not None and before.text == text:
            text = ""
        st.session_state[_slot()] = _Memory(about, text, [])
    try:
        ids = from_link(text, tokenizer)
    except HeadlightError as error:
        st.warning(plain(f"The link's continuation cannot be read, so it is left out: {error}"))
        ids = ()
    change(ids, tokenizer)
    return ids


def _slot() -> str:
    """Where the session keeps the memory of the open page."""
    return f"_continued_on_{page_memory.session_memory().page}"


def change(ids: Ids, tokenizer: Tokenizer) -> None:
    """Go to a continuation, and remember it."""
    memory: _Memory = st.session_state[_slot()]
    memory.text = to_link(ids, tokenizer)
    memory.branches = with_branch(memory.branches, ids)
    page_state.put(continuation=memory.text)


def current(tokenizer: Tokenizer) -> Ids:
    """The continuation as it is now."""
    return from_link(link() or "", tokenizer)


def link() -> str | None:
    """The continuation for the URL; None if nothing has been generated yet."""
    memory: _Memory = st.session_state[_slot()]
    return memory.text or None


def ended(prompt: Prompt, now: Ids) -> bool:
    """Whether the model has ended its document."""
    return bool(now) and now[-1] == prompt.checkpoint.end


def is_full(prompt: Prompt, now: Ids) -> bool:
    """Whether nothing can be added: it has ended, or is as long as a link or a target can be."""
    config = prompt.checkpoint.config
    room = config.block_size - len(prompt.ids) + 1 if config.n_encoder_layer else LONGEST
    return len(now) >= min(room, LONGEST) or ended(prompt, now)


def branches() -> list[Ids]:
    """The end of every path, the oldest first."""
    memory: _Memory = st.session_state[_slot()]
    return memory.branches


def with_branch(branches: list[Ids], now: Ids) -> list[Ids]:
    """The ends of all paths, with `now`; no end is the beginning of another.

    >>> with_branch([(1, 2)], (1, 2, 3))
    [(1, 2, 3)]
    >>> with_branch([(1, 2, 3)], (1, 2))
    [(1, 2, 3)]
    >>> with_branch([(1, 2, 3)], (1, 9))
    [(1, 2, 3), (1, 9)]
    """
    if any(end[: len(now)] == now for end in branches):
        return branches
    others = [end for end in branches if now[: len(end)] != end]
    return [*others, now][-MOST_BRANCHES:]


def branch_label(end: Ids, now: Ids, tokenizer: Tokenizer) -> str:
    """The position at which a branch leaves the present text, and how it goes on."""
    shared = next((n for n, (a, b) in enumerate(zip(end, now, strict=False)) if a != b), None)
    start = min(len(end), len(now)) if shared is None else shared
    text = "".join(visible(text) for text in texts(tokenizer, end[: start + 24])[start:])
    if start == len(end) == len(now):
        return f"here, at {len(end)} tokens"
    return f"after {start}: {text}{'…' if len(end) > start + 24 else ''}"


def to_link(ids: Ids, tokenizer: Tokenizer) -> str:
    """A continuation as text; as ids if its text would be read as other tokens."""
    text = tokenizer.decode(ids)
    if (
        not _AS_IDS.fullmatch(text)
        and not tokenizer.unknown(text)
        and tuple(tokenizer.encode_part(text)) == ids
    ):
        return text
    return "ids:" + ",".join(map(str, ids))


def from_link(text: str, tokenizer: Tokenizer) -> Ids:
    """Read what `to_link` wrote.

    Raises:
        HeadlightError: a character or an id that the vocabulary lacks, or too many tokens.
    """
    as_ids = _AS_IDS.fullmatch(text)
    ids = _ids(text[4:]) if as_ids else tuple(tokenizer.encode_part(text))
    if len(ids) > LONGEST:
        raise PromptError(f"it has {len(ids):,} tokens; this page goes up to {LONGEST:,}")
    tokenizer.pieces(ids)
    return ids


def _ids(text: str) -> Ids:
    return tuple(numerals.whole(id, "a token's id") for id in text.split(","))
