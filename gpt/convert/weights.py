"""Weights: the tensors of a checkpoint of others, their shapes known before any is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from gpt.checkpoint import read_json, where
from gpt.convert import torchfile
from gpt.errors import CheckpointError, ConversionError

SAFETENSORS, INDEX, TORCH = "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"


@dataclass(frozen=True)
class Weights:
    """Tensors by name, not read yet.

    Fields:
        where: the file, as messages name it.
        shapes: name to shape.
        read: reads one of them.
    """

    where: str
    shapes: Mapping[str, tuple[int, ...]]
    read: Callable[[str], torch.Tensor]

    def floats(self, name: str) -> torch.Tensor:
        """One of them in float32.

        Raises:
            ConversionError: it holds something other than floating-point numbers, or one that is
                not finite.
        """
        tensor = self.read(name)
        if not tensor.is_floating_point():
            raise ConversionError(
                f"{self.where}: {name} holds {str(tensor.dtype).removeprefix('torch.')}, not "
                "floating-point numbers; quantized weights are not read here"
            )
        numbers = tensor.float()
        if not bool(numbers.isfinite().all()):
            raise ConversionError(
                f"{self.where}: {name} holds numbers that are not finite (NaN or infinity): what "
                "it was saved from had broken down, and no page could show it"
            )
        return numbers

    def renamed(self, new_name: Callable[[str], str | None]) -> Weights:
        """The same tensors by other names, without those whose new name is None.

        Raises:
            ConversionError: two of them get one name.
        """
        old: dict[str, str] = {}
        for name in self.shapes:
            new = new_name(name)
            if new is not None and old.setdefault(new, name) != name:
                raise ConversionError(f"{self.where} has both {old[new]} and {name}")
        shapes = {new: self.shapes[name] for new, name in old.items()}
        return Weights(self.where, shapes, lambda new: self.read(old[new]))


def in_folder(folder: Path) -> Weights:
    """The weights of a Hugging Face folder: safetensors in one or several files, or a .bin.

    Raises:
        ConversionError: there are none, or they cannot be read.
    """
    if (folder / SAFETENSORS).is_file():
        return from_safetensors([folder / SAFETENSORS])
    if (folder / INDEX).is_file():
        return from_safetensors(_shards(folder / INDEX))
    if (folder / TORCH).is_file():
        return from_tensors(folder / TORCH, torchfile.load(folder / TORCH))
    raise ConversionError(
        f"{folder.name} has no weights: neither {SAFETENSORS} nor {TORCH} is there"
    )


def from_safetensors(paths: list[Path]) -> Weights:
    """The weights of one or several safetensors files.

    Raises:
        ConversionError: a file is missing, truncated or of another kind, or a name is there twice.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    home: dict[str, Path] = {}
    for path in paths:
        try:
            with safe_open(path, framework="pt") as file:
                found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise _unreadable(path, error) from None
        if twice := sorted(set(found) & set(shapes)):
            raise ConversionError(f"{twice[0]} is in {home[twice[0]].name} and in {path.name}")
        shapes |= found
        home |= dict.fromkeys(found, path)

    def read(name: str) -> torch.Tensor:
        try:
            with safe_open(home[name], framework="pt") as file:
                return file.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise _unreadable(home[name], error) from None

    return Weights(where(paths[0]), shapes, read)


def from_tensors(path: Path, tensors: Any) -> Weights:
    """The weights of a dict that a PyTorch file held.

    Raises:
        ConversionError: it is not a dict of tensors by name.
    """
    named = isinstance(tensors, dict) and dict.items(tensors)
    if not named or not all(isinstance(n, str) and isinstance(t, torch.Tensor) for n, t in named):
        raise ConversionError(f"{where(path)} is not a state_dict: names with their tensors")
    held = dict(named)
    shapes = {name: tuple(tensor.shape) for name, tensor in held.items()}
    return Weights(where(path), shapes, held.__getitem__)


def json_of(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        ConversionError: it is missing, too large, or not JSON.
    """
    try:
        return read_json(path)
    except CheckpointError as error:
        raise ConversionError(str(error)) from None


def _shards(index: Path) -> list[Path]:
    """The files that an index names, which have to be beside it."""
    value = json_of(index)
    places = value.get("weight_map") if isinstance(value, dict) else None
    names = set(places.values()) if isinstance(places, dict) else set()
    if not names or not all(isinstance(n, str) and Path(n).name == n for n in names):
        raise ConversionError(f"{where(index)} does not name the files of the weights")
    return [index.parent / name for name in sorted(names)]


def _unreadable(path: Path, error: Exception) -> ConversionError:
    if path.is_file() and not path.stat().st_size:
        return ConversionError(f"{where(path)} is empty. Copy it again.")
    return ConversionError(
        f"{where(path)} cannot be read as safetensors ({str(error)[:200]}); it is missing, "
        "truncated or of another kind. Copy it again."
    )
