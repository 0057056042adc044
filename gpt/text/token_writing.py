"""The tokens of a large text, written into a file a piece at a time; `token_file` reads it."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gpt.errors import TextError, UnknownCharacterError
from gpt.text.large_text import LargeText, at_line_ends
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer


@dataclass(frozen=True)
class Written:
    """What was written into a file of tokens.

    Fields:
        tokens: in all.
        characters, sha256: of the text.
    """

    tokens: int
    characters: int
    sha256: str


def write(path: Path, text: LargeText, tokenizer: Tokenizer) -> Written:
    """Write the tokens of a text into a new file, a piece at a time.

    Raises:
        TextError: a file of the text cannot be read, or there is no room for the tokens.
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    kind = smallest_kind(tokenizer.vocab_size)
    _check_room(path.parent, text.size * kind.itemsize)
    tokens = characters = 0
    digest = hashlib.sha256()
    with path.open("wb") as file:
        _write_header(file, kind, 0)
        for piece in at_line_ends(text.pieces()):
            ids = piece_ids(piece, tokenizer, characters).astype(kind)
            file.write(ids.tobytes())
            digest.update(piece.encode())
            tokens, characters = tokens + len(ids), characters + len(piece)
        file.seek(0)
        _write_header(file, kind, tokens)
    return Written(tokens, characters, digest.hexdigest())


def character_ids(tokenizer: CharacterTokenizer, text: str) -> np.ndarray:
    """The ids of a text of characters, (T,), through a table of code points.

    Raises:
        UnknownCharacterError: naming the first character that the vocabulary lacks.
    """
    points = np.array([ord(character) for character in tokenizer.characters])
    table = np.full(points.max() + 2, -1, dtype=np.int64)  # the last one for all that are higher
    table[points] = np.arange(len(points))
    code_points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    ids: np.ndarray = table[np.minimum(code_points, points.max() + 1)]
    if len(ids) and ids.min() < 0:
        position = int((ids < 0).argmax())
        raise UnknownCharacterError(text[position], position, tokenizer.vocab_size)
    return ids


def piece_ids(piece: str, tokenizer: Tokenizer, characters: int) -> np.ndarray:
    """The ids of a piece of a text, (T,).

    Args:
        characters: of the text that stand before it.

    Raises:
        UnknownCharacterError: naming the place in the whole text.
    """
    try:
        if isinstance(tokenizer, CharacterTokenizer):
            return character_ids(tokenizer, piece)
        return np.array(tokenizer.encode_part(piece), dtype=np.int64)
    except UnknownCharacterError as error:
        at = characters + error.position
        raise UnknownCharacterError(error.character, at, tokenizer.vocab_size) from None


def smallest_kind(vocab_size: int) -> np.dtype:
    """The smallest unsigned number that holds every id.

    >>> [smallest_kind(V).name for V in (256, 257, 65_537)]
    ['uint8', 'uint16', 'uint32']
    """
    return np.min_scalar_type(vocab_size - 1).newbyteorder("<")


def _write_header(file: BinaryIO, kind: np.dtype, tokens: int) -> None:
    """The header of an .npy file; numpy leaves room in it for a length of any size."""
    header = {"descr": kind.str, "fortran_order": False, "shape": (tokens,)}
    np.lib.format.write_array_header_1_0(file, header)


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise TextError(
            f"the tokens of this text may take {needed / 2**20:,.0f} MiB beside the run, and the "
            f"disk has {free / 2**20:,.0f} MiB left; free some, or put the run on another one"
        )
