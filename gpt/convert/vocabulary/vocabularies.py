"""Vocabularies of others, from a Hugging Face folder, a JSON file or the text itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from gpt.bounded import folder_name, where
from gpt.checks import is_whole
from gpt.convert.files import hub
from gpt.convert.vocabulary import marian_files, side_files
from gpt.convert.vocabulary.byte_level import byte_level, ranks_of
from gpt.errors import ConversionError, HeadlightError
from gpt.importing import alone
from gpt.nn.config import GPTConfig
from gpt.run_files import TOKENIZER, read_json
from gpt.text.corpus import MAX_BYTES
from gpt.text.huggingface import HuggingFaceTokenizer
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer, from_json

if TYPE_CHECKING:
    from gpt.text.tokenizers.marian import MarianTokenizer

MARIANS = "MarianTokenizer"  # by its name: sentencepiece is slow to import
GPT2S = range(50_257, 50_304 + 1)  # GPT-2's 50,257 tokens, and as nanoGPT fills them up
ID = re.compile("[0-9]{1,9}")
PADDING = 1024  # extra rows that a model may have, if the vocabulary did not come with it
FILLED = 4  # rows a token that a model may have, if the vocabulary came with it


@dataclass(frozen=True)
class FittingTokenizer:
    """A tokenizer that fits a model, and notes on how it was made to fit, a sentence each.

    Fields:
        tokenizer: of the model's text; of a translation, of its target.
        notes: the notes.
        source: of the source text of a translation, if it has a tokenizer of its own.
    """

    tokenizer: Tokenizer
    notes: tuple[str, ...] = ()
    source: Tokenizer | None = None


def find(
    vocab_size: int,
    folder: Path | None = None,
    text: str | Path | None = None,
    vocabulary: str | Path | None = None,
    source_vocab_size: int = 0,
    model_kind: str = "",
) -> FittingTokenizer:
    """Find the tokenizer of a checkpoint with `vocab_size` rows.

    Without any of the arguments, a vocabulary of GPT-2's size is GPT-2's.

    Args:
        source_vocab_size: rows of the embeddings of the source text, if they are others.
        folder: that of the checkpoint, which may have tokenizer files; the others go before it.
        text: a text file whose distinct characters, sorted, are the vocabulary.
        vocabulary: a JSON file or a Hugging Face folder with tokenizer files.
        model_kind: the model's family, which decides its tokenizer's class where no file does.

    Raises:
        ConversionError: there is no vocabulary, or it has another number of tokens.
    """
    if text is not None and vocabulary is not None:
        raise ConversionError("name the text or the vocabulary, not both")
    try:
        if text is not None:
            name = Path(text).name
            return of_both(_fitting(of_text(Path(text)), vocab_size, name), source_vocab_size, name)
        if vocabulary is not None:
            name = Path(vocabulary).name
            fitting = _fitting(of_path(vocabulary, model_kind), vocab_size, name)
            return of_both(fitting, source_vocab_size, name)
        if folder is not None and (pair := marian_files.tokenizers_of(folder)):
            return _fitting_pair(pair, vocab_size, source_vocab_size or vocab_size, folder.name)
        if folder is not None:
            own = _fitting(of_folder(folder, model_kind), vocab_size, folder.name, own=True)
            return of_both(own, source_vocab_size, folder.name)
        if vocab_size in GPT2S:
            return _fitting(of_gpt2(), vocab_size, "GPT-2")
    except ConversionError:
        raise
    except HeadlightError as error:
        raise ConversionError(str(error)) from None
    raise ConversionError(_nothing_named(vocab_size))


def of_both(fitting: FittingTokenizer, source_rows: int, name: str) -> FittingTokenizer:
    """The same for a source text of other embeddings, which one vocabulary is for too.

    Raises:
        ConversionError: the source has embeddings of more or fewer tokens.
    """
    if not source_rows or fitting.source is not None:
        return fitting
    source = _fitting(fitting.tokenizer, source_rows, f"{name} (source)", own=True)
    notes = dict.fromkeys((*fitting.notes, *source.notes))
    return FittingTokenizer(fitting.tokenizer, tuple(notes), source.tokenizer)


def is_gpt2s(config: GPTConfig) -> bool:
    """Whether a model of this config has as many tokens as GPT-2."""
    return config.vocab_size in GPT2S


def of_text(path: Path) -> CharacterTokenizer:
    """The distinct characters of a text file, sorted, as the lecture and nanoGPT take them.

    Raises:
        ConversionError: the file is missing, too large or not UTF-8.
    """
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise ConversionError(f"{path.name!r} is no text file of up to {MAX_BYTES >> 20} MiB")
    try:
        text = path.read_text(encoding="utf-8")  # line ends become "\n", as in their scripts
    except UnicodeDecodeError:
        raise ConversionError(f"{path.name} is not UTF-8 text") from None
    return CharacterTokenizer.of(text)


def of_path(path: str | Path, model_kind: str = "") -> Tokenizer:
    """The vocabulary in a JSON file, or in a folder (by its path, or its name on Hugging Face).

    A JSON file may hold a list of characters, characters with their ids, {"itos": …} or
    {"stoi": …} as in nanoGPT's meta.pkl, a tokenizer.json of Hugging Face, or one of a run here.

    Raises:
        ConversionError: the file is nothing of this kind.
    """
    if not Path(path).is_file():
        return of_folder(hub.folder(path, hub.VOCABULARY), model_kind)
    value, name = read_json(Path(path)), where(Path(path))
    if not isinstance(value, (list, dict)):
        raise ConversionError(f"{name} is no vocabulary")
    if Path(path).name == TOKENIZER and "model" in value and "type" not in value:
        return of_folder(Path(path).parent, model_kind)  # with the side files that belong to it
    try:
        return _of_json(value, name)
    except ConversionError:
        raise
    except HeadlightError as error:
        raise ConversionError(f"{name}: {error}") from None


def _of_json(value: list[Any] | dict[str, Any], name: str) -> Tokenizer:
    if isinstance(value, list):
        return CharacterTokenizer(value)
    if isinstance(value.get("type"), str):  # that of a run
        return from_json(value)
    if "model" in value:
        return HuggingFaceTokenizer(value)
    if "stoi" in value or "itos" in value:
        return CharacterTokenizer(_in_order(name, value))
    if value and all(map(is_whole, value.values())):
        return CharacterTokenizer(_in_order(name, {"stoi": value}))
    raise ConversionError(
        f"{name} is no vocabulary: it may hold a list of characters, characters with their ids, "
        'nanoGPT\'s {"itos": …} or {"stoi": …}, or a tokenizer.json'
    )


def of_folder(folder: Path, model_kind: str = "") -> HuggingFaceTokenizer:
    """The tokenizer of a Hugging Face folder, from whichever tokenizer files it has.

    Raises:
        ConversionError: it has none.
    """
    if (spec := side_files.spec_of(folder, model_kind)) is not None:
        return HuggingFaceTokenizer(spec)
    raise ConversionError(
        f"{folder_name(folder)} has no tokenizer: put tokenizer.json there, or vocab.json and "
        "merges.txt (GPT-2, RoBERTa, BART), or vocab.txt (BERT), or source.spm, target.spm and "
        "vocab.json (Marian); or name a vocabulary"
    )


def of_gpt2() -> HuggingFaceTokenizer:
    """GPT-2's own tokenizer, from the two files that `gpt.text.tokenizers.gpt2` finds.

    Raises:
        ConversionError: the files are missing; the message says what to fetch or to name.
    """
    with alone():
        from gpt.text.tokenizers.gpt2 import gpt2  # tiktoken is slow to import

    try:
        own = gpt2()
    except HeadlightError as error:
        raise ConversionError(
            f"{error} Or name a folder with GPT-2's tokenizer.json, or its vocab.json and "
            "merges.txt (vocabulary=, --vocabulary)"
        ) from None
    return HuggingFaceTokenizer(byte_level(ranks_of(own)))


def _in_order(where: str, meta: Mapping[str, Any]) -> list[Any]:
    """The characters of nanoGPT's `meta`, by id."""
    stoi, itos = meta.get("stoi"), meta.get("itos")
    if isinstance(itos, list):
        return itos
    if isinstance(stoi, dict):
        pairs = [(_id(id), character) for character, id in stoi.items()]
    elif isinstance(itos, dict):
        pairs = [(_id(id), character) for id, character in itos.items()]
    else:
        raise ConversionError(
            f"{where}: itos is neither a list of characters nor ids with their characters, and "
            "stoi is not characters with their ids"
        )
    characters, count = dict(pairs), len(pairs)
    if set(characters) != set(range(count)):
        raise ConversionError(f"{where}: the ids are not 0 to {count - 1:,}, each once")
    return [characters[id] for id in range(count)]


def _id(value: Any) -> int | None:
    """The id in a JSON file: a whole number, or its text, because keys of JSON are text."""
    if isinstance(value, str):
        return int(value) if ID.fullmatch(value) else None
    return value if is_whole(value) else None


def _fitting(tokenizer: Tokenizer, rows: int, source: str, own: bool = False) -> FittingTokenizer:
    """Fit a tokenizer to a model that may have more rows than the tokenizer has tokens.

    Args:
        own: whether it came with the model, so that the two certainly belong together.

    Raises:
        ConversionError: a text could become a token without a row, or far too many rows are
            left.
    """
    size = tokenizer.vocab_size
    if size == rows:
        return FittingTokenizer(tokenizer, _holes(tokenizer))
    if size > rows and isinstance(tokenizer, HuggingFaceTokenizer):
        return _without_rows(tokenizer, rows, source)
    room = rows < size + PADDING or (own and rows <= FILLED * size)
    if size < rows and room and _has_ids(tokenizer):
        return FittingTokenizer(tokenizer, (_filled_up(size, rows), *_holes(tokenizer)))
    raise _strangers(source, size, rows)


def _fitting_pair(
    pair: marian_files.Pair, rows: int, source_rows: int, name: str
) -> FittingTokenizer:
    """Both tokenizers of a translation, each fitted to its rows."""
    target = _fitting(pair.target, rows, f"{name} (target)", own=True)
    source = _fitting(pair.source, source_rows, f"{name} (source)", own=True)
    notes = dict.fromkeys((*target.notes, *source.notes))
    return FittingTokenizer(target.tokenizer, tuple(notes), source.tokenizer)


def _without_rows(tokenizer: HuggingFaceTokenizer, rows: int, source: str) -> FittingTokenizer:
    """The tokenizer without the added tokens that the model has no row for.

    In a text, such a token's name is read as its characters are: no text becomes its id.

    Raises:
        ConversionError: a token has no row that is no added one, or that stands around every
            text.
    """
    added = tokenizer.spec.get("added_tokens") or []
    ids = {token["content"]: tokenizer.id_of(token["content"]) or 0 for token in added}
    beyond = [token for token in added if ids[token["content"]] >= rows]
    others = [token for token in added if ids[token["content"]] < rows]
    try:
        smaller = HuggingFaceTokenizer({**tokenizer.spec, "added_tokens": others})
    except HeadlightError:
        raise _strangers(source, tokenizer.vocab_size, rows) from None
    if not beyond or smaller.vocab_size > rows:
        raise _strangers(source, tokenizer.vocab_size, rows)
    names = ", ".join(f"{t['content']!r} ({ids[t['content']]})" for t in beyond[:6])
    note = f"the model has no row for {names}, which the tokenizer added: left out"
    return FittingTokenizer(smaller, (note, *_fitting(smaller, rows, source, own=True).notes))


def _filled_up(size: int, rows: int) -> str:
    return (
        f"its {rows:,} rows are more than its {size:,} tokens: the {rows - size:,} that no text "
        "becomes are left out"
    )


def _holes(tokenizer: Tokenizer) -> tuple[str, ...]:
    """A note on ids that no token has, between others that have one."""
    holes = tokenizer.unused if _has_ids(tokenizer) else []
    if not holes:
        return ()
    return (
        f"{len(holes):,} ids below {max(holes) + 1:,} are no token's; the model has rows for them, "
        "which are named unused",
    )


def _has_ids(tokenizer: Tokenizer) -> TypeGuard[HuggingFaceTokenizer | MarianTokenizer]:
    """Whether its files give its tokens their ids, which may have holes or end before the rows."""
    return isinstance(tokenizer, HuggingFaceTokenizer) or type(tokenizer).__name__ == MARIANS


def _strangers(source: str, size: int, rows: int) -> ConversionError:
    return ConversionError(
        f"the vocabulary of {source} has {size:,} tokens, the checkpoint {rows:,}; the two do not "
        "belong together"
    )


def _nothing_named(vocab_size: int) -> str:
    return (
        f"which {vocab_size:,} tokens this checkpoint knows is not in its file, and meta.pkl is "
        "not read, because unpickling can run code: name the text it was trained on (text=, "
        "--text) or a JSON list of its characters (vocabulary=, --vocabulary)"
    )
