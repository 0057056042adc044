"""A model of ours as nanoGPT's ckpt.pt, which its sample.py and train.py open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from gpt.checkpoint import Checkpoint
from gpt.convert.exports import fitting
from gpt.convert.exports.as_gpt2 import ALLOWED as GPT2S
from gpt.convert.layouts import decoder_layouts
from gpt.convert.layouts.rules import to_theirs
from gpt.convert.result import new_folder
from gpt.nn.config import GPTConfig
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.training.files import write_json


def to_nanogpt(checkpoint: Checkpoint, path: str | Path) -> Path:
    """Write ckpt.pt and vocabulary.json into a new folder, both or nothing.

    For characters, vocabulary.json has the `itos` and `stoi` of nanoGPT's meta.pkl.

    Raises:
        ConversionError: the architecture cannot be nanoGPT's (the message has every reason), or
            the folder exists already.
        OSError: it could not be written.
    """
    config = checkpoint.config
    fitting.check(config, "nanoGPT's", allowed(config))
    model = fitting.complete(checkpoint.model, "head_size", config.bias)
    state = to_theirs(model, decoder_layouts.gpt2(model.config, transposed=False))
    state["lm_head.weight"] = state["transformer.wte.weight"]
    saved = {
        "model": state,
        "model_args": _arguments(model.config),
        "iter_num": int(checkpoint.info.get("weights", {}).get("step", 0)),
        "best_val_loss": 1e9,  # nanoGPT's own start: the next evaluation is the best so far
        "config": {"dataset": checkpoint.path.name},
    }
    with new_folder(Path(path)) as folder:
        torch.save(saved, folder / "ckpt.pt")
        write_json(folder / "vocabulary.json", _vocabulary(checkpoint.tokenizer))
    return Path(path)


def allowed(config: GPTConfig) -> dict[str, tuple[Any, ...]]:
    """The values that nanoGPT has for each setting, for a model with these channels."""
    return GPT2S | {
        "tie_weights": (True,),
        "activation": ("gelu",),
        "norm_epsilon": (1e-5,),
        "mlp_width": (4 * config.n_embd,),
    }


def _arguments(config: GPTConfig) -> dict[str, Any]:
    names = ("n_layer", "n_head", "n_embd", "block_size", "bias", "vocab_size", "dropout")
    return {name: getattr(config, name) for name in names}


def _vocabulary(tokenizer: Tokenizer) -> dict[str, Any]:
    if not isinstance(tokenizer, CharacterTokenizer):
        return tokenizer.to_json()
    itos = dict(enumerate(tokenizer.characters))
    return {
        "vocab_size": tokenizer.vocab_size,
        "itos": {str(id): character for id, character in itos.items()},
        "stoi": {character: id for id, character in itos.items()},
    }
