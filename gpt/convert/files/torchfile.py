"""Reads a PyTorch file of a stranger, after its pickle was checked as data.

`torch.load(weights_only=True)` runs no code that a file brings along, but it believes the file
about sizes: 521 bytes can take a gigabyte (docs/adr/0011). So the pickle is walked through first,
opcode by opcode, and nothing is called or allocated. It may ask for a short list of things only,
and every tensor has to fit into bytes that the file has.
"""

from __future__ import annotations

import math
import pickletools
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gpt.bounded import where
from gpt.errors import ConversionError

MAX_PICKLE = 2 * 1024 * 1024  # names and shapes; the numbers are files of their own
MAX_SHARED = 4  # elements of all tensors of a storage, in multiples of its own: tied weights are 2
ITEM_SIZES = {
    **{"DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2},
    **{"LongStorage": 8, "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1},
    **{"ByteStorage": 1, "BoolStorage": 1},
}
ORDERED, TENSOR, PARAMETER = (
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
)
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
NUMBERS_AND_TEXT = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE"}


def load(path: Path) -> Any:
    """Check a file that `torch.save` wrote, then read it.

    Returns:
        What was saved: dicts, lists, numbers, text, and tensors that are mapped from the file.

    Raises:
        ConversionError: it is no PyTorch file, it asks for code, or its sizes are wrong.
    """
    try:
        _check(path)
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except ConversionError:
        raise
    except Exception as error:  # of any kind: the file is the cause
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ConversionError(f"{where(path)} cannot be read as a PyTorch file ({said})") from None


def _check(path: Path) -> None:
    if not path.stat().st_size:
        raise ConversionError(f"{where(path)} is empty. Copy it again.")
    if not zipfile.is_zipfile(path):
        raise ConversionError(
            f"{where(path)} is not a file of torch.save (a zip since PyTorch 1.6): it is older, "
            "truncated or of another kind, and is not read. If you trust it, load it with PyTorch "
            "and save it anew, or take the safetensors file"
        )
    with zipfile.ZipFile(path) as archive:
        root, sizes = _records(path, archive.infolist())
        name = f"{root}/data.pkl"
        if sizes.get(name, MAX_PICKLE + 1) > MAX_PICKLE:
            raise ConversionError(f"{where(path)} has no data.pkl of a sensible size")
        _Walk(where(path), root, sizes).through(archive.read(name))


def _records(path: Path, entries: list[zipfile.ZipInfo]) -> tuple[str, dict[str, int]]:
    """The name of the archive's only folder, and the size of each file in it.

    PyTorch ignores the case of file names, so two names may not differ in case alone.
    """
    sizes = {entry.filename: entry.file_size for entry in entries}
    roots = {name.split("/")[0] for name in sizes}
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if packed or sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise ConversionError(f"{where(path)} unpacks to more than it holds; PyTorch packs nothing")
    if len(roots) != 1 or len({name.casefold() for name in sizes}) != len(entries):
        raise ConversionError(f"{where(path)} is a zip, but not one that PyTorch wrote")
    return roots.pop(), sizes


@dataclass(frozen=True)
class _Storage:
    key: str
    length: int


@dataclass(frozen=True)
class _Placeholder:
    """Stands for a value that unpickling would build: a dict, a list, a tensor or an import."""

    kind: str
    name: str = ""


class _Walk:
    """Goes through a pickle with a stack, as unpickling does, but builds placeholders only."""

    def __init__(self, file: str, root: str, sizes: dict[str, int]) -> None:
        self.file, self.root, self.sizes = file, root, sizes
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.used: Counter[str] = Counter()

    def through(self, pickled: bytes) -> None:
        """Walk to the end.

        Raises:
            ConversionError: at the first thing that no file of weights needs.
        """
        for opcode, argument, _ in pickletools.genops(pickled):
            self._step(opcode.name, argument)
        if len(self.stack) != 1 or self.marks:
            self._refuse("its pickle does not end in one value")

    def _step(self, name: str, argument: Any) -> None:
        if name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in NUMBERS_AND_TEXT:
            self.stack.append(argument)
        elif name in ("EMPTY_DICT", "EMPTY_LIST"):
            self.stack.append(_Placeholder(name.removeprefix("EMPTY_").lower()))
        elif name in ("BINPUT", "LONG_BINPUT"):
            self.memo[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif name not in ("PROTO", "STOP"):
            self._build(name, argument)

    def _build(self, name: str, argument: Any) -> None:
        if name == "MARK":
            self.marks.append(len(self.stack))
        elif name == "TUPLE":
            self.stack.append(tuple(self._pop_to_mark()))
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            self.stack.append(tuple(self._pop(int(name[-1]))))
        elif name in ("APPEND", "APPENDS", "SETITEM", "SETITEMS", "BUILD"):
            self._fill(name)
        elif name == "GLOBAL":
            self.stack.append(self._import(argument))
        elif name == "REDUCE":
            function, arguments = self._pop(2)
            self.stack.append(self._call(function, arguments))
        elif name == "BINPERSID":
            self.stack.append(self._storage(*self.stack.pop()))
        else:
            self._refuse(f"its pickle uses {name}, which no file of weights needs")

    def _fill(self, name: str) -> None:
        """Put things into a list, a dict or, by BUILD, the attributes of an ordered dict."""
        if name.endswith("S"):
            self._pop_to_mark()
        else:
            self._pop(2 if name == "SETITEM" else 1)
        kind = "list" if name.startswith("APPEND") else "dict"
        if not isinstance(self.stack[-1], _Placeholder) or self.stack[-1].kind != kind:
            self._refuse(f"its pickle fills what is no {kind}")

    def _import(self, name: str) -> _Placeholder:
        module, _, kind = name.partition(" ")
        storage = module == "torch" and kind in ITEM_SIZES
        if not storage and name not in (ORDERED, TENSOR, PARAMETER):
            self._refuse(
                f"it asks for {name.replace(' ', '.')[:80]}, which no file of weights needs: it "
                "may be meant to run code"
            )
        return _Placeholder("name", name)

    def _call(self, function: Any, arguments: Any) -> Any:
        name = function.name if isinstance(function, _Placeholder) else ""
        if name == ORDERED and arguments == ():
            return _Placeholder("dict")
        if (
            name == PARAMETER
            and isinstance(arguments[0], _Placeholder)
            and arguments[0].kind == "tensor"
        ):
            return arguments[0]
        if name != TENSOR:
            self._refuse("it makes something other than tensors, dicts and lists")
        return self._tensor(*arguments[:4])

    def _storage(self, _: Any, kind: Any, key: Any, __: Any, length: Any) -> _Storage:
        record = self.sizes.get(f"{self.root}/data/{key}")
        size = ITEM_SIZES[kind.name.partition(" ")[2]]
        if not isinstance(key, str) or not isinstance(length, int) or length * size != record:
            self._refuse(f"a storage that should have {length!r:.40} elements has {record} bytes")
        return _Storage(key, length)

    def _tensor(self, storage: Any, offset: Any, shape: Any, stride: Any) -> _Placeholder:
        """Refuse a tensor that has more elements than its storage, or lies outside of it."""
        whole = all(isinstance(n, int) and n >= 0 for n in (offset, *shape, *stride))
        if not whole or len(shape) != len(stride) or len(shape) > 8:
            self._refuse("a tensor has a shape that cannot be")
        count = math.prod(shape)
        last = offset + sum((n - 1) * step for n, step in zip(shape, stride, strict=True))
        self.used[storage.key] += count
        if count and (last >= storage.length or count > storage.length):
            self._refuse(f"a tensor of {count:,} elements has {storage.length:,} behind it")
        if self.used[storage.key] > MAX_SHARED * max(1, storage.length):
            self._refuse("too many tensors share the same numbers")
        return _Placeholder("tensor")

    def _pop_to_mark(self) -> list[Any]:
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def _pop(self, count: int) -> list[Any]:
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def _refuse(self, why: str) -> None:
        raise ConversionError(f"{self.file} is not read: {why}")
