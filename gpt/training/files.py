"""Files that are there whole or not at all: atomic writes, and groups committed together.

A group is written into `.pending/`, synced, and renamed to `.commit/`: that one rename is the
commit point. Then each file moves into place. A crash before the rename leaves the old files;
a crash after it is finished by `recover`. See docs/adr/0003.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PENDING, COMMIT = ".pending", ".commit"
Writer = Callable[[Path], object]
"""Writes a file to the path that it is given."""
Writers = dict[str, Writer]
"""Writers by the file's name in the run folder."""


def write_atomic(path: Path, text: str) -> None:
    """Replace a text file in one step."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Replace a JSON file in one step."""
    write_atomic(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def commit_group(
    folder: Path, writers: Mapping[str, Writer], check: Callable[[], None] = lambda: None
) -> None:
    """Write several files of a folder so that all of them change, or none.

    A folder that does not exist, or is deleted meanwhile, is not created.

    Args:
        folder: of the files.
        writers: relative name to a function that writes it to the path it is given; a name has
            one folder in it at most.
        check: called before anything is written, and again before the commit; may raise.

    Raises:
        OSError: the files could not be written (a full disk, say); the old ones stand.
    """
    check()
    recover(folder)
    pending = folder / PENDING
    try:
        pending.mkdir()
        for name, write in writers.items():
            target = pending / name
            target.parent.mkdir(exist_ok=True)
            write(target)
            _sync(target)
        _sync(pending)
        check()
        os.rename(pending, folder / COMMIT)
    except BaseException:
        shutil.rmtree(pending, ignore_errors=True)
        raise
    recover(folder)


def recover(folder: Path) -> None:
    """Finish a group whose commit was interrupted; discard one that never reached its commit.

    Raises:
        OSError: a file cannot be moved into its place, or the folder is deleted meanwhile.
    """
    shutil.rmtree(folder / PENDING, ignore_errors=True)
    commit = folder / COMMIT
    if not commit.is_dir():
        return
    for source in sorted(path for path in commit.rglob("*") if path.is_file()):
        target = folder / source.relative_to(commit)
        if target.parent != folder:  # which may be deleted, and is not made again
            target.parent.mkdir(exist_ok=True)
        os.replace(source, target)
    shutil.rmtree(commit)


def _sync(path: Path) -> None:
    """Have a file or a folder written through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
