"""Folders by name: on this machine, or on Hugging Face where there is a network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gpt.convert import places
from gpt.errors import ConversionError, FetchError

NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
SIDE_FILES = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
VOCABULARY = ("tokenizer.json", "vocab.json", "merges.txt", "vocab.txt", *SIDE_FILES)
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "model-*.safetensors")
TORCH = ("pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-*.bin")


@dataclass(frozen=True)
class Place:
    """A Hugging Face folder, the file of its weights if it is an unusual one, what to say of it."""

    folder: Path
    weights: str | None = None
    notes: tuple[str, ...] = ()


def folder(name: str | Path, files: tuple[str, ...]) -> Path:
    """The folder of that path; or, of that name on Hugging Face, a copy of some of its files.

    Raises:
        ConversionError: there is no such folder, and it cannot be a name.
        FetchError: it could not be downloaded.
    """
    if Path(name).is_dir():
        return Path(name)
    if Path(name).exists() or not NAME.fullmatch(str(name)):
        raise ConversionError(
            f"there is no folder {name}; give the path of a Hugging Face folder, or its name "
            "there (gpt2, owner/model)"
        )
    return _downloaded(str(name), files)


def checkpoint_folder(name: str | Path) -> Path:
    """As `folder`, with all that a checkpoint takes; a .bin only where there is nothing better."""
    found = folder(name, ("config.json", *VOCABULARY, *WEIGHTS))
    if Path(name).is_dir() or any(found.glob("model*.safetensors*")):
        return found
    return _downloaded(str(name), ("config.json", *VOCABULARY, *TORCH))


def checkpoint_place(name: str | Path) -> Place:
    """As `checkpoint_folder`, where the folder may be within the one that is named.

    Raises:
        ConversionError, FetchError: as `folder`; or it takes a person to say which.
    """
    file = Path(name)
    if file.is_file() and file.suffix in places.WEIGHTS and (file.parent / "config.json").is_file():
        return Place(file.parent, file.name)
    outer = checkpoint_folder(name)
    names = places.names_in(outer)
    if not places.candidates(names) and not places.is_adapter(names):
        return Place(outer)  # whoever reads it says what is missing
    among = places.among(names)
    main = outer / among.main
    if main.is_dir():
        return Place(main, notes=among.notes)
    return Place(main.parent, main.name, among.notes)


def _downloaded(name: str, files: tuple[str, ...]) -> Path:
    try:
        from huggingface_hub import snapshot_download  # slow to import, and few need it
    except ImportError:
        raise FetchError(
            f"there is no folder {name} here, and to ask Hugging Face for it takes "
            "huggingface_hub: pip install -r requirements.txt"
        ) from None
    try:
        return Path(snapshot_download(name, allow_patterns=list(files)))
    except Exception as error:  # of many kinds: no network, no such name, not allowed
        said = str(error).strip().splitlines()[0][:200] if str(error).strip() else repr(error)
        raise FetchError(
            f"there is no folder {name} here, and it could not be had from Hugging Face ({said}). "
            "Where there is no network, copy its files into a folder and give that"
        ) from None
