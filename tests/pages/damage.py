"""Damage to a run's files: by chance, by malice, and by what a disk or another program may do."""

from __future__ import annotations

import copy
import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

Damage = Callable[[Path], object]

HOSTILE: list[Any] = [
    *(None, True, -1, 0, 0.5, 10**30, 2**70, -(10**30), 1e308, "", "a" * 5000, "\ud800", "\0"),
    *([], [[]], {}, {"a": {"b": [1]}}, [None] * 50, "NaN", "../../etc/passwd", [["a", 1]]),
]
RAW = ["1e999", "-1e999", "NaN", "Infinity", "9" * 5000, "[" * 10_000 + "]" * 10_000, '"\xff"']
MARK = "a value to be replaced"


def put_bytes(path: Path, content: bytes) -> None:
    """Write a file, whatever stands there."""
    remove(path)
    path.write_bytes(content)


def remove(path: Path) -> None:
    """Take away a file, a folder or a link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def folder(path: Path) -> None:
    """A folder in place of a file."""
    remove(path)
    path.mkdir()


def loop(path: Path) -> None:
    """A link to itself."""
    remove(path)
    path.symlink_to(path)


def pipe(path: Path) -> None:
    """A pipe that nobody writes to."""
    remove(path)
    os.mkfifo(path)


def endless(path: Path) -> None:
    """A file that is said to have a tebibyte."""
    put_bytes(path, b"")
    with path.open("wb") as file:
        file.truncate(1 << 40)


def bomb(path: Path) -> None:
    """An archive of a few hundred kilobytes that holds a quarter of a gibibyte."""
    remove(path)
    with path.open("wb") as file:
        weights = np.zeros((1, 1, 1 << 14, 1 << 14), np.uint8)
        np.savez_compressed(file, step=np.int64(0), ids=np.zeros(4, np.int32), sqrt_weights=weights)


def lists(path: Path) -> None:
    """16 MiB of empty lists, which would be half a gibibyte of them."""
    put_bytes(path, b"[" + b"[]," * (5 << 20) + b"[]]")


def header(path: Path) -> None:
    """A safetensors file that says its tensors are larger than any memory."""
    said = json.dumps(
        {"wte.weight": {"dtype": "F32", "shape": [10**9, 10**9], "data_offsets": [0, 64]}}
    ).encode()
    put_bytes(path, struct.pack("<Q", len(said)) + said + b"\0" * 64)


PLACES: list[Damage] = [remove, folder, loop, pipe, endless, bomb, lists, header]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in a JSON, that of the whole first."""
    yield path
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value[:20]))
    for key, one in inner:
        yield from places(one, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A JSON with one value replaced."""
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


def written(value: Any, path: tuple[Any, ...], new: Any, raw: bool) -> bytes:
    """The same as text; `raw` puts `new` in as it stands, which need be no JSON."""
    if not raw:
        return json.dumps(replaced(value, path, new)).encode(errors="surrogatepass")
    text = json.dumps(replaced(value, path, MARK))
    return text.replace(json.dumps(MARK), new).encode("latin-1")


@st.composite
def of_json(draw: st.DrawFn, content: bytes, lines: bool) -> bytes:
    """JSON, or one of its lines, with one value of another type, size or depth."""
    parts = content.splitlines() if lines else [content]
    at = draw(st.integers(0, len(parts) - 1))
    value = json.loads(parts[at])
    path = draw(st.sampled_from(list(places(value))))
    raw = draw(st.booleans())
    new = draw(st.sampled_from(RAW if raw else HOSTILE))
    parts[at] = written(value, path, new, raw)
    return b"\n".join(parts)


@st.composite
def of_bytes(draw: st.DrawFn, content: bytes) -> bytes:
    """A file that is cut, longer, empty, of other bytes, or with a few of them changed."""
    kind = draw(st.sampled_from(["cut", "flip", "more", "other"]))
    if kind == "cut":
        return content[: draw(st.integers(0, max(0, len(content) - 1)))]
    if kind == "more":
        return content + draw(st.binary(min_size=1, max_size=50))
    if kind == "other":
        return draw(st.binary(max_size=200))
    changed = bytearray(content)
    for at in draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        changed[at] ^= draw(st.integers(1, 255))
    return bytes(changed)


@st.composite
def damages(draw: st.DrawFn, files: dict[str, bytes]) -> tuple[str, Damage]:
    """The name of a file of a run, and what is done to it."""
    name = draw(st.sampled_from(sorted(files)))
    kinds = ["bytes", "place"]
    if name.endswith((".json", ".jsonl")):
        kinds += ["json"] * 3
    kind = draw(st.sampled_from(kinds))
    if kind == "place":
        return name, draw(st.sampled_from(PLACES))
    if kind == "json":
        content = draw(of_json(files[name], name.endswith("l")))
    else:
        content = draw(of_bytes(files[name]))
    return name, lambda path: put_bytes(path, content)
