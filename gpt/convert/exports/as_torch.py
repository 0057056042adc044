"""A model of ours as PyTorch's own nn.Transformer or nn.TransformerEncoder reads it.

Those two are blocks and final norms only. What stands before and after them, embeddings and heads,
is a second file. docs/torch-transformer.md shows how both are used.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch

from gpt.checkpoint import Checkpoint
from gpt.convert.exports import fitting
from gpt.convert.layouts import torch_layout
from gpt.convert.layouts.rules import to_theirs
from gpt.convert.result import new_folder
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.positions import sinusoids
from gpt.training.files import write_json
from gpt.weights_file import stored_weights

OWNER = "PyTorch's nn.Transformer"
BLOCKS, AROUND, SETTINGS = "transformer.pt", "around.pt", "settings.json"
ALLOWED: dict[str, tuple[Any, ...]] = {
    "position": ("learned", "sinusoidal", "none"),
    "norm": ("pre", "post"),
    "norm_kind": ("layer",),
    "activation": ("relu", "gelu", "gelu_tanh", "silu"),
    "qk_norm": (False,),
    "skip": (True,),
    "feed_forward": (True,),
    "head_transform": (False,),
}
HEADS = {"lm_head": "head", "class_head": "head", "pooler": "pooler"}


def to_torch(checkpoint: Checkpoint, path: str | Path) -> Path:
    """Write transformer.pt, around.pt and settings.json into a new folder; all or nothing.

    transformer.pt is the state_dict of `nn.Transformer` for a model of two texts, else that of
    `nn.TransformerEncoder`: with a causal mask, its layers are a decoder's.

    Raises:
        ConversionError: PyTorch's layers cannot compute it (the message has every reason), or the
            folder exists already.
        OSError: it could not be written.
    """
    check(checkpoint.config)
    model = fitting.complete(checkpoint.model, "head_size", bias=True)
    blocks = to_theirs(model, torch_layout.transformer(model.config))
    with new_folder(Path(path)) as folder:
        torch.save(blocks, folder / BLOCKS)
        torch.save(around(model), folder / AROUND)
        write_json(folder / SETTINGS, _settings(checkpoint))
    return Path(path)


def check(config: GPTConfig) -> None:
    """Refuse an architecture that PyTorch's layers do not have.

    Raises:
        ConversionError: with every reason.
    """
    fitting.check(config, OWNER, ALLOWED | {"n_layer": range(1, 1 << 30)})


def around(model: GPT) -> dict[str, torch.Tensor]:
    """What stands around the blocks: token and position embeddings, their norm, and the head.

    Those of the source of a model of two texts have names that begin with "source_".
    """
    ours = {name: tensor.float().cpu() for name, tensor in stored_weights(model).items()}
    tensors = _embeddings(model.config, ours, "")
    if model.config.kind == "encoder-decoder":
        source = {"encoder.wte.weight": ours["wte.weight"], **ours}
        own = _embeddings(model.config.encoder, source, "encoder.")
        tensors |= {f"source_{name}": tensor for name, tensor in own.items()}
    for name, theirs in HEADS.items():
        for kind in ("weight", "bias"):
            if f"{name}.{kind}" in ours:
                tensors[f"{theirs}.{kind}"] = ours[f"{name}.{kind}"]
    if model.config.tie_weights:
        tensors["head.weight"] = ours["wte.weight"]
    return {name: tensor.clone() for name, tensor in tensors.items()}


def _embeddings(
    config: GPTConfig, ours: dict[str, torch.Tensor], prefix: str
) -> dict[str, torch.Tensor]:
    tokens = ours[f"{prefix}wte.weight"]
    is_scaled = config.scale_embeddings or config.position == "sinusoidal"
    tensors = {"tokens": tokens * math.sqrt(config.n_embd) if is_scaled else tokens}
    if config.position == "learned":
        tensors["positions"] = ours[f"{prefix}wpe.weight"]
    if config.position == "sinusoidal":
        tensors["positions"] = sinusoids(config.block_size, config.n_embd)
    if config.embedding_norm:
        tensors |= {f"norm.{kind}": ours[f"{prefix}ln_e.{kind}"] for kind in ("weight", "bias")}
    return tensors


def _settings(checkpoint: Checkpoint) -> dict[str, Any]:
    """What PyTorch's constructors take, and what its layers do not have."""
    config = checkpoint.config
    is_pair = config.kind == "encoder-decoder"
    layers = (
        {"num_encoder_layers": config.n_encoder_layer, "num_decoder_layers": config.n_layer}
        if is_pair
        else {"num_layers": config.n_layer}
    )
    return {
        "module": "Transformer" if is_pair else "TransformerEncoder",
        **layers,
        "layer": {
            "d_model": config.n_embd,
            "nhead": config.n_head,
            "dim_feedforward": config.mlp_width,
            "dropout": config.dropout,
            "activation": config.activation,
            "layer_norm_eps": config.norm_epsilon,
            "batch_first": True,
            "norm_first": config.norm == "pre",
        },
        "final_norm": config.norm == "pre",
        "is_causal": config.mask == "causal",
        "block_size": config.block_size,
        **({"pool": config.pool} if config.n_class else {}),
        **({"pool_activation": config.pool_activation} if config.n_class else {}),
        **({"labels": checkpoint.labels} if config.n_class else {}),
    }
