"""The tokenizer of a new run: its menu, the choice of V, and the tokenizer itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from gpt.bounded import json_value
from gpt.errors import CheckpointError, TokenizerError
from gpt.run_files import MOST_FILE, MOST_TOKENIZER_MEMORY, TOKENIZER
from gpt.text.huggingface import HuggingFaceTokenizer
from gpt.text.tokenizer import Tokenizer
from gpt.text.tokenizers import choices
from gpt.text.tokenizers.choices import CHOICES
from gpt.text.tokenizers.gpt2 import gpt2
from gpt.training.presets import find
from pages.parts.train.choice_names import CAN_HIDE, CHARACTERS, GPT2, OWN, TOKENIZERS
from pages.parts.train.train_state import TrainState
from pages.parts.train.training_text import Text
from pages.shared import page_state, url_controls
from pages.shared.uploads import files_field

TITLES = TOKENIZERS
LIMIT = MOST_FILE[TOKENIZER]
HELP = "  \n".join(f"**{TITLES[name]}**: {choice.description}" for name, choice in CHOICES.items())


@dataclass(frozen=True)
class Wanted:
    """A wanted tokenizer.

    Fields:
        name: of `TITLES`.
        size: V, if it can be chosen.
        file: the content of a tokenizer.json, if that is wanted.
    """

    name: str
    size: int | None = None
    file: bytes | None = None

    @property
    def key(self) -> str:
        """Equal for equal tokenizers."""
        return f"{self.name}:{self.size}:{hash(self.file)}"


def learns(name: str) -> bool:
    """Whether a tokenizer is trained on the text, so that V can be chosen."""
    return name in CHOICES and CHOICES[name].least is not None


def own_tokenizer(preset: str) -> tuple[str, int | None]:
    """The tokenizer of a preset, and its V: characters, as the lecture's, if it names none."""
    return choices.parse(find(preset).tokenizer or CHARACTERS)


def tokenizer_menu(state: TrainState) -> tuple[str, int | None]:
    """Draw the menu, and the field of V if it can be chosen; the preset's own at first."""
    own, own_size = own_tokenizer(state.preset)
    names = CAN_HIDE if state.task == "masked" else tuple(TITLES)
    page_state.show("tokenizer", state.tokenizer if state.tokenizer in names else own)
    name: str = st.container(width=220).selectbox(
        "Tokenizer",
        names,
        format_func=lambda name: TITLES[name],
        **page_state.control("tokenizer"),
        help=HELP,
    )
    if not learns(name):
        return name, None
    usual = own_size if name == own and own_size else choices.DEFAULT_SIZE
    with st.container(width=150):
        size = url_controls.whole(
            "V",
            state,
            "vocab",
            CHOICES[name].least or 1,
            choices.LARGEST,
            default=usual,
            step=64,
            help="How many tokens the vocabulary gets. More make the text shorter, and the first "
            "and the last matrix larger. A short text may yield fewer.",
        )
    return name, size


def tokenizer_file(name: str) -> bytes | None:
    """Draw the field for a tokenizer.json, if that is chosen; return its content, or None."""
    if name != OWN:
        return None
    files = files_field(
        "A tokenizer.json as Hugging Face's `tokenizers` writes it; V is its own.",
        "tokenizer_file",
        ["json"],
        several=False,
        most=LIMIT,
    )
    return files[0].content if files else None


def tokenizer_of(wanted: Wanted, text: Text) -> Tokenizer:
    """The wanted tokenizer, trained on the text if it learns; cached.

    Raises:
        TokenizerError: the size is impossible, files are missing, or the vocabulary cannot write
            the text.
    """
    if wanted.name == CHARACTERS:
        return text.tokenizer
    if wanted.name == GPT2:
        return _gpt2()
    if wanted.file is not None:
        return _able(_own(wanted.file), text)
    return _trained(wanted.name, wanted.size, text.digest, text.text)


@st.cache_resource(max_entries=8, show_spinner="Training the tokenizer…")
def _trained(name: str, size: int | None, digest: str, _text: str) -> Tokenizer:
    return choices.make(name, _text, size)


@st.cache_resource(max_entries=1, show_spinner=False)
def _gpt2() -> Tokenizer:
    return gpt2(network=False)  # a page never downloads anything


@st.cache_resource(max_entries=2, show_spinner="Reading the tokenizer…")
def _own(content: bytes) -> Tokenizer:
    if len(content) > LIMIT:
        raise TokenizerError(f"this tokenizer.json has more than {LIMIT // 2**20} MiB")
    try:
        spec: Any = json_value(content, "this tokenizer.json", MOST_TOKENIZER_MEMORY)
    except CheckpointError as error:
        raise TokenizerError(str(error)) from None
    return HuggingFaceTokenizer(spec)


def _able(tokenizer: Tokenizer, text: Text) -> Tokenizer:
    characters = "".join(text.tokenizer.characters)
    if unknown := tokenizer.unknown(characters):
        listed = ", ".join(repr(character) for _, character in unknown[:5])
        raise TokenizerError(
            f"this tokenizer.json has no token for {len(unknown)} of the text's characters "
            f"({listed}); choose another tokenizer or another text"
        )
    return tokenizer


def link(name: str, size: int | None, preset: str) -> dict[str, object]:
    """The tokenizer's values for the URL; none for the preset's own, and none for a file."""
    if name == OWN or (name, size) == own_tokenizer(preset):
        return {"tokenizer": None, "vocab": None}
    return {"tokenizer": name} | ({} if size is None else {"vocab": size})
