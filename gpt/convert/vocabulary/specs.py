"""A tokenizer.json out of older files: GPT-2's vocab.json and merges.txt, BERT's vocab.txt; and
for one character a token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gpt.bounded import where
from gpt.errors import ConversionError
from gpt.run_files import MOST_FILE, TOKENIZER, read_json

END = "<|endoftext|>"
SPECIAL = ("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]")
Spec = dict[str, Any]


def byte_level_bpe(vocab: Path, merges: Path) -> Spec:
    """GPT-2's tokenizer.

    Raises:
        ConversionError: the files are not GPT-2's two.
    """
    ids = read_json(vocab)
    if not isinstance(ids, dict) or not all(isinstance(id, int) for id in ids.values()):
        raise ConversionError(f"{where(vocab)} is not a vocabulary: tokens with their ids")
    lines = [line for line in _lines(merges) if line and not line.startswith("#version")]
    pairs = [line.split(" ") for line in lines]
    if wrong := [line for line, pair in zip(lines, pairs, strict=True) if len(pair) != 2]:
        raise ConversionError(f"{where(merges)}: {wrong[0][:40]!r} is not a pair of tokens")
    return of_pairs(ids, pairs)


def of_pairs(ids: dict[str, int], pairs: list[list[str]]) -> Spec:
    """GPT-2's kind of tokenizer out of its tokens and of the pairs that it merges, in order."""
    level: Spec = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    level["use_regex"] = True
    return _spec(
        {"type": "BPE", "vocab": ids, "merges": pairs},
        pre_tokenizer=level,
        post_processor=level,
        decoder=level,
        added=[(ids[END], END)] if END in ids else [],
    )


def word_piece(vocab: Path) -> Spec:
    """BERT's tokenizer with its usual settings: lower case, accents stripped.

    Raises:
        ConversionError: the file is not a list of tokens with BERT's special ones.
    """
    ids = word_ids(vocab)
    if missing := [token for token in SPECIAL[:3] if token not in ids]:
        raise ConversionError(f"{where(vocab)} has no {', '.join(missing)}; it is not BERT's")
    return word_piece_of(ids)


def word_ids(vocab: Path) -> dict[str, int]:
    """The tokens of a vocab.txt, one a line, with their ids.

    Raises:
        ConversionError: it is too large, or not UTF-8.
    """
    return {token: id for id, line in enumerate(_lines(vocab)) if (token := line.rstrip())}


def word_piece_of(ids: dict[str, int]) -> Spec:
    """BERT's tokenizer out of its tokens, which have its special ones."""
    spec = words(ids, "[UNK]")
    added = [(ids[token], token) for token in SPECIAL if token in ids]
    frame = template(ids, ["[CLS]"], ["[SEP]"])
    return {**spec, "added_tokens": _added(added), "post_processor": frame}


def words(
    ids: dict[str, int],
    unknown: str,
    lowercase: bool | None = True,
    strip_accents: bool | None = None,
    handle_chinese_chars: bool | None = True,
) -> Spec:
    """BERT's way to cut words, by its settings; without special tokens and without a frame."""
    return _spec(
        {"type": "WordPiece", "unk_token": unknown, "continuing_subword_prefix": "##"}
        | {"max_input_chars_per_word": 100, "vocab": ids},
        normalizer={"type": "BertNormalizer", "clean_text": True}
        | {"handle_chinese_chars": handle_chinese_chars}
        | {"strip_accents": strip_accents, "lowercase": lowercase},
        pre_tokenizer={"type": "BertPreTokenizer"},
        decoder={"type": "WordPiece", "prefix": "##", "cleanup": True},
    )


def template(ids: Mapping[str, int], opening: Sequence[str], closing: Sequence[str]) -> Spec:
    """What is put around every text: these tokens before it, those after."""

    def token(name: str) -> Spec:
        return {"SpecialToken": {"id": name, "type_id": 0}}

    around = [*map(token, opening)], [*map(token, closing)]
    single = [*around[0], {"Sequence": {"id": "A", "type_id": 0}}, *around[1]]
    named = {
        name: {"id": name, "ids": [ids[name]], "tokens": [name]} for name in [*opening, *closing]
    }
    pair = [*single, {"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": named}


def ids_of(spec: Spec) -> dict[str, int]:
    """The ids of a vocabulary by its tokens, added ones too."""
    added = {token["content"]: token["id"] for token in spec["added_tokens"]}
    return {**spec["model"]["vocab"], **added}


def characters(alphabet: Sequence[str]) -> Spec:
    """One token a character; a character that is not in the alphabet has none."""
    return _spec(
        {"type": "WordLevel", "vocab": {c: id for id, c in enumerate(alphabet)}}
        | {"unk_token": "<unk>"},
        pre_tokenizer={"type": "Split", "pattern": {"Regex": "[\\s\\S]"}}
        | {"behavior": "Isolated", "invert": False},
        decoder={"type": "Fuse"},
    )


def _spec(
    model: Spec,
    normalizer: Spec | None = None,
    pre_tokenizer: Spec | None = None,
    post_processor: Spec | None = None,
    decoder: Spec | None = None,
    added: Sequence[tuple[int, str]] = (),
) -> Spec:
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added(added),
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": post_processor,
        "decoder": decoder,
        "model": model,
    }


def _added(tokens: Sequence[tuple[int, str]]) -> list[Spec]:
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return [{"id": id, "content": token, **plain, "special": True} for id, token in sorted(tokens)]


def _lines(path: Path) -> list[str]:
    """The lines of a text file, which only "\\n" ends: tokens may be other line breaks.

    Raises:
        ConversionError: it is too large, or not UTF-8.
    """
    if path.stat().st_size > MOST_FILE[TOKENIZER]:
        raise ConversionError(f"{where(path)} is too large to be a vocabulary")
    try:
        return [line.rstrip("\r") for line in path.read_bytes().decode("utf-8").split("\n")]
    except UnicodeDecodeError:
        raise ConversionError(f"{where(path)} is not UTF-8 text") from None
