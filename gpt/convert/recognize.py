"""What kind of checkpoint a file or folder of others is, judged by its content."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from gpt.bounded import where
from gpt.convert.families import FAMILIES, HUGGING_FACE, TENSORS
from gpt.convert.files import hub, torchfile
from gpt.convert.files.file_roles import (
    CONFIG,
    OF_A_FOLDER,
    FileRoles,
    candidates,
    file_roles,
    missing,
    names_in,
)
from gpt.convert.files.model_types import type_of
from gpt.convert.files.unpack import is_zip, unpack
from gpt.convert.files.weights import INDEX, TORCH_INDEX, in_folder, json_of
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.readers import from_lecture, from_nanogpt, from_run
from gpt.errors import ConversionError

__all__ = ["FileRoles", "choices", "file_roles", "from_hub", "recognize"]

VOCABULARY = "vocabulary.json"  # as our exports name it


def recognize(
    path: str | Path,
    scale: str = "head_size",
    which: str | None = None,
    kind: str | None = None,
    words: bool = True,
) -> ForeignCheckpoint:
    """Recognize the checkpoint at a path on this machine, without reading its numbers.

    Args:
        path: a Hugging Face folder, nanoGPT's `out_dir` or ckpt.pt, a state_dict of the
            lecture's, a run folder; a folder that holds one of these, or a zip of one. A file of
            a Hugging Face folder stands for the folder.
        scale: what the scores of a lecture's model were scaled by; see `gpt.convert.lecture`.
        which: one of `choices`, if there are several.
        kind: the family of a Hugging Face folder whose config.json does not name it.
        words: whether a text or a vocabulary is looked for; not if a person names one.

    Raises:
        ConversionError: there is nothing at the path, or nothing that can be read here; the message
            says what would work.
    """
    given, path = path, Path(path).expanduser()
    if is_zip(path):
        inside = unpack_zip(path)
        checkpoint = _within(Path(inside.name), scale, which, kind, words)
        return replace(checkpoint, source=path, keeps_alive=inside)
    if path.name in (CONFIG, INDEX, TORCH_INDEX) and (path.parent / CONFIG).is_file():
        return _folder(path.parent, kind)
    if path.is_dir():
        return _within(path, scale, which, kind, words)
    if not path.is_file():
        raise ConversionError(f"there is no file or folder {given} on this machine")
    checkpoint = _file(path, scale, kind)
    ours = path.with_name(VOCABULARY)
    return (
        replace(checkpoint, vocabulary=ours)
        if ours.is_file() and not checkpoint.folder
        else checkpoint
    )


def choices(path: str | Path) -> list[str]:
    """The checkpoints in a folder, the likeliest first; none if there is nothing to choose."""
    folder = Path(path).expanduser()
    several = candidates(names_in(folder)) if folder.is_dir() else []
    return several if len(several) > 1 else []


def unpack_zip(path: Path) -> tempfile.TemporaryDirectory[str]:
    """Unpack a zip into a temporary folder, which is deleted with the object that is returned.

    Raises:
        ConversionError, OSError: as `unpack`.
    """
    folder = tempfile.TemporaryDirectory(prefix="headlight-zip-")
    unpack(path, Path(folder.name))
    return folder


def from_hub(name: str) -> ForeignCheckpoint:
    """The checkpoint in a folder of Hugging Face, by its name; downloaded if it is not here yet.

    Raises:
        ConversionError: it is of no kind that is known here.
        FetchError: it could not be downloaded.
    """
    return replace(_folder(hub.checkpoint_folder(name)), source=Path(name))


def _within(
    folder: Path, scale: str, which: str | None, kind: str | None, words: bool
) -> ForeignCheckpoint:
    names = names_in(folder)
    if CONFIG in names and not candidates(names):
        return _folder(folder, kind)  # the error says what is missing
    roles = file_roles(names, which, words)
    path = folder / roles.main
    checkpoint = _folder(path, kind) if path.is_dir() else _file(path, scale, kind)
    if checkpoint.kind == "run":
        return checkpoint
    text, vocabulary = (folder / n if n else None for n in (roles.text, roles.vocabulary))
    notes = dict.fromkeys((*checkpoint.notes, *roles.notes))
    return replace(checkpoint, notes=tuple(notes), text=text, vocabulary=vocabulary)


def _folder(folder: Path, named: str | None = None) -> ForeignCheckpoint:
    raw = json_of(folder / CONFIG)
    if from_run.is_run(raw):
        return from_run.open_checkpoint(folder)
    kind = type_of(raw) or _of_hugging_face(named) or _kind_by_names(folder)
    if kind not in HUGGING_FACE:
        *most, last = map(repr, HUGGING_FACE)
        raise ConversionError(
            f"{where(folder / CONFIG)} is of a model of type {kind!r}; those of type "
            f"{', '.join(most)} and {last} are read here"
        )
    return FAMILIES[kind].open_checkpoint(folder)


def _of_hugging_face(kind: str | None) -> str | None:
    return kind if kind in HUGGING_FACE else None


def _kind_by_names(folder: Path) -> str | None:
    """The family of models that the tensors' names belong to, if config.json does not say."""
    names = " ".join(in_folder(folder).shapes)
    if "roberta." in names:
        return "roberta"  # whose tensors are BERT's, but for what stands before their names
    return next((kind for kind, tensor in TENSORS.items() if tensor in names), None)


def _file(file: Path, scale: str, named: str | None) -> ForeignCheckpoint:
    config = file.parent / CONFIG
    if file.name in OF_A_FOLDER and not config.is_file():
        raise ConversionError(
            f"{file.name} is one file of a Hugging Face folder; {', '.join(missing([file.name]))} "
            "should be beside it"
        )
    if file.suffix != ".safetensors":
        saved = torchfile.load(file)
        if isinstance(saved, dict) and "model_args" in saved:
            return from_nanogpt.open_checkpoint(file)
    if not config.is_file():
        return from_lecture.open_checkpoint(file, scale)
    if file.name in OF_A_FOLDER:
        return _folder(file.parent, named)
    kind = str(type_of(json_of(config)) or _of_hugging_face(named))
    if kind in HUGGING_FACE:
        return FAMILIES[kind].open_checkpoint(file)
    return from_lecture.open_checkpoint(file, scale)
