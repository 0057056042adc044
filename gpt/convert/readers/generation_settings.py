"""What a checkpoint of others says about writing: the first tokens, the last, those never written.

transformers reads generation_config.json, and config.json where that says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpt.bounded import where
from gpt.checks import is_whole
from gpt.convert.files.weights import json_of
from gpt.errors import ConversionError

FILE = "generation_config.json"


@dataclass(frozen=True)
class Spoken:
    """How a model begins and ends a text, as config.json of a run has it, and notes on it."""

    settings: dict[str, Any]
    notes: tuple[str, ...] = ()


def of_folder(folder: Path, raw: Mapping[str, Any], vocab_size: int) -> Spoken:
    """The tokens that begin a target, the one that ends it, and those that are never written.

    Args:
        raw: the content of config.json, with the family's defaults.

    Raises:
        ConversionError: an id is no token's, or no token begins a target.
    """
    own = json_of(folder / FILE) if (folder / FILE).is_file() else {}
    if not isinstance(own, dict):
        raise ConversionError(f"{where(folder / FILE)} should hold settings by name, {{…}}")
    known = {**raw, **{name: value for name, value in own.items() if value is not None}}
    first = _ids(known, "decoder_start_token_id", vocab_size) or _ids(
        known, "bos_token_id", vocab_size
    )
    forced, ends = (
        _ids(known, name, vocab_size) for name in ("forced_bos_token_id", "eos_token_id")
    )
    if not first or not ends:
        lacking = "ends" if first else "begins"
        raise ConversionError(
            f"{where(folder / 'config.json')} does not say which token {lacking} a target"
        )
    settings: dict[str, Any] = {"start": [first[0], *forced[:1]], "end": ends[0]}
    never = [words[0] for words in _lists(known.get("bad_words_ids")) if len(words) == 1]
    if never:
        settings["never"] = sorted({id for id in never if is_whole(id) and 0 <= id < vocab_size})
    return Spoken(settings, _notes(ends))


def _ids(known: Mapping[str, Any], name: str, vocab_size: int) -> list[int]:
    value = known.get(name)
    ids = value if isinstance(value, list) else [] if value is None else [value]
    if not all(is_whole(id) and 0 <= id < vocab_size for id in ids):
        raise ConversionError(
            f"{name} is {value!r}; it should be one of {vocab_size:,} tokens' ids"
        )
    return [int(id) for id in ids]


def _lists(value: Any) -> list[list[Any]]:
    return [words for words in value if isinstance(words, list)] if isinstance(value, list) else []


def _notes(ends: list[int]) -> tuple[str, ...]:
    if len(ends) < 2:
        return ()
    listed = ", ".join(map(str, ends))
    return (f"it may end a text with any of the tokens {listed}; here the first one ends it",)
