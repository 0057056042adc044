"""Marian's tokenizers in a folder: source.spm, target.spm, vocab.json and their settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gpt import bounded
from gpt.bounded import folder_name, where
from gpt.convert.vocabulary.tokenizer_settings import (
    Settings,
    default_tokens,
    read_settings,
    special_tokens,
)
from gpt.errors import CheckpointError, ConversionError, TokenizerError
from gpt.importing import alone
from gpt.run_files import read_json
from gpt.text.tokenizer import Tokenizer

SIDES = {"source": "source.spm", "target": "target.spm"}
WORDS, TARGET_WORDS = "vocab.json", "target_vocab.json"
MOST = 64 * bounded.MIB
NEEDED = "a Marian has one for each language, and vocab.json"


@dataclass(frozen=True)
class Pair:
    """The tokenizers of the two texts of a translation."""

    source: Tokenizer
    target: Tokenizer


def tokenizers_of(folder: Path) -> Pair | None:
    """The two tokenizers of a Marian's folder; None if it has neither of their models.

    Raises:
        ConversionError: one of the files is missing or damaged, or a setting cannot be followed;
            the message names it.
    """
    files = {side: folder / name for side, name in SIDES.items()}
    if not any(path.is_file() for path in files.values()):
        return None
    settings = replace(read_settings(folder), kind="MarianTokenizer")
    is_separate = settings.flag("separate_vocabs", False)
    words = {"source": folder / WORDS, "target": folder / (TARGET_WORDS if is_separate else WORDS)}
    needed = dict.fromkeys([*files.values(), *words.values()])
    if missing := [path.name for path in needed if not path.is_file()]:
        raise ConversionError(f"{folder_name(folder)} has no {' and no '.join(missing)}: {NEEDED}")
    return Pair(*(_tokenizer(settings, files[side], words[side]) for side in SIDES))


def _tokenizer(settings: Settings, model: Path, words: Path) -> Tokenizer:
    with alone():
        from gpt.text.tokenizers.marian import MarianTokenizer  # sentencepiece is slow to import

    special = _special(settings)
    unknown, end = (special.get(name, "") for name in ("unk_token", "eos_token"))
    try:
        ids, added = read_json(words), {t.content: id for id, t in settings.added.items()}
        if isinstance(ids, dict) and words.name == WORDS:
            ids = {**added, **ids}
        return MarianTokenizer(
            bounded.read_bytes(model, MOST), ids, [*special.values()], unknown, end
        )
    except (CheckpointError, TokenizerError) as error:
        raise ConversionError(f"{where(model)}: {error}") from None


def _special(settings: Settings) -> dict[str, str]:
    """The tokens that a text may name, by their role.

    Raises:
        ConversionError: a setting changes what becomes of a text in a way that is not known here.
    """
    sampling: Any = settings.values.get("sp_model_kwargs") or {}
    if sampling:
        raise ConversionError(f"{settings.source}: sp_model_kwargs is {sampling!r}, not nothing")
    if settings.flag("split_special_tokens", False):
        raise ConversionError(f"{settings.source}: split_special_tokens is true, which is not read")
    named = default_tokens(settings) | special_tokens(settings)
    tokens = named | {f"added {id}": token for id, token in settings.added.items()}
    for token in tokens.values():
        if token.lstrip or token.rstrip or token.single_word:
            raise ConversionError(
                f"{settings.source}: the token {token.content!r} takes blanks or whole words "
                "(lstrip, rstrip, single_word), which is not read"
            )
    return {role: token.content for role, token in tokens.items()}
