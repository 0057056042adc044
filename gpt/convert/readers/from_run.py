"""A run of Headlight that comes from elsewhere: packed, shared, or copied from another machine."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from gpt.checkpoint import model_config
from gpt.convert.files.weights import from_safetensors, json_of
from gpt.convert.foreign import ForeignCheckpoint
from gpt.errors import CheckpointError, ConversionError
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.shape_only import shape_only
from gpt.weights_file import WEIGHTS, check_shapes, expected_shapes, load_weights


def is_run(raw: Any) -> bool:
    """Whether the content of a config.json is that of a run."""
    return isinstance(raw, dict) and isinstance(raw.get("model"), dict) and "format" in raw


def open_checkpoint(folder: Path) -> ForeignCheckpoint:
    """Recognize a run folder, without reading its numbers.

    Raises:
        ConversionError: a file is missing, truncated or foreign, or the files contradict each
            other.
    """
    info = json_of(folder / "config.json")
    try:
        config = model_config(info)
        path = folder / WEIGHTS["latest"]
        weights = from_safetensors([path])
        with shape_only():
            model = build(config)
        check_shapes(weights.where, weights.shapes, expected_shapes(model))
    except CheckpointError as error:
        raise ConversionError(str(error)) from None
    read = partial(_read, path, config)
    tokenizer = folder / "tokenizer.json"
    return ForeignCheckpoint(
        "run", folder, config, read, vocabulary=tokenizer, info=info, run=folder
    )


def _read(path: Path, config: GPTConfig) -> GPT:
    try:
        return load_weights(path, config)[0].eval()
    except CheckpointError as error:
        raise ConversionError(str(error)) from None
