"""What a file or folder of others is, told from what is in it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gpt.convert import from_bert, from_gpt2, from_lecture, from_nanogpt, from_run, hub, torchfile
from gpt.convert.found import Found
from gpt.convert.places import CONFIG, OF_A_FOLDER, Among, among, candidates, missing, names_in
from gpt.convert.unpack import is_zip, unpack
from gpt.convert.weights import INDEX, TORCH_INDEX, in_folder, json_of
from gpt.errors import ConversionError

__all__ = ["Among", "among", "choices", "from_hub", "recognize"]

VOCABULARY = "vocabulary.json"  # as our exports name it
FOLDERS: dict[str, Callable[[Path], Found]] = {"gpt2": from_gpt2.found, "bert": from_bert.found}


def recognize(path: str | Path, scale: str = "head_size", which: str | None = None) -> Found:
    """Tell what is at a path on this machine; its numbers are not read yet.

    Args:
        path: a Hugging Face folder, nanoGPT's `out_dir` or ckpt.pt, a state_dict of the
            lecture's, a run folder; a folder that holds one of these, or a zip of one. A file of
            a Hugging Face folder stands for the folder.
        scale: what the scores of a lecture's model were scaled by; see `gpt.convert.lecture`.
        which: one of `choices`, where there are several.

    Raises:
        ConversionError: nothing is there, or nothing that is known here; what would work is said.
    """
    place = Path(path).expanduser()
    if is_zip(place):
        inside = unpacked(place)
        found = _within(Path(inside.name), scale, which)
        return replace(found, source=place, held=inside)
    if place.name in (CONFIG, INDEX, TORCH_INDEX) and (place.parent / CONFIG).is_file():
        return _folder(place.parent)
    if place.is_dir():
        return _within(place, scale, which)
    if not place.is_file():
        raise ConversionError(f"there is no file or folder {path} on this machine")
    found = _file(place, scale)
    ours = place.with_name(VOCABULARY)
    return replace(found, vocabulary=ours) if ours.is_file() and not found.folder else found


def choices(path: str | Path) -> list[str]:
    """The checkpoints in a folder, the likeliest first; none where there is nothing to choose."""
    place = Path(path).expanduser()
    several = candidates(names_in(place)) if place.is_dir() else []
    return several if len(several) > 1 else []


def unpacked(path: Path) -> tempfile.TemporaryDirectory[str]:
    """What a zip holds, in a folder that goes when nobody holds on to it any more.

    Raises:
        ConversionError, OSError: as `unpack`.
    """
    place = tempfile.TemporaryDirectory(prefix="headlight-zip-")
    unpack(path, Path(place.name))
    return place


def from_hub(name: str) -> Found:
    """A folder by its name on Hugging Face, downloaded where it is not here yet.

    Raises:
        ConversionError: it is of no kind that is known here.
        FetchError: it could not be downloaded.
    """
    return replace(_folder(hub.checkpoint_folder(name)), source=Path(name))


def _within(folder: Path, scale: str, which: str | None) -> Found:
    names = names_in(folder)
    if CONFIG in names and not candidates(names):
        return _folder(folder)  # which says what is missing
    parts = among(names, which)
    place = folder / parts.main
    found = _folder(place) if place.is_dir() else _file(place, scale)
    if found.kind == "run":
        return found
    text, words = (folder / n if n else None for n in (parts.text, parts.vocabulary))
    notes = dict.fromkeys((*found.notes, *parts.notes))
    return replace(found, notes=tuple(notes), text=text, vocabulary=words)


def _folder(folder: Path) -> Found:
    raw = json_of(folder / CONFIG)
    if from_run.is_run(raw):
        return from_run.found(folder)
    kind = from_gpt2.type_of(raw) or _kind_by_names(folder)
    if kind not in FOLDERS:
        raise ConversionError(
            f"{folder.name}/{CONFIG} is of a model of type {kind!r}; those of type "
            f"{' and '.join(map(repr, FOLDERS))} are read here"
        )
    return FOLDERS[kind](folder)


def _kind_by_names(folder: Path) -> str | None:
    """Which family the tensors' names are of, where config.json does not say."""
    names = " ".join(in_folder(folder).shapes)
    anchors = {"gpt2": "wte.weight", "bert": from_bert.WORDS}
    return next((kind for kind, anchor in anchors.items() if anchor in names), None)


def _file(file: Path, scale: str) -> Found:
    config = file.parent / CONFIG
    if file.name in OF_A_FOLDER and not config.is_file():
        raise ConversionError(
            f"{file.name} is one file of a Hugging Face folder; {', '.join(missing([file.name]))} "
            "should be beside it"
        )
    if file.suffix != ".safetensors":
        saved = torchfile.load(file)
        if isinstance(saved, dict) and "model_args" in saved:
            return from_nanogpt.found(file)
    if not config.is_file():
        return from_lecture.found(file, scale)
    if file.name in OF_A_FOLDER:
        return _folder(file.parent)
    kind = str(from_gpt2.type_of(json_of(config)))
    return FOLDERS[kind](file) if kind in FOLDERS else from_lecture.found(file, scale)
