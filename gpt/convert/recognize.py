"""What a file or folder of others is, told from what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gpt.convert import from_bert, from_gpt2, from_lecture, from_nanogpt, hub, torchfile
from gpt.convert.found import Found
from gpt.convert.weights import INDEX, SAFETENSORS, TORCH, json_of
from gpt.errors import ConversionError

CONFIG, NANOGPT = "config.json", "ckpt.pt"
OF_A_FOLDER = (CONFIG, SAFETENSORS, INDEX, TORCH)
WEIGHTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors")
FOLDERS = {"gpt2": from_gpt2.found, "bert": from_bert.found}


def recognize(path: str | Path, scale: str = "head_size") -> Found:
    """Tell what is at a path on this machine; its numbers are not read yet.

    Args:
        path: a Hugging Face folder, nanoGPT's `out_dir` or ckpt.pt, or a state_dict of the
            lecture's. A file of a Hugging Face folder stands for the folder.
        scale: what the scores of a lecture's model were scaled by; see `gpt.convert.lecture`.

    Raises:
        ConversionError: nothing is there, or nothing that is known here; what would work is said.
    """
    place = Path(path).expanduser()
    if place.name in OF_A_FOLDER and (place.parent / CONFIG).is_file():
        place = place.parent
    if place.is_dir():
        return _folder(place)
    if not place.is_file():
        raise ConversionError(f"there is no file or folder {path} on this machine")
    return _file(place, scale)


def from_hub(name: str) -> Found:
    """A folder by its name on Hugging Face, downloaded where it is not here yet.

    Raises:
        ConversionError: it is of no kind that is known here.
        FetchError: it could not be downloaded.
    """
    return replace(_folder(hub.checkpoint_folder(name)), source=Path(name))


def _folder(folder: Path) -> Found:
    if (folder / NANOGPT).is_file() and not (folder / CONFIG).is_file():
        return from_nanogpt.found(folder / NANOGPT)
    if not (folder / CONFIG).is_file():
        raise ConversionError(
            f"{folder.name} has neither {CONFIG} (a Hugging Face folder) nor {NANOGPT} (nanoGPT's)"
        )
    kind = _model_type(folder)
    if kind not in FOLDERS:
        raise ConversionError(
            f"{folder.name}/{CONFIG} is of a model of type {kind!r}; those of type "
            f"{' and '.join(map(repr, FOLDERS))} are read here"
        )
    return FOLDERS[kind](folder)


def _model_type(folder: Path) -> str:
    raw = json_of(folder / CONFIG)
    values: dict[str, Any] = raw if isinstance(raw, dict) else {}
    if isinstance(values.get("model"), dict) and "format" in values:
        raise ConversionError(
            f"{folder.name} is a run of Headlight already: copy the folder into checkpoints/"
        )
    return str(values.get("model_type"))


def _file(file: Path, scale: str) -> Found:
    if file.name in OF_A_FOLDER:
        raise ConversionError(
            f"{file.name} is one file of a Hugging Face folder; {', '.join(missing([file.name]))} "
            "should be beside it"
        )
    if file.suffix != ".safetensors":
        saved = torchfile.load(file)
        if isinstance(saved, dict) and "model_args" in saved:
            return from_nanogpt.found(file)
    return from_lecture.found(file, scale)


def missing(names: Sequence[str]) -> list[str]:
    """What a Hugging Face folder of these files lacks; the tokenizer's are not asked for."""
    weights = any(name in names for name in OF_A_FOLDER[1:])
    lacks = [] if CONFIG in names else [CONFIG]
    return lacks if weights else [*lacks, f"{SAFETENSORS} or {TORCH}"]


@dataclass(frozen=True)
class Among:
    """What is what among the files that somebody handed over.

    Fields:
        main: the file of the weights; "" where the files are a Hugging Face folder together.
        text: the text it was trained on, if there is one.
        vocabulary: a JSON file with its vocabulary, if there is one.
    """

    main: str
    text: str | None
    vocabulary: str | None


def among(names: Sequence[str]) -> Among:
    """Tell the files of a checkpoint from the text or vocabulary beside them, by their names.

    >>> among(["ckpt.pt", "input.txt"])
    Among(main='ckpt.pt', text='input.txt', vocabulary=None)
    >>> among(["config.json", "model.safetensors", "tokenizer.json"]).main
    ''

    Raises:
        ConversionError: something is missing, or there are two of a kind.
    """
    theirs = {CONFIG, *hub.VOCABULARY, *OF_A_FOLDER, "generation_config.json"}
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConversionError(f"there are two files {twice[0]}; remove one of them")
    weights = [name for name in names if Path(name).suffix in WEIGHTS]
    texts = [n for n in names if n not in theirs and Path(n).suffix == ".txt"]
    words = [n for n in names if n not in theirs and Path(n).suffix == ".json"]
    for kind, several in (("texts", texts), ("vocabularies", words)):
        if len(several) > 1:
            raise ConversionError(f"which of the {kind} is it: {', '.join(several)}? Remove others")
    text, vocabulary = (several[0] if several else None for several in (texts, words))
    if set(names) & set(OF_A_FOLDER):
        if lacks := missing(names):
            raise ConversionError(f"{' and '.join(lacks)} should be among the files too")
        return Among("", text, vocabulary)
    if len(weights) != 1:
        found = ", ".join(weights) or "none"
        raise ConversionError(
            f"one file of weights is needed ({', '.join(WEIGHTS)}; {found} is there), or "
            f"{CONFIG} with {SAFETENSORS} or {TORCH}"
        )
    return Among(weights[0], text, vocabulary)
