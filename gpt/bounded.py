"""Bounded reading: sizes that a file declares are checked before anything is allocated for them.

A run folder may come from anyone, and is read by a server that others use. So a file is a regular
file of a bounded size; JSON is held against the memory that it would take, from its length and its
structural characters, before it is parsed; and the arrays of an .npz are held against the shapes
that are expected of them, before they are decompressed.
"""

from __future__ import annotations

import math
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, TypeVar

import msgspec
import numpy as np

from gpt.errors import CheckpointError

MIB = 2**20
T = TypeVar("T")

VALUE_BYTES = 100
"""What a value of a JSON takes in Python, and its key; an empty list takes 88 with its place."""
CHARACTER_BYTES = 4
"""What a byte of a string takes at most: one character beyond U+FFFF widens all of them."""
# What numpy and zipfile raise for an archive that is damaged or holds something else.
UNREADABLE = (
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, ValueError, KeyError, TypeError),
    *(NotImplementedError, RuntimeError),  # other compressions, encryption
)
HEADER_ERRORS = (KeyError, TypeError, SyntaxError, TokenError, MemoryError, RecursionError)
HEADER_BYTES = 10_000  # of an array's own description
MOST_HEADER = 8 * MIB  # of a safetensors file: 256 layers take half of one


@dataclass(frozen=True)
class ArrayRule:
    """What an array of an archive has to be.

    Fields:
        kind: of its dtype: "u1", "i4", ….
        shape: one number an axis, or None where any length up to the archive's bound will do.
    """

    kind: str
    shape: tuple[int | None, ...]


def where(path: Path) -> str:
    """A file as messages name it: with its folder, without the folders above if there are any.

    >>> where(Path("/srv/runs/first/config.json")), where(Path("/etc/passwd")), where(Path("a.pt"))
    ('first/config.json', '/etc/passwd', 'a.pt')
    """
    return f"{path.parent.name}/{path.name}" if path.parent.parent.name else str(path)


def folder_name(folder: Path) -> str:
    """A folder's own name, also if it is given as ".".

    >>> folder_name(Path("checkpoints/first")), folder_name(Path("/"))
    ('first', '/')
    """
    return folder.absolute().name or str(folder)


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes.

    Raises:
        CheckpointError: it is missing, larger, or something else than a file.
    """
    # A pipe that nobody writes to would be waited for without end.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            os.close(descriptor)
            raise CheckpointError(f"{where(path)} cannot be read: it is no file")
        with open(descriptor, "rb") as file:
            content = b"" if state.st_size > most else file.read(most + 1)
        size = max(state.st_size, len(content))
    except FileNotFoundError:
        raise CheckpointError(f"{where(path)} is missing; this is not a whole folder") from None
    except OSError as error:
        raise CheckpointError(f"{where(path)} cannot be read: {error.strerror}") from None
    if size > most:
        raise CheckpointError(
            f"{where(path)} is too large to be one of ours: {size / MIB:,.1f} MiB, and at most "
            f"{most / MIB:,.1f} MiB are read"
        )
    return content


def json_value(content: bytes, name: str, most: int, kind: type[T] | Any = Any) -> T:
    """JSON as Python's own types, or as the type that is asked for.

    Args:
        name: names the file, in messages.
        most: bytes of memory that it may take.
        kind: a type that msgspec reads; what else a JSON object holds is left out.

    Raises:
        CheckpointError: not JSON, of another type, or one that would take more memory.
    """
    if (size := json_memory(content)) > most:
        raise CheckpointError(
            f"{name} is too large to be one of ours: its values could take {size / MIB:,.0f} MiB "
            f"of memory, and at most {most / MIB:,.0f} MiB are given to it"
        )
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise CheckpointError(f"{name} does not hold what it should: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CheckpointError(f"{name} is not JSON ({error}); it is truncated or foreign") from None


def json_memory(content: bytes) -> int:
    """The memory that a JSON takes at most when it is parsed, in bytes, without parsing it.

    >>> json_memory(b'[[],[]]')  # three lists, two of them in a list
    528
    """
    structure = sum(map(content.count, (b",", b"[", b"{", b":")))
    return VALUE_BYTES * (structure + 1) + CHARACTER_BYTES * len(content)


def lines(content: bytes) -> Iterator[bytes]:
    """The lines of a file that are not empty, one at a time, without their ends."""
    return (match[0] for match in re.finditer(rb"[^\r\n]+", content))


def arrays(path: Path, rules: Mapping[str, ArrayRule], most: int) -> dict[str, np.ndarray]:
    """The arrays of an .npz, each as its rule says.

    Args:
        most: bytes that all of them may take, and that the file may have.

    Raises:
        CheckpointError: the file cannot be read, or an array is missing or of another kind.
    """
    try:
        if path.stat().st_size > most or not path.is_file():  # a pipe would be waited for
            raise ValueError("it is too large, or no file")
        with zipfile.ZipFile(path) as archive:
            left, read = most, {}
            for name, rule in rules.items():
                read[name] = _array(archive, name, rule, left)
                left -= read[name].nbytes
            return read
    except UNREADABLE as error:
        name = "/".join(path.parts[-3:])  # with the folder of the run
        raise CheckpointError(f"{name} cannot be read ({error})") from None


def npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """The shape of an .npy file's array, whether it is in Fortran's order, and its dtype.

    Raises:
        ValueError: it is damaged. numpy reads it as Python, which may fail in many ways.
    """
    try:
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[np.lib.format.read_magic(file)]
        return read(file, max_header_size=HEADER_BYTES)
    except HEADER_ERRORS as error:
        raise ValueError(f"its header is damaged: {type(error).__name__}") from None


def _array(archive: zipfile.ZipFile, name: str, rule: ArrayRule, most: int) -> np.ndarray:
    """One array; its header says how large it is, and only that much is decompressed."""
    with archive.open(f"{name}.npy") as file:
        shape, fortran, dtype = npy_header(file)
        size = math.prod(shape) * dtype.itemsize
        fits = len(shape) == len(rule.shape) and all(
            wanted in (None, length) for wanted, length in zip(rule.shape, shape, strict=True)
        )
        if not fits or fortran or dtype != np.dtype(rule.kind) or not 0 <= size <= most:
            raise ValueError(
                f"{name} is {dtype} of shape {shape}; {rule.kind} of shape "
                f"{str(rule.shape).replace('None', 'any')} was expected"
            )
        content = file.read(size)
    if len(content) != size:
        raise ValueError(f"{name} is truncated")
    return np.frombuffer(content, dtype=dtype).reshape(shape)


def check_safetensors(path: Path) -> None:
    """Refuse a safetensors file whose list of tensors is larger than that of any model here.

    The library takes 100 MB of it, and makes several times as much of them.

    Raises:
        CheckpointError: saying how long it is.
    """
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
    except OSError:
        return  # the library says what is wrong with it
    if size > MOST_HEADER:
        raise CheckpointError(
            f"{where(path)} cannot be read as safetensors (its header is said to have {size:,} "
            f"bytes, and up to {MOST_HEADER:,} are read)"
        )
