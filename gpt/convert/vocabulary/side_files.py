"""A tokenizer's folder as one tokenizer.json: its vocabulary and the side files' settings.

Settings in tokenizer_config.json, special_tokens_map.json and added_tokens.json change what a text
becomes. Each one has the effect that it has in transformers, through the same library, or it is
refused by its name (docs/adr/0025-side-files-of-a-tokenizer.md).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from gpt.convert.vocabulary import specs
from gpt.convert.vocabulary.added_tokens import with_added_tokens
from gpt.convert.vocabulary.specs import Spec
from gpt.convert.vocabulary.tokenizer_classes import (
    bert_tokenizer,
    gpt2_tokenizer,
    is_berts,
    is_gpt2s,
    is_xlm_robertas,
    roberta_tokenizer,
)
from gpt.convert.vocabulary.tokenizer_settings import (
    BERTS,
    DEFAULTS,
    ROBERTAS,
    Settings,
    read_settings,
)
from gpt.errors import ConversionError
from gpt.run_files import read_json
from gpt.text.tokenizer_file import safe_spec

GENERIC = {None, "PreTrainedTokenizer", "TokenizersBackend", "PythonBackend"}
"""Classes that read a tokenizer.json as it is."""


def spec_of(folder: Path, model_kind: str = "") -> Spec | None:
    """The tokenizer of a folder, with its side files; None if it has no vocabulary.

    Args:
        model_kind: the model's family, where no file of the folder names it.

    Raises:
        ConversionError: a file is damaged, or a setting cannot be followed; the message names it.
        TokenizerError: the vocabulary cannot be used.
    """
    settings = read_settings(folder, model_kind)
    if settings.flag("split_special_tokens", False):
        raise ConversionError(
            f"{settings.source}: split_special_tokens is true, which a tokenizer.json cannot say; "
            "set it to false to read special tokens in a text as such"
        )
    if (folder / "tokenizer.json").is_file():
        return _of_tokenizer_json(settings, read_json(folder / "tokenizer.json"))
    if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        _check_kind(settings, "vocab.json and merges.txt", {"GPT2Tokenizer", *ROBERTAS})
        base = specs.byte_level_bpe(folder / "vocab.json", folder / "merges.txt")
        if settings.kind == "RobertaTokenizer":
            return roberta_tokenizer(settings, base, "vocab.json")
        return gpt2_tokenizer(replace(settings, kind="GPT2Tokenizer"), base, with_ends=True)
    if (folder / "vocab.txt").is_file():
        _check_kind(settings, "vocab.txt", BERTS)
        ids = specs.word_ids(folder / "vocab.txt")
        return bert_tokenizer(replace(settings, kind="BertTokenizer"), ids, "vocab.txt")
    return None


def _of_tokenizer_json(settings: Settings, base: Any) -> Spec:
    """A tokenizer.json with its settings; some classes build its steps anew from the settings."""
    base = safe_spec(base)
    settings = settings.with_added_of(base)
    if settings.kind == "GPT2Tokenizer" and is_gpt2s(base):
        return gpt2_tokenizer(settings, base, with_ends=False)
    if settings.kind == "RobertaTokenizer" and is_gpt2s(base):
        return roberta_tokenizer(settings, base, "tokenizer.json")
    if settings.kind == "BertTokenizer" and is_berts(base):
        return bert_tokenizer(settings, dict(base["model"]["vocab"]), "tokenizer.json")
    if settings.kind in DEFAULTS and settings.is_named:
        raise ConversionError(
            f"{settings.source} names {settings.kind}, which makes the steps of its tokenizer "
            "anew, and those of tokenizer.json are others; take tokenizer_class out of the file to "
            "read tokenizer.json as it stands"
        )
    is_xlms = settings.kind == "XLMRobertaTokenizer" and is_xlm_robertas(settings, base)
    if not (is_xlms or settings.kind in GENERIC or settings.kind in DEFAULTS):
        raise ConversionError(
            f"{settings.source} names {settings.kind}, which may make the steps of its tokenizer "
            "anew, and which it would make of this tokenizer.json is not known here; take "
            "tokenizer_class out of the file to read tokenizer.json as it stands"
        )
    return with_added_tokens(replace(settings, kind=None), base)


def _check_kind(settings: Settings, files: str, known: set[str]) -> None:
    if settings.is_named and settings.kind not in (known | GENERIC):
        raise ConversionError(
            f"{settings.source}: tokenizer_class is {settings.kind!r}; of {files} only "
            f"{', '.join(sorted(known))} are read here. Save its tokenizer.json beside them"
        )
