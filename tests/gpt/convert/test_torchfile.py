"""Hostile PyTorch files: refused before PyTorch sees them, in bounded memory and time."""

from __future__ import annotations

import io
import pickle
import resource
import time
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import gpt
from gpt.convert.files import torchfile
from gpt.errors import ConversionError
from tests.gpt.convert.owners import contents

HUGE = 10**12
BYTES = 24  # of the one storage that these files hold: six numbers
rebuild = torch._utils._rebuild_tensor_v2


class Call:
    """Pickled as a call of a function; then, if there is a state, as a BUILD."""

    def __init__(self, function: Any, *arguments: Any, state: Any = None) -> None:
        self.parts = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.parts


class Storage:
    """Pickled as PyTorch names a storage: by its type, its file in the archive, its length."""

    def __init__(self, length: Any = 6, kind: Any = torch.FloatStorage, key: Any = "0") -> None:
        self.name = ("storage", kind, key, "cpu", length)


def tensor(size: Any = (2, 3), stride: Any = (3, 1), offset: Any = 0, storage: Any = None) -> Call:
    return Call(rebuild, storage or Storage(), offset, size, stride, False, OrderedDict())


def pickled(value: Any, protocol: int = 2) -> bytes:
    class Pickler(pickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            return value.name if isinstance(value, Storage) else None

    out = io.BytesIO()
    Pickler(out, protocol).dump(value)
    return out.getvalue()


def archive(path: Path, value: Any = None, **changes: Any) -> Path:
    """A PyTorch file with that value (or bytes for its pickle), as torch.save would write it."""
    entries = {
        "archive/data.pkl": value if isinstance(value, bytes) else pickled(value),
        "archive/byteorder": b"little",
        "archive/data/0": bytes(range(BYTES)),
        "archive/version": b"3\n",
        **changes.pop("entries", {}),
    }
    with zipfile.ZipFile(path, "w", **changes) as file:
        for name, content in entries.items():
            if content is not None:
                file.writestr(name, content)
    return path


def test_the_archives_of_these_tests_are_read_by_pytorch(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.pt", {"w": tensor(), "turned": tensor((3, 2), (1, 3)), "n": 3})
    loaded = torchfile.load(path)
    assert loaded["w"].shape == (2, 3) and loaded["n"] == 3
    assert torch.equal(loaded["turned"], loaded["w"].T)
    assert torch.equal(loaded["w"], torch.load(path, weights_only=True)["w"])


def test_what_torch_save_writes_is_read(tmp_path: Path) -> None:
    linear = torch.nn.Linear(3, 5)
    saved = {
        "state": linear.state_dict(),
        "parameter": linear.weight,
        "tied": [linear.weight, linear.weight.data],
        "view": linear.weight.data[1:, :2],
        "empty": torch.zeros(0, 4),
        "scalar": torch.tensor(3.5),
        "kinds": [torch.zeros(2, dtype=d) for d in (torch.bool, torch.int64, torch.bfloat16)],
        "plain": {"text": "é", "none": None, "yes": True, "big": 1 << 40, "pair": (1, -2.5)},
    }
    torch.save(saved, tmp_path / "good.pt")
    loaded = torchfile.load(tmp_path / "good.pt")
    assert torch.equal(loaded["state"]["bias"], linear.bias)
    assert torch.equal(loaded["view"], linear.weight[1:, :2])
    assert loaded["plain"] == saved["plain"]
    assert loaded["scalar"].item() == 3.5


class Trap:
    """Unpickling it fails the test."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("a file was unpickled",)


def bytes_of(value: Any, **how: Any) -> bytes:
    out = io.BytesIO()
    torch.save(value, out, **how)
    return out.getvalue()


def with_value(value: Any) -> Callable[[Path], object]:
    return lambda path: archive(path, value)


def with_entries(**entries: Any) -> Callable[[Path], object]:
    named = {name.replace("__", "/"): content for name, content in entries.items()}
    return lambda path: archive(path, {"w": tensor()}, entries=named)


def write(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", pickled({"w": tensor(storage=Storage(5_000_000))}))
        file.writestr("archive/data/0", bytes(20_000_000))


def overlapping(path: Path) -> None:
    """Two names in the directory for the same bytes of the file."""
    archive(path, {"w": tensor()}, entries={"archive/data/0": bytes(50_000)})
    with zipfile.ZipFile(path, "a") as file:
        for n in range(1, 4):
            again = zipfile.ZipInfo(f"archive/data/{n}")
            first = file.getinfo("archive/data/0")
            for part in ("header_offset", "CRC", "compress_size", "file_size"):
                setattr(again, part, getattr(first, part))
            file.filelist.append(again)
        file._didModify = True  # type: ignore[attr-defined]


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pickle that runs code": (write(pickle.dumps(Trap())), "is not a file of torch.save"),
    "an archive that runs code": (write(bytes_of({"model": Trap()})), "it may be meant to run"),
    "os.system": (with_value(Call(eval, "1")), "it asks for __builtin__.eval"),
    "the old format": (
        write(bytes_of({"w": torch.ones(2)}, _use_new_zipfile_serialization=False)),
        "a zip since PyTorch 1.6",
    ),
    "nothing": (write(b""), "is empty"),
    "a zip of something else": (
        lambda path: archive(path, entries={"archive/data.pkl": None}),
        "has no data.pkl",
    ),
    "10^12 elements in one": (
        write(bytes_of({"w": torch.zeros(1).expand(10**6, 10**6)})),
        "a tensor of 1,000,000,000,000 elements has 1 behind it",
    ),
    "a length that lies": (
        with_value({"w": tensor(storage=Storage(HUGE))}),
        "a storage that should have 1000000000000 elements has 24 bytes",
    ),
    "a type that lies": (
        with_value({"w": tensor(storage=Storage(6, torch.DoubleStorage))}),
        "should have 6 elements has 24 bytes",
    ),
    "a storage that is not there": (
        with_value({"w": tensor(storage=Storage(key="7"))}),
        "has None bytes",
    ),
    "a storage elsewhere": (
        with_value({"w": tensor(storage=Storage(key="../data/0"))}),
        "has None bytes",
    ),
    "beyond its storage": (with_value({"w": tensor((2, 3), (4, 1))}), "a tensor of 6 elements"),
    "an offset beyond": (with_value({"w": tensor(offset=1)}), "a tensor of 6 elements has 6"),
    "an offset below": (with_value({"w": tensor(offset=-1)}), "a shape that cannot be"),
    "a size below zero": (with_value({"w": tensor((-2, 3))}), "a shape that cannot be"),
    "a step below zero": (with_value({"w": tensor(stride=(-3, 1))}), "a shape that cannot be"),
    "more steps than sizes": (with_value({"w": tensor(stride=(3,))}), "a shape that cannot be"),
    "a word for a size": (with_value({"w": tensor(("2", 3))}), "a shape that cannot be"),
    "a thousand dimensions": (
        with_value({"w": tensor((1,) * 1000, (1,) * 1000)}),
        "a shape that cannot be",
    ),
    "one storage as many tensors": (
        with_value([tensor() for _ in range(5)]),
        "too many tensors share the same numbers",
    ),
    "a bytearray of 10^12": (
        with_value(Call(bytearray, HUGE)),
        "it asks for __builtin__.bytearray",
    ),
    "a storage made by a call": (
        with_value(Call(torch.FloatStorage, HUGE)),
        "it makes something other than tensors",
    ),
    "an untyped storage": (
        with_value(Call(torch.storage.UntypedStorage, HUGE)),
        "it asks for torch.storage.UntypedStorage",
    ),
    "a tensor made by a call": (with_value(Call(torch.Tensor, HUGE)), "it asks for torch.Tensor"),
    "a tensor of ones": (with_value(Call(torch.ones, HUGE)), "it asks for __builtin__.getattr"),
    "a tensor set anew": (
        with_value(Call(rebuild, *tensor().parts[1], state=(Storage(), 0, (HUGE,), (0,)))),
        "its pickle fills what is no dict",
    ),
    "a parameter of no tensor": (
        with_value(Call(torch._utils._rebuild_parameter, 3, False, OrderedDict())),
        "it makes something other than tensors",
    ),
    "a set": (with_value({1, 2}), "it asks for __builtin__.set"),
    "a newer pickle": (with_value(pickled({"w": tensor()}, 4)), "its pickle uses FRAME"),
    "a pickle that ends early": (with_value(pickled({"w": tensor()})[:-20]), "cannot be read as"),
    "a pickle of nothing": (with_value(b""), "cannot be read as a PyTorch file"),
    "a pickle of marks": (with_value(b"\x80\x02" + b"(" * 300_000 + b"."), "does not end"),
    "a pickle that pops what is not there": (with_value(b"\x80\x02R."), "cannot be read as"),
    "a huge pickle": (with_value(bytes(5_000_000)), "has no data.pkl of a sensible size"),
    "a bomb": (bomb, "unpacks to more than it holds"),
    "one part of it under many names": (overlapping, "unpacks to more than it holds"),
    "two archives in one": (
        with_entries(other__data_pkl=b"", **{"other/data.pkl": pickled(Trap())}),
        "but not one that PyTorch wrote",
    ),
    "names that differ in case": (
        with_entries(**{"archive/DATA.PKL": pickled(Trap())}),
        "but not one that PyTorch wrote",
    ),
}


def largest_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize(("make", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_before_pytorch_sees_it(
    make: Callable[[Path], object], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ckpt.pt"
    make(path)
    before, memory, start = contents(tmp_path), largest_memory(), time.monotonic()
    monkeypatch.setattr(torch, "load", lambda *_, **__: torch_was_asked())
    for read in (gpt.convert.nanogpt, gpt.convert.lecture):
        with pytest.raises(ConversionError) as caught:
            read(path)
        assert message in str(caught.value)
        assert "ckpt.pt" in str(caught.value) and "\n" not in str(caught.value)
    assert time.monotonic() - start < 60  # a second or two where the machine is free
    assert largest_memory() - memory < 100 * 2**20
    assert contents(tmp_path) == before


def torch_was_asked() -> None:
    raise KeyboardInterrupt("PyTorch was given a file that should have been refused")


@pytest.fixture(scope="module")
def good() -> bytes:
    return bytes_of({"model": torch.nn.Linear(3, 5).state_dict(), "n": 7})


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    good: bytes, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any byte changed, or the file cut anywhere: no other error, whatever comes out."""
    offsets = st.integers(0, len(good) - 1)
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(0, 3))):
        damaged[data.draw(offsets)] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.pt"
    path.write_bytes(damaged[: data.draw(offsets) + 1] if data.draw(st.booleans()) else damaged)
    try:
        torchfile.load(path)
    except ConversionError as error:
        assert "damaged.pt" in str(error)
