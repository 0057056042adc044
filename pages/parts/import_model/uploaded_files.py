"""Uploaded checkpoints: a whole folder, a zip, or single files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import streamlit as st

from gpt.convert.files.file_roles import file_roles, is_ignored, names_in
from gpt.convert.files.unpack import inside, is_zip, unpack
from gpt.errors import ConversionError
from pages.shared import classroom
from pages.shared.uploads import Handed, files_field
from pages.shared.visitors import is_classroom

# What a checkpoint may consist of. The browser shows each other file as an error where these are
# asked for; so a folder is taken as it is, and its other files go no further.
KINDS = ["pt", "pth", "ckpt", "bin", "safetensors", "json", "jsonl", "txt", "model", "spm", "npz"]
UPLOADED = "upload"


def folder() -> Path | None:
    """Draw both upload fields; return the folder with the files, or None without any.

    Raises:
        ConversionError: a zip is damaged or hostile, or a name cannot be a file's.
    """
    left_alone = "what no checkpoint needs is left alone."
    st.caption(
        f"They go to the server; {left_alone}"
        if is_classroom()
        else f"Larger files by their path. They stay on this machine, and {left_alone}"
    )
    most = classroom.most_upload()
    left, right = st.columns(2)
    with left:
        whole = files_field("A whole folder", "import_folder", None, several="directory", most=most)
    with right:
        kinds = [*KINDS, "zip"]
        single = files_field(
            "A zip, or single files", "import_files", kinds, several=True, most=most
        )
    files = [*whole, *single]
    if not files:
        return None
    classroom.check_upload(sum(len(file.content) for file in files))
    return Path(_on_disk(tuple(file.file_id for file in files), files).name) / UPLOADED


def name_of(folder: Path) -> str:
    """The suggested name of the run: of the one folder or zip, or else of the file of weights."""
    names = [name for name in names_in(folder) if not is_ignored(name)]
    outermost = {PurePosixPath(name).parts[0] for name in names if "/" in name}
    if len(outermost) == 1:
        return outermost.pop()
    try:
        return PurePosixPath(file_roles(names).main).stem or "imported"
    except ConversionError:
        return "imported"


@st.cache_resource(max_entries=3, ttl=1800, show_spinner="Taking the files in…")
def _on_disk(ids: tuple[str, ...], _files: Sequence[Handed]) -> tempfile.TemporaryDirectory[str]:
    """Write the files into a folder that is deleted when nothing refers to it any more."""
    temporary = tempfile.TemporaryDirectory(prefix="headlight-import-")
    folder = Path(temporary.name) / UPLOADED
    folder.mkdir()
    for file in _files:
        _take(file, folder)
    return temporary


def _take(file: Handed, folder: Path) -> None:
    """Write one file under its name; unpack it if it is a zip."""
    name = inside(file.name.replace("\\", "/"))
    if name is None:
        raise ConversionError(f"{file.name[:80]!r} cannot be the name of a file here; rename it")
    if is_ignored(name) or name.rpartition(".")[2].lower() not in (*KINDS, "zip"):
        return
    target = folder / name
    if target.exists():
        raise ConversionError(f"there are two files {name}; remove one of them")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(file.content)
    if is_zip(target):
        _unpack(target)


def _unpack(path: Path) -> None:
    """Unpack a zip into a folder of its name."""
    folder = path.with_suffix("")
    if folder.exists():
        raise ConversionError(f"there are two {folder.name}; remove one of them")
    folder.mkdir()
    unpack(path, folder)
    path.unlink()
