"""What a file declares is checked before anything is allocated for it."""

from __future__ import annotations

import json
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpt import bounded
from gpt.bounded import MIB, ArrayRule
from gpt.errors import CheckpointError

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Fails where Python allocates more than so many bytes at once."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


PLACES: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a pipe that nobody writes to": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nowhere": lambda path: path.symlink_to(path.parent / "nowhere"),
    "a device without end": lambda path: path.symlink_to("/dev/zero"),
    "nothing": lambda path: None,
}


@pytest.mark.parametrize("put", PLACES.values(), ids=PLACES)
def test_only_a_file_is_read(tmp_path: Path, put: Callable[[Path], object]) -> None:
    put(tmp_path / "x.json")
    with pytest.raises(CheckpointError, match=r"x\.json (cannot be read|is missing)"):
        bounded.read_bytes(tmp_path / "x.json", MIB)
    with pytest.raises(CheckpointError, match=r"x\.json cannot be read"):
        bounded.arrays(tmp_path / "x.json", {}, MIB)


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "x.json").open("wb") as file:
        file.truncate(1 << 40)
    with at_most(MIB), pytest.raises(CheckpointError, match=r"too large .* 1,048,576.0 MiB"):
        bounded.read_bytes(tmp_path / "x.json", MIB)
    (tmp_path / "y.json").write_bytes(b"12345")
    assert bounded.read_bytes(tmp_path / "y.json", 5) == b"12345"
    with pytest.raises(CheckpointError, match="too large"):
        bounded.read_bytes(tmp_path / "y.json", 4)


def size_of(value: object) -> int:
    """The memory of a value and all in it."""
    inner: list[object] = []
    if isinstance(value, dict):
        inner = [*value, *value.values()]
    elif isinstance(value, list):
        inner = value
    return sys.getsizeof(value) + sum(map(size_of, inner))


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"[]," * 9999 + b"[]]",
        b"[" + b"{}," * 9999 + b"{}]",
        b"[" + b"1.5," * 9999 + b"1]",
        b"[" * 500 + b"]" * 500,
        json.dumps({str(i): str(i) for i in range(9999)}).encode(),
        json.dumps(["a", "b"] * 9999, separators=(",", ":")).encode(),
        ('"' + "a" * 99999 + '😀"').encode(),
    ],
)
def test_the_memory_of_a_json_is_known_before_it_is_parsed(content: bytes) -> None:
    bound = bounded.json_memory(content)
    value: object = bounded.json_value(content, "x.json", bound)
    assert size_of(value) <= bound
    with pytest.raises(CheckpointError, match=r"x\.json is too large to be one of ours"):
        bounded.json_value(content, "x.json", bound - 1)


@given(JSON)
def test_json_is_read_as_python_reads_it(value: object) -> None:
    content = json.dumps(value).encode()
    assert bounded.json_value(content, "x", MIB) == value


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 10_000, b"NaN", b"1e999", b"9" * 5000, b'"\xff"', b'"\\ud800"', b"1 2"],
)
def test_what_is_no_json_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(CheckpointError, match=r"^x\.json (is not JSON|does not hold)"):
        bounded.json_value(content, "x.json", 16 * MIB)


def test_lines_are_taken_one_at_a_time() -> None:
    content = b"\n" * (8 * MIB) + b"end"
    with at_most(MIB):
        assert next(bounded.lines(content)) == b"end"
    assert list(bounded.lines(b"one\r\n\n two \nthree")) == [b"one", b" two ", b"three"]


def test_arrays_are_those_that_were_written(tmp_path: Path) -> None:
    wanted = {"a": np.arange(6, dtype=np.int32).reshape(2, 3), "b": np.float32(0.5)}
    np.savez_compressed(tmp_path / "x.npz", **wanted)
    rules = {"a": ArrayRule("i4", (2, None)), "b": ArrayRule("f4", ())}
    found = bounded.arrays(tmp_path / "x.npz", rules, MIB)
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array)
    with pytest.raises(CheckpointError, match=r"a is int32 of shape \(2, 3\)"):
        bounded.arrays(tmp_path / "x.npz", {"a": ArrayRule("i4", (3, None))}, MIB)


def test_an_array_larger_than_the_bound_is_not_decompressed(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", a=np.zeros(1 << 26, np.uint8))
    rule = {"a": ArrayRule("u1", (None,))}
    with at_most(MIB), pytest.raises(CheckpointError, match=r"a is uint8 of shape \(67108864,\)"):
        bounded.arrays(tmp_path / "x.npz", rule, MIB)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/etc/passwd", "/etc/passwd"),
        ("/ckpt.pt", "/ckpt.pt"),
        ("ckpt.pt", "ckpt.pt"),
        ("./ckpt.pt", "ckpt.pt"),
        ("../ckpt.pt", "../ckpt.pt"),
        ("first/config.json", "first/config.json"),
        ("/srv/runs/first/config.json", "first/config.json"),
    ],
)
def test_a_message_names_a_file_by_a_path_that_is_right(path: str, name: str) -> None:
    assert bounded.where(Path(path)) == name


def test_a_folder_has_a_name_however_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert bounded.folder_name(Path()) == tmp_path.name
    assert bounded.folder_name(Path("first")) == bounded.folder_name(tmp_path / "first") == "first"
    assert bounded.folder_name(Path("/")) == "/"
