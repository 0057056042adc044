"""A tokenizer's folder as one tokenizer.json: its vocabulary and what is heeded beside it.

Settings in tokenizer_config.json, special_tokens_map.json and added_tokens.json change what a text
becomes. Each is heeded here as transformers heeds it, through the same library, or it is refused by
its name (docs/adr/0025-side-files-of-a-tokenizer.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tokenizers import AddedToken
from tokenizers import Tokenizer as Library

from gpt.checkpoint import read_json, where
from gpt.convert import specs
from gpt.convert.specs import Spec
from gpt.errors import ConversionError
from gpt.text.huggingface import library_errors, nodes, settled

NAMED = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
EXTRA = ("extra_special_tokens", "additional_special_tokens")
OWN = ("single_word", "lstrip", "rstrip", "normalized", "special")
WORDS = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]"}
DEFAULTS: dict[str, dict[str, str]] = {
    "GPT2Tokenizer": dict.fromkeys(("bos_token", "eos_token", "unk_token"), specs.END),
    "BertTokenizer": {**WORDS, "mask_token": "[MASK]"},
}
"""Special tokens that a class has unless its settings name others."""
BERTS = {"BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer"}
GENERIC = {None, "PreTrainedTokenizer", "TokenizersBackend", "PythonBackend"}
OF_MODEL = {"gpt2": "GPT2Tokenizer", "bert": "BertTokenizer"}
IN_STEPS = {
    "add_prefix_space": "add_prefix_space",
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}
"""Settings of classes, and what they are called in the steps of a tokenizer.json."""


@dataclass(frozen=True)
class Settings:
    """What lies beside a vocabulary.

    Fields:
        folder: where.
        values: tokenizer_config.json, with special_tokens_map.json where transformers reads it.
        added: tokens with the ids that a side file gives them.
        kind: the tokenizer's class, without "Fast"; None where none is named.
        is_named: whether the tokenizer's files name that class, or only the model's kind does.
        is_complete: whether `added` are all the added tokens, a tokenizer.json's included.
    """

    folder: Path
    values: dict[str, Any]
    added: dict[int, AddedToken]
    kind: str | None
    is_named: bool
    is_complete: bool = False

    def with_listed(self, base: Spec) -> Settings:
        """The same with the added tokens that a tokenizer.json lists, where they count."""
        if self.is_complete:
            return self
        tokens = base.get("added_tokens") or []
        listed = {one["id"]: _token(one, "tokenizer.json", special=False) for one in tokens}
        return replace(self, added={**self.added, **listed})

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
        """Where settings are, in messages."""
        return f"{self.folder.name}/tokenizer_config.json"


def spec_of(folder: Path) -> Spec | None:
    """The tokenizer of a folder, with its side files; None where it has no vocabulary.

    Raises:
        ConversionError: a file is damaged, or a setting cannot be heeded; the message names it.
        TokenizerError: the vocabulary cannot be used.
    """
    settings = _settings(folder)
    if settings.flag("split_special_tokens", False):
        raise ConversionError(
            f"{settings.source}: split_special_tokens is true, which a tokenizer.json cannot say; "
            "set it to false to read special tokens in a text as such"
        )
    if (folder / "tokenizer.json").is_file():
        return _of_tokenizer_json(settings, read_json(folder / "tokenizer.json"))
    if (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        _check_kind(settings, "vocab.json and merges.txt", {"GPT2Tokenizer"})
        base = specs.byte_level_bpe(folder / "vocab.json", folder / "merges.txt")
        return _byte_level(replace(settings, kind="GPT2Tokenizer"), base, with_ends=True)
    if (folder / "vocab.txt").is_file():
        _check_kind(settings, "vocab.txt", BERTS)
        ids = specs.word_ids(folder / "vocab.txt")
        return _word_piece(replace(settings, kind="BertTokenizer"), ids, "vocab.txt")
    return None


# -- what lies there ------------------------------------------------------------------------------


def _settings(folder: Path) -> Settings:
    values, model = _object(folder / "tokenizer_config.json"), _object(folder / "config.json")
    kind = values.get("tokenizer_class") or model.get("tokenizer_class")
    is_named = isinstance(kind, str)
    kind = kind.removesuffix("Fast") if isinstance(kind, str) else None
    kind = "BertTokenizer" if kind in BERTS else kind
    kind = kind or OF_MODEL.get(str(model.get("model_type")))
    stated = values.pop("added_tokens_decoder", None)
    settings = Settings(folder, values, {}, kind, is_named)
    if isinstance(stated, dict):
        return replace(settings, added=_stated(settings.source, stated), is_complete=True)
    settings.values.update(_object(folder / "special_tokens_map.json"))
    return replace(settings, added=_in_added_tokens(settings))


def _object(path: Path) -> dict[str, Any]:
    """The content of a side file; {} where there is none.

    Raises:
        ConversionError: it holds something else than settings.
    """
    value = read_json(path) if path.is_file() else {}
    if not isinstance(value, dict):
        raise ConversionError(f"{where(path)} should hold settings by name, {{…}}")
    return dict(value)


def _stated(source: str, stated: Mapping[str, Any]) -> dict[int, AddedToken]:
    """The tokens of `added_tokens_decoder`, by their ids."""
    tokens = {}
    for id, token in stated.items():
        if not (id.isascii() and id.isdecimal() and len(id) < 10):
            raise ConversionError(f"{source}: added_tokens_decoder has the id {id[:20]!r}")
        tokens[int(id)] = _token(token, f"{source}: added_tokens_decoder", special=False)
    return tokens


def _in_added_tokens(settings: Settings) -> dict[int, AddedToken]:
    """The tokens of added_tokens.json, by their ids; those that are named special are."""
    path = settings.folder / "added_tokens.json"
    special = {token.content for token in _special(settings).values()}
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
    given = {k: v for k, v in value.items() if k in OWN} if isinstance(value, dict) else {}
    if not all(isinstance(flag, bool) for flag in given.values()):
        raise ConversionError(f"{source}: the settings of {content[:40]!r} should be true or false")
    return AddedToken(content, **{"special": special, **given})


def _special(settings: Settings) -> dict[str, AddedToken]:
    """The special tokens that side files name, by what they are for, in transformers' order."""
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


# -- what is made of it ---------------------------------------------------------------------------


def _of_tokenizer_json(settings: Settings, base: Any) -> Spec:
    """A tokenizer.json, whose steps a class makes anew from its settings where they are its own."""
    base = settled(base)
    settings = settings.with_listed(base)
    if settings.kind == "GPT2Tokenizer" and _is_gpt2s(base):
        return _byte_level(settings, base, with_ends=False)
    if settings.kind == "BertTokenizer" and _is_berts(base):
        return _word_piece(settings, dict(base["model"]["vocab"]), "tokenizer.json")
    if settings.kind in DEFAULTS and settings.is_named:
        raise ConversionError(
            f"{settings.source} names {settings.kind}, which makes the steps of its tokenizer "
            "anew, and those of tokenizer.json are others; take tokenizer_class out of the file to "
            "read tokenizer.json as it stands"
        )
    if settings.kind not in GENERIC and settings.kind not in DEFAULTS:
        _check_steps(settings, base)
    return _with_added(replace(settings, kind=None), base)


def _check_kind(settings: Settings, files: str, known: set[str]) -> None:
    if settings.is_named and settings.kind not in (known | GENERIC):
        raise ConversionError(
            f"{settings.source}: tokenizer_class is {settings.kind!r}; of {files} only "
            f"{', '.join(sorted(known))} are read here. Save its tokenizer.json beside them"
        )


def _check_steps(settings: Settings, base: Spec) -> None:
    """Refuse settings of a class that is not known here if the file's steps say otherwise."""
    for name, field in IN_STEPS.items():
        value = settings.flag(name, None)
        held = [node[field] for node in nodes(base.get("pre_tokenizer")) if field in node]
        held += [node[field] for node in nodes(base.get("normalizer")) if field in node]
        if value is not None and any(one != value for one in held):
            raise ConversionError(
                f"{settings.source}: {name} is {value}, tokenizer.json says {held[0]}, and which "
                f"of the two {settings.kind} heeds is not known here"
            )


def _byte_level(settings: Settings, base: Spec, with_ends: bool) -> Spec:
    """GPT-2's tokenizer with its settings.

    Args:
        with_ends: whether `add_bos_token` and `add_eos_token` are heeded: not where a
            tokenizer.json says what is put around a text.
    """
    prefix = settings.flag("add_prefix_space", False)
    level = {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True}
    level["use_regex"] = True
    spec = {**base, "pre_tokenizer": level, "decoder": level, "added_tokens": []}
    spec = _with_added(settings, spec)
    if not with_ends:
        return spec
    special = _default(settings) | _special(settings)
    ids = specs.ids_of(spec)
    ends = [
        [special[name].content] if settings.flag(flag, False) and name in special else []
        for flag, name in (("add_bos_token", "bos_token"), ("add_eos_token", "eos_token"))
    ]
    if missing := [token for token in (*ends[0], *ends[1]) if token not in ids]:
        raise ConversionError(
            f"{settings.source} puts {missing[0]!r} around texts, which has no id"
        )
    return {**spec, "post_processor": specs.template(ids, *ends)}


def _word_piece(settings: Settings, ids: dict[str, int], file: str) -> Spec:
    """BERT's tokenizer with its settings."""
    special = _default(settings) | _special(settings)
    unknown, opening, closing = (
        special[name].content for name in ("unk_token", "cls_token", "sep_token")
    )
    known = {*ids, *(token.content for token in settings.added.values())}
    if missing := [token for token in (unknown, opening, closing) if token not in known]:
        raise ConversionError(
            f"{settings.folder.name}/{file} has no {', '.join(missing)}; it is not BERT's"
        )
    spec = specs.words(
        ids,
        unknown,
        lowercase=settings.flag("do_lower_case", True),
        strip_accents=settings.flag("strip_accents", None),
        handle_chinese_chars=settings.flag("tokenize_chinese_chars", True),
    )
    spec = _with_added(settings, spec)
    return {**spec, "post_processor": specs.template(specs.ids_of(spec), [opening], [closing])}


def _with_added(settings: Settings, base: Spec) -> Spec:
    """A tokenizer.json with the tokens that side files add, added as the library adds them.

    Raises:
        ConversionError: a token would have another id than its file says.
    """
    base = settled(base)
    with library_errors("this is not a tokenizer that `tokenizers` reads"):
        library = Library.from_str(json.dumps(base))
        tokens = list(_to_add(settings, library))
        if not tokens:
            return base
        library.add_tokens(tokens)
        spec: Spec = json.loads(library.to_str())
    for id, token in settings.added.items():
        if (got := library.token_to_id(token.content)) != id:
            raise ConversionError(
                f"{settings.folder.name}: {token.content!r} should be the token {id}, and becomes "
                f"{got}, because the ids before it are not all taken"
            )
    return spec


def _to_add(settings: Settings, library: Library) -> Iterator[AddedToken]:
    """The tokens of side files: those with ids in their order, then the special ones that lack."""
    special = _special(settings)
    names = {token.content for token in special.values()}
    seen = {token.content for token in library.get_added_tokens_decoder().values()}
    for _, token in sorted(settings.added.items()):
        token.special = token.special or token.content in names
        seen.add(token.content)
        yield token
    for token in special.values():
        if token.content not in seen:
            seen.add(token.content)
            yield token
    # A class's own special tokens that the vocabulary lacks have no row in the model.
    for token in _default(settings).values():
        if token.content not in seen and library.token_to_id(token.content) is not None:
            seen.add(token.content)
            yield token


def _default(settings: Settings) -> dict[str, AddedToken]:
    """The special tokens that the class has and side files do not name."""
    names = DEFAULTS.get(settings.kind or "", {})
    return {
        name: AddedToken(token, special=True)
        for name, token in names.items()
        if name not in settings.values
    }


def _is_gpt2s(base: Spec) -> bool:
    """Whether a tokenizer.json cuts a text as GPT2Tokenizer does, but for its settings."""
    model, level = base["model"], base.get("pre_tokenizer") or {}
    own = ("unk_token", "continuing_subword_prefix", "end_of_word_suffix")
    return (
        model.get("type", "BPE") == "BPE"
        and "merges" in model
        and not any(model.get(name) for name in (*own, "byte_fallback", "ignore_merges"))
        and base.get("normalizer") is None
        and level.get("type") == "ByteLevel"
        and level.get("use_regex", True) is True
    )


def _is_berts(base: Spec) -> bool:
    """Whether a tokenizer.json cuts a text as BertTokenizer does, but for its settings."""
    model, normalizer = base["model"], base.get("normalizer") or {}
    return (
        model.get("type", "WordPiece") == "WordPiece"
        and model.get("continuing_subword_prefix") == "##"
        and model.get("max_input_chars_per_word", 100) == 100
        and normalizer.get("type") == "BertNormalizer"
        and normalizer.get("clean_text", True) is True
        and (base.get("pre_tokenizer") or {}).get("type") == "BertPreTokenizer"
    )
