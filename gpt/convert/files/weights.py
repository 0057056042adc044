"""The tensors of a checkpoint of others; their shapes are known before any of them is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from gpt.bounded import check_safetensors, folder_name, where
from gpt.convert.files import torchfile
from gpt.errors import CheckpointError, ConversionError
from gpt.run_files import read_json

SAFETENSORS, INDEX = "model.safetensors", "model.safetensors.index.json"
TORCH, TORCH_INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"
STANDARD = (SAFETENSORS, INDEX, TORCH, TORCH_INDEX)  # in the order in which transformers looks
# Where training scripts keep the state_dict, among an optimizer's state and other things.
HOLDERS = ("model_state_dict", "state_dict", "model", "module")


@dataclass(frozen=True)
class Weights:
    """Tensors by name, which are read one at a time.

    Fields:
        where: the file, as messages name it.
        shapes: name to shape.
        read: reads the tensor of that name.
    """

    where: str
    shapes: Mapping[str, tuple[int, ...]]
    read: Callable[[str], torch.Tensor]

    def floats(self, name: str) -> torch.Tensor:
        """The tensor of that name in float32.

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
        """The same tensors under other names, without those whose new name is None.

        Raises:
            ConversionError: two tensors get the same name.
        """
        old: dict[str, str] = {}
        for name in self.shapes:
            new = new_name(name)
            if new is not None and old.setdefault(new, name) != name:
                raise ConversionError(f"{self.where} has both {old[new]} and {name}")
        shapes = {new: self.shapes[name] for new, name in old.items()}
        return Weights(self.where, shapes, lambda new: self.read(old[new]))

    def with_tensor(
        self, name: str, shape: tuple[int, ...], read: Callable[[], torch.Tensor]
    ) -> Weights:
        """The same tensors, and one that is new or takes the place of the one of its name."""
        shapes = {**self.shapes, name: shape}
        return Weights(self.where, shapes, lambda n: read() if n == name else self.read(n))

    def without(self, *names: str) -> Weights:
        """The same tensors without some, which need not be there."""
        shapes = {name: shape for name, shape in self.shapes.items() if name not in names}
        return Weights(self.where, shapes, self.read)


def in_folder(folder: Path, name: str | None = None) -> Weights:
    """The weights of a Hugging Face folder, in one or several files, whichever transformers takes.

    Args:
        name: of the file in it, if it is none of the usual ones.

    Raises:
        ConversionError: there are none, or they cannot be read.
    """
    there = [name] if name else [usual for usual in STANDARD if (folder / usual).is_file()]
    if not there:
        raise ConversionError(
            f"{folder_name(folder)} has no weights: neither {SAFETENSORS} nor {TORCH} is there"
        )
    path = folder / there[0]
    if path.name in (INDEX, TORCH_INDEX):
        return _from_files(_shards(path))
    return _from_files([path])


def from_file(path: Path) -> Weights:
    """The weights of one file, of safetensors or of torch.save.

    Raises:
        ConversionError: as `from_safetensors` and `from_tensors`.
    """
    return _from_files([path])


def _from_files(paths: list[Path]) -> Weights:
    if all(path.suffix == ".safetensors" for path in paths):
        return from_safetensors(paths)
    return _together([from_tensors(path, torchfile.load(path)) for path in paths])


def _together(parts: list[Weights]) -> Weights:
    """Several files of weights as one."""
    home: dict[str, Weights] = {}
    for part in parts:
        if twice := sorted(set(part.shapes) & set(home)):
            raise ConversionError(f"{twice[0]} is in {home[twice[0]].where} and in {part.where}")
        home |= dict.fromkeys(part.shapes, part)
    shapes = {name: part.shapes[name] for name, part in home.items()}
    return Weights(parts[0].where, shapes, lambda name: home[name].read(name))


def from_safetensors(paths: list[Path]) -> Weights:
    """The weights of one or several safetensors files.

    Raises:
        ConversionError: a file is missing, truncated or of another kind, or a name is there twice.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    files: dict[str, Path] = {}
    for path in paths:
        own = _safetensors_shapes(path)
        if twice := sorted(set(own) & set(shapes)):
            raise ConversionError(f"{twice[0]} is in {files[twice[0]].name} and in {path.name}")
        shapes |= own
        files |= dict.fromkeys(own, path)
    return Weights(where(paths[0]), shapes, lambda name: _safetensors_tensor(files[name], name))


def _safetensors_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        check_safetensors(path)
        with safe_open(path, framework="pt") as file:
            return {n: tuple(file.get_slice(n).get_shape()) for n in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, CheckpointError) as error:
        raise _unreadable(path, error) from None


def _safetensors_tensor(path: Path, name: str) -> torch.Tensor:
    try:
        with safe_open(path, framework="pt") as file:
            return file.get_tensor(name)
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from None


def from_tensors(path: Path, tensors: Any) -> Weights:
    """The weights of a dict that a PyTorch file held; it may be one of several things in a dict.

    Raises:
        ConversionError: it is not a dict of tensors by name.
    """
    tensors = state_in(tensors)
    named = isinstance(tensors, dict) and dict.items(tensors)
    if not named or not all(isinstance(n, str) and isinstance(t, torch.Tensor) for n, t in named):
        raise ConversionError(f"{where(path)} is not a state_dict: names with their tensors")
    held = dict(named)
    shapes = {name: tuple(tensor.shape) for name, tensor in held.items()}
    return Weights(where(path), shapes, held.__getitem__)


def state_in(saved: Any) -> Any:
    """The state_dict that a training script saved under one of `HOLDERS`, or what was saved.

    >>> state_in({"epoch": 3, "state_dict": {"w": 1.0}})
    {'w': 1.0}
    """
    for _ in range(len(HOLDERS)):
        inner = [saved[n] for n in HOLDERS if isinstance(saved, dict) and n in saved]
        if not inner or isinstance(inner[0], torch.Tensor):
            break
        saved = inner[0]
    return saved


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
    files = value.get("weight_map") if isinstance(value, dict) else None
    names = set(files.values()) if isinstance(files, dict) else set()
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
