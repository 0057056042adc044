"""Weights files: a model's tensors in safetensors, as a run's folder keeps them.

A file's shapes are held against the config before a byte of the weights is read.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from gpt import memory
from gpt.bounded import MOST_HEADER, check_safetensors, where
from gpt.errors import CheckpointError
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.shape_only import shape_only

WEIGHTS = {"latest": "model.safetensors", "best": "best.safetensors"}


def load_weights(path: Path, config: GPTConfig) -> tuple[GPT, dict[str, str]]:
    """A model with the weights of a file, and the file's metadata.

    Raises:
        CheckpointError: the file is missing, truncated, or does not fit the config.
    """
    if not path.is_file():
        raise CheckpointError(
            f"{where(path)} is missing: training has not saved it yet, or the "
            "folder was copied without it"
        )
    check_safetensors(path)
    with shape_only():
        model = build(config)
    memory.require(
        memory.NUMBER_BYTES * model.n_parameters,
        f"{where(path)} has {model.n_parameters:,} parameters: reading them",
        "close something else, or take a smaller model",
        CheckpointError,
    )
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            check_shapes(where(path), shapes, expected_shapes(model))
            tensors = {name: file.get_tensor(name).float() for name in shapes}
            metadata = dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from None
    return assembled(model, tensors), metadata


def load_tensors(path: Path, most: int) -> dict[str, torch.Tensor]:
    """Every tensor of a safetensors file.

    Args:
        most: bytes that all of them together may have.

    Raises:
        CheckpointError: the file is missing, truncated, larger or of another kind.
    """
    check_safetensors(path)
    try:
        if path.stat().st_size > most + MOST_HEADER:
            raise CheckpointError(
                f"{where(path)} is larger than that of this model can be ({most:,} bytes)"
            )
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{where(path)} cannot be read as safetensors ({error}); it is "
        "truncated or of another kind. Copy it again."
    )


def expected_shapes(model: GPT) -> dict[str, tuple[int, ...]]:
    """By name, the shape of every tensor in a file of this model; tied tensors stand there once."""
    return {name: tuple(tensor.shape) for name, tensor in stored_weights(model).items()}


def stored_weights(model: GPT) -> dict[str, torch.Tensor]:
    """The tensors of a file: every parameter, tied ones once, and the buffers that are saved.

    The buffers are the running statistics of batch normalization.
    """
    tensors = model.state_dict()
    buffers = {name: b for name, b in model.named_buffers() if name in tensors}
    return {name: p.detach() for name, p in [*model.named_parameters(), *buffers.items()]}


def check_shapes(
    where: str, got: Mapping[str, Any], expected: Mapping[str, Any], source: str = "config.json"
) -> None:
    """Refuse a file whose tensors are not the expected ones.

    Args:
        where: names the file, in messages.
        got, expected: name to shape.
        source: names what the expected shapes come from, in messages.

    Raises:
        CheckpointError: a tensor that is missing, too many or of another shape.
    """
    if missing := sorted(set(expected) - set(got)):
        raise CheckpointError(
            f"{where} lacks {len(missing):,} of {len(expected):,} tensors ({missing[0]}, …); it is "
            f"of another model than {source} says"
        )
    if extra := sorted(set(got) - set(expected)):
        raise CheckpointError(
            f"{where} has {len(extra):,} tensors that {source} does not account for ({extra[0]}, …)"
        )
    for name, shape in expected.items():
        if tuple(got[name]) != shape:
            raise CheckpointError(
                f"{where}: {name} has shape {tuple(got[name])}; {source} asks for {shape}"
            )


def assembled(model: GPT, tensors: dict[str, torch.Tensor]) -> GPT:
    """Put tensors, tied ones once, into a model without numbers (`gpt.shape_only`)."""
    by_parameter = {id(p): name for name, p in model.named_parameters()}
    every = model.named_parameters(remove_duplicate=False)
    shared = {name: tensors[by_parameter[id(p)]] for name, p in every}
    model.load_state_dict({**tensors, **shared}, assign=True)
    model.tie()
    return model


def save_weights(
    model: GPT, path: Path, metadata: Mapping[str, str], dtype: torch.dtype = torch.float32
) -> None:
    """Write a model's weights as safetensors."""
    tensors = {name: tensor.to(dtype) for name, tensor in stored_weights(model).items()}
    save_tensors(tensors, path, metadata)


def save_tensors(
    tensors: Mapping[str, torch.Tensor], path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors as safetensors.

    Raises:
        OSError: the file could not be written; it has the system's error number (for a full disk,
            say), which safetensors gives in words only.
    """
    on_cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(on_cpu, path, metadata=dict(metadata or {}))
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        raise OSError(int(number[1]) if number else errno.EIO, str(error), str(path)) from None
