"""Fields for a text that a model reads, in one line: line breaks are ↵."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gpt.errors import PromptError, describe_character
from gpt.text.repair import drop_unknown, replace_unknown
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from pages.shared import page_state
from pages.shared.plain import plain

BREAK = "↵"
MOST_WORDS = 6
"""Words that a model does not know, and that are named."""


@dataclass(frozen=True)
class TextField:
    """A field for a text: its name in the URL, its label, and whether it may be empty."""

    name: str
    label: str
    help: str = "Press Enter to run the model."
    may_be_empty: bool = False


PROMPT = TextField("prompt", "Prompt")
SOURCE = TextField("source", "Source", "What the encoder reads. Press Enter to run the model.")
TARGET = TextField(
    "prompt",
    "Target",
    "What the decoder has written so far; at first its own translation. Press Enter to run the "
    "model.",
    may_be_empty=True,
)


def text_field(
    chosen: str | None, default: str, tokenizer: Tokenizer, field: TextField = PROMPT
) -> str:
    """Draw a field for a text; return the text that it stands for.

    Args:
        chosen: what the page's state says; None: nothing was typed yet.
        default: what is shown then.

    Raises:
        PromptError: the field is empty, and may not be.
    """
    own = to_field(default, tokenizer)
    text = own if chosen is None else to_field(chosen, tokenizer)
    if chosen is not None and text == own:
        page_state.forget(field.name)  # who typed nothing sees each model read its own text
    page_state.show(field.name, text)
    typed: str = st.text_input(
        field.label,
        **page_state.control(field.name),
        help=f"{field.help} A line break is shown as {BREAK}; type it so, or as \\n.",
    )
    if not typed and not field.may_be_empty:
        page_state.forget(field.name)  # other pages need not fail for it
        raise PromptError(
            f"The {field.label.lower()} is empty. Type at least one character and press Enter; a "
            f"line break is typed as {BREAK} or \\n."
        )
    return from_field(typed, tokenizer)


def to_field(text: str, tokenizer: Tokenizer) -> str:
    """A text in one line: line breaks as ↵, unless the vocabulary has that sign itself."""
    return text if _has(tokenizer, BREAK) else text.replace("\n", BREAK)


def from_field(typed: str, tokenizer: Tokenizer) -> str:
    """What a line typed by a person means: ↵ and \\n are line breaks, where they can be."""
    if not _has(tokenizer, BREAK):
        typed = typed.replace(BREAK, "\n")
    return typed if _has(tokenizer, "\\") else typed.replace("\\n", "\n")


def _has(tokenizer: Tokenizer, character: str) -> bool:
    """Whether a vocabulary of characters has this one; others could write any, and need not."""
    return isinstance(tokenizer, CharacterTokenizer) and not tokenizer.unknown(character)


def refuse_unknown(
    tokenizer: Tokenizer, text: str, default: str, field: TextField = PROMPT
) -> None:
    """If the vocabulary lacks a character, say which, offer ways out, and end the page here."""
    unknown = tokenizer.unknown(text)
    if not unknown:
        return
    first = [f"{describe_character(c)} at position {i}" for i, c in unknown[:3]]
    more = f", and {len(unknown) - 3} more" if len(unknown) > 3 else ""
    st.error(
        plain(
            f"This model's vocabulary of {tokenizer.vocab_size:,} tokens lacks "
            f"{'; '.join(first)}{more}."
        ),
        icon=":material/error:",
    )
    with st.container(horizontal=True):
        _offer("Drop them", drop_unknown(tokenizer, text), tokenizer, field)
        _offer("Replace them", replace_unknown(tokenizer, text), tokenizer, field)
        _offer(f"Use this model's own {field.label.lower()}", default, tokenizer, field)
    page_state.publish_asked()  # a reload must not lose what was typed
    st.stop()


def say_replaced(tokenizer: Tokenizer, text: str) -> None:
    """Say in a line which words of a text the model does not know, and what it reads for them."""
    if replaced := tokenizer.replaced(text):
        names = [f"“{plain(part)}”" for part in list(replaced)[:MOST_WORDS]]
        if more := len(replaced) - len(names):
            names.append(f"{more:,} more")
        listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        read = plain(next(iter(replaced.values())))
        each = "for it" if len(replaced) == 1 else "for each of them"
        st.caption(f"This model does not know {listed}: it reads {read} {each}.")


def _offer(label: str, text: str, tokenizer: Tokenizer, field: TextField) -> None:
    """A button that puts a text into its field; nothing is changed unasked."""
    line = to_field(text, tokenizer)
    st.button(
        label,
        on_click=lambda: page_state.put(**{field.name: line}),
        help=plain(line) or "nothing would be left",
    )
