"""Folders by name: on this machine, or on Hugging Face if there is a network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gpt.convert.files import file_roles
from gpt.errors import ConversionError, FetchError
from gpt.importing import alone

NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
SIDE_FILES = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
MARIANS = ("source.spm", "target.spm", "target_vocab.json")
VOCABULARY = ("tokenizer.json", "vocab.json", "merges.txt", "vocab.txt", *MARIANS, *SIDE_FILES)
SETTINGS = ("config.json", "generation_config.json")
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "model-*.safetensors")
TORCH = ("pytorch_model.bin", "pytorch_model.bin.index.json", "pytorch_model-*.bin")


@dataclass(frozen=True)
class CheckpointFiles:
    """The files of a Hugging Face checkpoint.

    Fields:
        folder: the folder.
        weights: the file of its weights, if it has an unusual name.
        notes: what a person should know about it, a sentence each.
    """

    folder: Path
    weights: str | None = None
    notes: tuple[str, ...] = ()


def folder(name: str | Path, files: tuple[str, ...]) -> Path:
    """The folder at a path; if there is none, a copy of a folder of that name on Hugging Face.

    Args:
        files: which of its files are copied.

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
    return _download(str(name), files)


def checkpoint_folder(name: str | Path) -> Path:
    """Like `folder`, with all files of a checkpoint; a .bin only if there is no safetensors."""
    own = folder(name, (*SETTINGS, *VOCABULARY, *WEIGHTS))
    if Path(name).is_dir() or any(own.glob("model*.safetensors*")):
        return own
    return _download(str(name), (*SETTINGS, *VOCABULARY, *TORCH))


def checkpoint_files(name: str | Path) -> CheckpointFiles:
    """Like `checkpoint_folder`, but the checkpoint may be in a folder inside the one that is named.

    Raises:
        ConversionError, FetchError: as `folder`; or there are several checkpoints.
    """
    file = Path(name)
    if (
        file.is_file()
        and file.suffix in file_roles.WEIGHTS
        and (file.parent / "config.json").is_file()
    ):
        return CheckpointFiles(file.parent, file.name)
    outer = checkpoint_folder(name)
    names = file_roles.names_in(outer)
    if not file_roles.candidates(names) and not file_roles.is_adapter(names):
        return CheckpointFiles(outer)  # whoever reads it says what is missing
    roles = file_roles.file_roles(names)
    main = outer / roles.main
    if main.is_dir():
        return CheckpointFiles(main, notes=roles.notes)
    return CheckpointFiles(main.parent, main.name, roles.notes)


def _download(name: str, files: tuple[str, ...]) -> Path:
    try:
        with alone():
            from huggingface_hub import snapshot_download  # slow to import, and rarely needed
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
            f"there is no folder {name} here, and it could not be downloaded from Hugging Face "
            f"({said}). Without a network, copy its files into a folder and give that"
        ) from None
