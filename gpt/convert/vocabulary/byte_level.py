"""A tiktoken vocabulary as a tokenizer.json: its ranks alone say which pairs were merged."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from gpt.convert.vocabulary.specs import END, Spec, of_pairs
from gpt.errors import ConversionError
from gpt.text.utf8 import byte_alphabet

SYMBOLS = {byte: symbol for symbol, byte in byte_alphabet().items()}


def ranks_of(tokenizer: Any) -> list[bytes]:
    """The tokens of a `Gpt2Tokenizer` by rank, "<|endoftext|>" left out."""
    return [base64.b64decode(token) for token in tokenizer.to_json()["ranks"]]


def byte_level(ranks: Sequence[bytes]) -> Spec:
    """A tokenizer.json of the same tokens, ids and merges; "<|endoftext|>" comes last.

    Raises:
        ConversionError: a token that no merge of two earlier ones makes.
    """
    by_token = {token: rank for rank, token in enumerate(ranks)}
    pairs = [
        [_symbols(part) for part in merged(token, by_token)] for token in ranks if len(token) > 1
    ]
    return of_pairs({**{_symbols(t): id for t, id in by_token.items()}, END: len(ranks)}, pairs)


def single_bytes() -> Spec:
    """A tokenizer.json of the 256 bytes, which merges nothing."""
    return of_pairs({symbol: byte for byte, symbol in SYMBOLS.items()}, [])


def merged(token: bytes, ranks: Mapping[bytes, int]) -> list[bytes]:
    """The two tokens whose merge made this one: byte-pair encoding it with what came before.

    >>> merged(b"abc", {b"a": 0, b"b": 1, b"c": 2, b"bc": 3, b"abc": 4})
    [b'a', b'bc']

    Raises:
        ConversionError: two tokens do not make it.
    """
    parts = [token[i : i + 1] for i in range(len(token))]
    last = ranks[token]
    while len(parts) > 2:
        ranked = [ranks.get(left + right, last) for left, right in pairwise(parts)]
        at = min(range(len(ranked)), key=ranked.__getitem__)
        if ranked[at] >= last:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    if len(parts) != 2 or any(part not in ranks or ranks[part] >= last for part in parts):
        raise ConversionError(f"no two earlier tokens make the token {token!r}")
    return parts


def _symbols(token: bytes) -> str:
    return "".join(SYMBOLS[byte] for byte in token)
