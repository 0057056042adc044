"""An export as one file: the folder of GPT-2's, nanoGPT's or PyTorch's layout, zipped."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from gpt.checkpoint import Checkpoint
from gpt.convert.exports import as_torch, fitting
from gpt.convert.exports.as_gpt2 import ALLOWED, to_gpt2, tokenizer_files
from gpt.convert.exports.as_nanogpt import allowed, to_nanogpt
from gpt.convert.exports.as_torch import to_torch
from gpt.errors import ConversionError
from gpt.nn.config import GPTConfig

LARGEST = 1 << 30
WRITERS = {"gpt2": to_gpt2, "nanogpt": to_nanogpt, "torch": to_torch}


def why_not(config: GPTConfig, layout: str) -> str | None:
    """Return every reason why a model cannot be written in a layout; None if it can."""
    try:
        if layout == "gpt2":
            fitting.check(config, "GPT-2", ALLOWED)
        elif layout == "torch":
            as_torch.check(config)
        else:
            fitting.check(config, "nanoGPT's", allowed(config))
    except ConversionError as error:
        return str(error)
    return None


def too_large(checkpoint: Checkpoint, layout: str) -> str | None:
    """Return why a checkpoint is too large for a zip, made in memory; None if it is not."""
    size = checkpoint.model.n_parameters * 4
    if size <= LARGEST:
        return None
    return (
        f"a zip of {size / 2**30:.1f} GiB is too large to be handed over by a browser; on the "
        f"machine itself: python -m gpt export checkpoints/{checkpoint.path.name} {layout} FOLDER"
    )


def has_tokenizer(checkpoint: Checkpoint) -> bool:
    """Whether its tokenizer can be among the files of a Hugging Face folder."""
    return bool(tokenizer_files(checkpoint.tokenizer, checkpoint.config.block_size))


def archive(checkpoint: Checkpoint, layout: str, name: str) -> bytes:
    """Return a zip with one folder, `name`. Nothing is compressed: weights hardly shrink.

    Args:
        layout: "gpt2", "nanogpt" or "torch".

    Raises:
        ConversionError: the model cannot be written so.
        OSError: there is no room for temporary files.
    """
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="headlight-export-") as temporary:
        folder = WRITERS[layout](checkpoint, Path(temporary) / name)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
            for path in sorted(folder.iterdir()):
                file.write(path, f"{name}/{path.name}")
    return packed.getvalue()
