"""Unpacks a zip of a stranger into a new folder, after its directory was checked.

The directory says what each file is called and how large it is. Both are checked before a byte is
written, and no file becomes larger than the directory says.
"""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from gpt.convert.files.file_roles import is_ignored
from gpt.errors import ConversionError
from gpt.names import is_storable

MOST_FILES = 5000
LARGEST = 4 << 30  # bytes, of all files together
RATIO, FREE = 60, 1 << 20  # weights hardly shrink, and a tokenizer's JSON to a tenth
DEEPEST = 12  # folders within folders
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1
PART = re.compile(r"[^/\\:*?\"<>|\x00-\x1f]{1,200}")


def is_zip(path: Path) -> bool:
    """Whether it is a zip by its name; PyTorch's own files are zips by their content."""
    return path.suffix.lower() == ".zip" and path.is_file()


def unpack(path: Path, folder: Path) -> None:
    """Unpack a zip into an empty folder, without files that no checkpoint needs.

    Raises:
        ConversionError: it is damaged, or could write elsewhere, or too much, or by a link.
        OSError: it could not be written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check_sizes(path, entries)
            named = [(entry, _name(path, entry)) for entry in entries]
            _check_room(path, entries, folder)
            for entry, name in named:
                target = folder / name
                assert target.is_relative_to(folder)
                if not is_ignored(name):
                    _write(archive, entry, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        said = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        raise ConversionError(f"{path.name} cannot be unpacked ({said}). Copy it again.") from None


def _check_sizes(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES or total > LARGEST:
        raise ConversionError(
            f"{path.name} holds {len(entries):,} files of {total / 2**30:,.1f} GiB; up to "
            f"{MOST_FILES:,} files of {LARGEST >> 30} GiB are unpacked. Unpack it yourself and "
            "name the folder"
        )
    if total > RATIO * path.stat().st_size + FREE:
        raise ConversionError(
            f"{path.name} would unpack to {total / 2**20:,.0f} MiB from "
            f"{path.stat().st_size / 2**20:,.2f}: no checkpoint shrinks so much, and it is not read"
        )


def _name(path: Path, entry: zipfile.ZipInfo) -> str:
    """The path of a file of a zip, relative to the folder that it is unpacked into.

    Raises:
        ConversionError: it would be elsewhere, is no plain file, or is packed in another way.
    """
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise ConversionError(f"{path.name} holds {entry.filename[:80]!r}, which is no plain file")
    if entry.flag_bits & ENCRYPTED or entry.compress_type not in METHODS:
        raise ConversionError(
            f"{path.name} is packed with a password or in an unusual way; pack it anew, plainly"
        )
    name = inside(entry.filename)
    if name is None:
        raise ConversionError(
            f"{path.name} holds a file named {entry.filename[:80]!r}, which would be written "
            "outside of its folder, or cannot be written everywhere; it is not unpacked"
        )
    return name


def inside(name: str) -> str | None:
    """A path from a stranger, if it stays inside the folder that it is relative to, else None.

    >>> inside("model/config.json"), inside("../config.json"), inside("/config.json")
    ('model/config.json', None, None)
    """
    parts = PurePosixPath(name).parts
    plain = all(PART.fullmatch(part) and is_storable(part) for part in parts)
    return "/".join(parts) if plain and 0 < len(parts) <= DEEPEST else None


def _check_room(path: Path, entries: list[zipfile.ZipInfo], folder: Path) -> None:
    total, free = sum(entry.file_size for entry in entries), shutil.disk_usage(folder).free
    if total > free:
        raise ConversionError(
            f"{path.name} unpacks to {total / 2**30:.2f} GiB, and {free / 2**30:.2f} GiB are free"
        )


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one file; `ZipFile.open` reads no more than the directory says, and checks its sum."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as packed, target.open("xb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    except (FileExistsError, IsADirectoryError, NotADirectoryError):
        raise ConversionError(f"the zip holds {entry.filename[:80]!r} twice") from None
