"""Zips: those of our own exports and of others are taken; hostile ones write nothing."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import gpt
from gpt.convert import recognize, to_nanogpt
from gpt.convert.exports.archive import archive
from gpt.convert.files import unpack as unpacking
from gpt.convert.files.unpack import unpack
from gpt.errors import ConversionError
from tests.gpt.convert.owners import contents
from tests.gpt.convert.test_archive import ours
from tests.gpt.convert.test_recognize import written
from tests.gpt.tiny import random_ids


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


@pytest.mark.parametrize("layout", ["gpt2", "nanogpt"])
def test_our_own_exports_come_back_with_their_vocabulary(layout: str, tmp_path: Path) -> None:
    mine = ours(tie_weights=True, mlp_ratio=4)
    path = tmp_path / "mine.zip"
    path.write_bytes(archive(mine, layout, "mine"))
    foreign = recognize(path)
    assert (foreign.kind, foreign.source) == (layout, path)
    back = foreign.checkpoint()
    ids = torch.tensor([random_ids()])
    torch.testing.assert_close(back.model(ids), mine.model(ids), atol=1e-5, rtol=0)
    assert back.tokenizer.encode("abc") == mine.tokenizer.encode("abc")


def test_a_zip_of_a_folder_as_a_mac_makes_it(tmp_path: Path) -> None:
    folder = written("gpt2", tmp_path / "theirs")
    path = zipped(
        tmp_path / "theirs.zip",
        {
            **{f"theirs/{file.name}": file.read_bytes() for file in folder.iterdir()},
            "__MACOSX/theirs/._config.json": b"\0\5\x16\7",
            "theirs/.DS_Store": b"\0\0\0\1Bud1",
        },
    )
    assert recognize(path).config == recognize(folder).config
    (tmp_path / "there").mkdir()
    unpack(path, tmp_path / "there")
    assert {p.name for p in (tmp_path / "there").iterdir()} == {"theirs"}
    assert not (tmp_path / "there" / "theirs" / ".DS_Store").exists()


def test_a_folder_that_the_zip_was_unpacked_into_goes_with_it(tmp_path: Path) -> None:
    folder = to_nanogpt(ours(tie_weights=True, mlp_ratio=4), tmp_path / "mine")
    shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    foreign = recognize(tmp_path / "packed.zip")
    inside = foreign.keeps_alive.name  # type: ignore[attr-defined]
    assert (Path(inside) / "ckpt.pt").is_file()
    del foreign
    assert not Path(inside).exists()


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    zip_entry = zipfile.ZipInfo(name)
    zip_entry.external_attr = mode << 16
    return zip_entry


def with_entry(name: str, content: bytes, mode: int) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(entry("config.json"), b"{}")
            file.writestr(entry(name, mode), content)

    return write


def named(*names: str) -> Callable[[Path], object]:
    return lambda path: zipped(path, dict.fromkeys(names, b"{}"))


def twice(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file, pytest.warns(UserWarning):
        file.writestr("config.json", b"{}")
        file.writestr("config.json", b"[]")


def lying(path: Path) -> None:
    """More behind an entry than its directory says."""
    zipped(path, {"config.json": bytes(100_000)}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    path.write_bytes(data.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))


def damaged(path: Path) -> None:
    zipped(path, {"config.json": b"abcdefgh" * 99}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"abcdefgh", b"abcdefgX", 1))


def encrypted(path: Path) -> None:
    zipped(path, {"config.json": b"{}"})
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    path.write_bytes(data)


HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "up": (named("../up.txt"), "would be written outside of its folder"),
    "up from within": (named("a/../../up.txt"), "would be written outside"),
    "absolute": (named("/tmp/absolute.txt"), "would be written outside"),
    "a drive": (named("C:/evil.txt"), "would be written outside"),
    "a backslash": (named("..\\up.txt"), "would be written outside"),
    "too deep": (named("/".join("abcdefghijklmnop") + "/x"), "would be written outside"),
    "a link": (with_entry("link", b"/etc/passwd", stat.S_IFLNK | 0o777), "is no plain file"),
    "a pipe": (with_entry("pipe", b"", stat.S_IFIFO | 0o644), "is no plain file"),
    "a bomb": (lambda p: zipped(p, {"w.bin": bytes(200 << 20)}), "no checkpoint shrinks so much"),
    "many files": (named(*(f"{n}.txt" for n in range(5001))), "holds 5,001 files"),
    "a file twice": (twice, "'config.json' twice"),
    "a file that is a folder too": (named("a", "a/b"), "twice"),
    "more than it says": (lying, "cannot be unpacked"),
    "damaged": (damaged, "cannot be unpacked"),
    "a password": (encrypted, "packed with a password"),
    "another method": (
        lambda path: zipped(path, {"config.json": b"{}"}, zipfile.ZIP_LZMA),
        "packed with a password or in an unusual way",
    ),
    "no zip": (lambda path: path.write_bytes(b"PK\x03\x04nothing"), "cannot be unpacked"),
    "nothing": (lambda path: path.write_bytes(b""), "cannot be unpacked"),
}


@pytest.mark.parametrize(("make", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_zip_is_refused_and_writes_nothing_outside(
    make: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "theirs.zip"
    make(path)
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    before = contents(tmp_path)
    with pytest.raises(ConversionError) as caught:
        unpack(path, folder)
    assert message in str(caught.value) and "theirs" in str(caught.value) + "theirs"
    assert len(str(caught.value)) < 400
    outside = {name: held for name, held in contents(tmp_path).items() if "/in/here/" not in name}
    assert outside == before
    assert not any(os.path.islink(p) for p in folder.rglob("*"))
    with pytest.raises(ConversionError):
        recognize(path)


def test_what_would_unpack_to_too_much_is_told_by_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "a.zip", {"ckpt.pt": os.urandom(5000)}, zipfile.ZIP_STORED)
    monkeypatch.setattr(unpacking, "LARGEST", 4999)
    with pytest.raises(ConversionError, match="Unpack it yourself and name the folder"):
        unpack(path, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_a_packed_run_comes_back_as_the_run_it_was(tmp_path: Path) -> None:
    run = Path("checkpoints/shakespeare")
    shutil.make_archive(str(tmp_path / "shared"), "zip", run.parent, run.name)
    foreign = recognize(tmp_path / "shared.zip")
    assert foreign.kind == "run"
    back = foreign.checkpoint()
    expected = gpt.load(run)
    assert back.config == expected.config
    assert back.info["training"] == expected.info["training"]
    assert back.tokenizer.encode("First Citizen:") == expected.tokenizer.encode("First Citizen:")
    held = expected.model.state_dict()
    assert all(torch.equal(t, held[name]) for name, t in back.model.state_dict().items())
