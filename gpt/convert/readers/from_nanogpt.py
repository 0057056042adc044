"""nanoGPT's ckpt.pt: a dict of `model_args`, the state of the model and of its optimizer.

Its meta.pkl, which holds the characters, is not read: unpickling can run code.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from gpt.bounded import where
from gpt.checkpoint import Checkpoint
from gpt.convert.files import torchfile
from gpt.convert.files.weights import from_tensors, state_in
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.layouts import decoder_layouts
from gpt.convert.layouts.rules import check, same_if_tied, to_ours
from gpt.convert.layouts.wrappers import unwrapped
from gpt.errors import ConversionError, HeadlightError
from gpt.nn.config import GPTConfig

EMBEDDING = "transformer.wte.weight"
BUFFER = re.compile(r"transformer\.h\.\d+\.attn\.bias")
ARGUMENTS = ("block_size", "vocab_size", "n_layer", "n_head", "n_embd")


def nanogpt(
    path: str | Path, text: str | Path | None = None, vocabulary: str | Path | None = None
) -> Checkpoint:
    """Read nanoGPT's ckpt.pt.

    Args:
        path: the file.
        text: the text it was trained on, whose characters are its vocabulary.
        vocabulary: or a JSON file with its vocabulary; or a folder with GPT-2's tokenizer
            files, or its name on Hugging Face, if it was trained on GPT-2's tokens.

    Raises:
        ConversionError: the file is missing, truncated, hostile or of another kind, its parts do
            not fit each other, or the vocabulary is missing or of another size.
    """
    return open_checkpoint(path).checkpoint(text, vocabulary)


def open_checkpoint(path: str | Path) -> ForeignCheckpoint:
    """Recognize nanoGPT's ckpt.pt, without reading its numbers.

    Raises:
        ConversionError: as `nanogpt`.
    """
    file = Path(path)
    if not file.is_file():
        raise ConversionError(f"there is no file {path}; give the path of nanoGPT's ckpt.pt")
    saved = torchfile.load(file)
    state = state_in(saved)
    if not isinstance(saved, dict) or "model_args" not in saved or state is saved:
        raise ConversionError(f"{where(file)} is not nanoGPT's: it lacks model_args or model")
    config = _architecture(file, saved["model_args"])
    weights = unwrapped(from_tensors(file, state), (EMBEDDING,)).renamed(_their_name)
    weights = same_if_tied(weights, EMBEDDING, "lm_head.weight", "nanoGPT")
    rules = decoder_layouts.gpt2(config, transposed=False)
    check(config, rules, weights, "its model_args")
    read = partial(to_ours, config, rules, weights, "its model_args")
    return ForeignCheckpoint("nanogpt", file, config, read, step=_step(saved))


def _architecture(file: Path, arguments: Any) -> GPTConfig:
    try:
        if not isinstance(arguments, dict):
            raise ConversionError("they are not names with their values")
        values = {name: arguments.get(name) for name in ARGUMENTS}
        bias = arguments.get("bias", True)
        return GPTConfig.from_dict({**values, "bias": bias, "tie_weights": True})
    except HeadlightError as error:
        raise ConversionError(f"model_args of {where(file)}: {error}") from None


def _their_name(name: str) -> str | None:
    """The name of a tensor; None for a mask, which older versions save and nobody reads."""
    return None if BUFFER.fullmatch(name) else name


def _step(saved: dict[Any, Any]) -> int:
    step = saved.get("iter_num", 0)
    return step if isinstance(step, int) and 0 <= step < 1 << 53 else 0
