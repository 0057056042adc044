"""The settings beside a tokenizer's vocabulary, read and checked.

They stand in tokenizer_config.json, special_tokens_map.json and added_tokens.json
(docs/adr/0025-side-files-of-a-tokenizer.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tokenizers import AddedToken

from gpt.bounded import where
from gpt.convert.files.model_types import type_of
from gpt.convert.vocabulary import specs
from gpt.convert.vocabulary.specs import Spec
from gpt.errors import ConversionError
from gpt.run_files import read_json

NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
EXTRA = ("extra_special_tokens", "additional_special_tokens")
OWN = ("single_word", "lstrip", "rstrip", "normalized", "special")
WORDS = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]"}
DEFAULTS: dict[str, dict[str, str]] = {
    "GPT2Tokenizer": dict.fromkeys(("bos_token", "eos_token", "unk_token"), specs.END),
    "BertTokenizer": {**WORDS, "mask_token": "[MASK]"},
    "RobertaTokenizer": {
        **dict.fromkeys(("bos_token", "cls_token"), "<s>"),
        **dict.fromkeys(("eos_token", "sep_token"), "</s>"),
        **{"unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"},
    },
    "MarianTokenizer": {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"},
}
"""Special tokens that a class has unless its settings name others."""
BERTS = {"BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer"}
ROBERTAS = {"RobertaTokenizer", "BartTokenizer"}
SAME = dict.fromkeys(BERTS, "BertTokenizer") | dict.fromkeys(ROBERTAS, "RobertaTokenizer")
"""Classes by another name of theirs."""
OF_MODEL = {
    "gpt2": "GPT2Tokenizer",
    **dict.fromkeys(("bert", "distilbert"), "BertTokenizer"),
    **dict.fromkeys(("roberta", "bart"), "RobertaTokenizer"),
    "marian": "MarianTokenizer",
}


@dataclass(frozen=True)
class Settings:
    """The settings in the files beside a vocabulary.

    Fields:
        folder: the folder of the files.
        values: tokenizer_config.json, and special_tokens_map.json when transformers reads it.
        added: tokens with the ids that a side file gives them.
        kind: the tokenizer's class, without "Fast"; None if no file names one.
        is_named: whether the tokenizer's files name that class; else the model's kind implies it.
        is_complete: whether `added` are all the added tokens, a tokenizer.json's included.
    """

    folder: Path
    values: dict[str, Any]
    added: dict[int, AddedToken]
    kind: str | None
    is_named: bool
    is_complete: bool = False

    def with_added_of(self, base: Spec) -> Settings:
        """The same with the added tokens of a tokenizer.json, unless `added` is complete."""
        if self.is_complete:
            return self
        tokens = base.get("added_tokens") or []
        theirs = {t["id"]: _token(t, "tokenizer.json", special=False) for t in tokens}
        return replace(self, added={**self.added, **theirs})

    def flag(self, name: str, default: bool | None) -> bool | None:
        """A setting that is true or false.

        Raises:
            ConversionError: it is something else.
        """
        value = self.values.get(name, default)
        if value is not None and not isinstance(value, bool):
            raise ConversionError(f"{self.source}: {name} is {value!r}; it should be true or false")
        return value

    @property
    def source(self) -> str:
        """The file of the settings, in messages."""
        return where(self.folder / "tokenizer_config.json")


def read_settings(folder: Path, model_kind: str = "") -> Settings:
    """The settings in the side files of a folder.

    Args:
        model_kind: the model's family, where no file of the folder names it.

    Raises:
        ConversionError: a side file is damaged; the message names it.
    """
    values, model = _object(folder / "tokenizer_config.json"), _object(folder / "config.json")
    kind = values.get("tokenizer_class") or model.get("tokenizer_class")
    is_named = isinstance(kind, str)
    kind = kind.removesuffix("Fast") if isinstance(kind, str) else None
    kind = SAME.get(kind or "", kind)
    kind = kind or OF_MODEL.get(type_of(model) or model_kind)
    decoder = values.pop("added_tokens_decoder", None)
    settings = Settings(folder, values, {}, kind, is_named)
    if isinstance(decoder, dict):
        return replace(settings, added=_decoder_tokens(settings.source, decoder), is_complete=True)
    settings.values.update(_object(folder / "special_tokens_map.json"))
    return replace(settings, added=_file_tokens(settings))


def special_tokens(settings: Settings) -> dict[str, AddedToken]:
    """The special tokens that side files name, by their role, in transformers' order."""
    values, source = settings.values, settings.source
    more = [name for name in values if name.endswith("_token") and name not in NAMED]
    named = {
        name: _token(values[name], f"{source}: {name}")
        for name in (*NAMED, *more)
        if values.get(name) and not isinstance(values[name], bool)
    }
    extra: Any = next((values[name] for name in EXTRA if values.get(name)), [])
    if not isinstance(extra, (list, dict)):
        raise ConversionError(f"{source}: {EXTRA[0]} should be a list of tokens")
    pairs = extra.items() if isinstance(extra, dict) else enumerate(extra)
    return named | {
        f"extra {name}": _token(token, f"{source}: {EXTRA[0]}") for name, token in pairs
    }


def default_tokens(settings: Settings) -> dict[str, AddedToken]:
    """The special tokens that the class has by itself and no side file names."""
    names = DEFAULTS.get(settings.kind or "", {})
    return {
        name: AddedToken(token, special=True)
        for name, token in names.items()
        if name not in settings.values
    }


def _object(path: Path) -> dict[str, Any]:
    """The content of a side file; {} if there is none.

    Raises:
        ConversionError: it holds something other than settings.
    """
    value = read_json(path) if path.is_file() else {}
    if not isinstance(value, dict):
        raise ConversionError(f"{where(path)} should hold settings by name, {{…}}")
    return dict(value)


def _decoder_tokens(source: str, decoder: Mapping[str, Any]) -> dict[int, AddedToken]:
    """The tokens of `added_tokens_decoder`, by their ids."""
    tokens = {}
    for id, token in decoder.items():
        if not (id.isascii() and id.isdecimal() and len(id) < 10):
            raise ConversionError(f"{source}: added_tokens_decoder has the id {id[:20]!r}")
        tokens[int(id)] = _token(token, f"{source}: added_tokens_decoder", special=False)
    return tokens


def _file_tokens(settings: Settings) -> dict[int, AddedToken]:
    """The tokens of added_tokens.json, by their ids; special if a setting names them special."""
    path = settings.folder / "added_tokens.json"
    special = {token.content for token in special_tokens(settings).values()}
    tokens = {}
    for name, id in _object(path).items():
        if not isinstance(id, int) or isinstance(id, bool):
            raise ConversionError(f"{where(path)}: the id of {name[:40]!r} is {id!r}, no number")
        is_special = name in special
        tokens[id] = AddedToken(name, normalized=not is_special, special=is_special)
    return tokens


def _token(value: Any, source: str, special: bool = True) -> AddedToken:
    """A token as a side file writes it: its text, or an object with its settings."""
    content = value.get("content") if isinstance(value, dict) else value
    if not isinstance(content, str) or not content:
        raise ConversionError(f"{source}: {str(value)[:60]!r} is no token")
    flags = {k: v for k, v in value.items() if k in OWN} if isinstance(value, dict) else {}
    if not all(isinstance(flag, bool) for flag in flags.values()):
        raise ConversionError(f"{source}: the settings of {content[:40]!r} should be true or false")
    return AddedToken(content, **{"special": special, **flags})
