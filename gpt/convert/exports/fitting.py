"""Whether a model of ours can be written as another program's, and how its weights change then."""

from __future__ import annotations

from collections.abc import Container, Mapping

import torch

from gpt.errors import ConversionError
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.switches import scale_value
from gpt.shape_only import shape_only
from gpt.weights_file import assembled, stored_weights

WORDS: Mapping[str, str] = {
    "n_encoder_layer": "it reads two texts: it is an encoder-decoder",
    "n_class": "it gives the classes of a text, not the next token",
    "n_layer": "it has no blocks",
    "position": "positions are {got}, not {wanted}",
    "norm": "its LayerNorms stand elsewhere (norm {got}, not {wanted})",
    "norm_kind": "its norms are batch normalization",
    "mask": "it reads without a mask",
    "qk_norm": "queries and keys are normalized",
    "skip": "it has no skip connections",
    "feed_forward": "its blocks have no feed-forward layer",
    "embedding_norm": "its embeddings are normalized",
    "head_transform": "it has a matrix before its output embedding",
    "scale_embeddings": "its token embeddings are multiplied by the root of n_embd",
    "head_bias": "its output embedding has a bias, theirs has none",
    "tie_weights": "its output embedding is not its token embedding, theirs is (train with "
    "--set tie_weights=true, or with the preset nanogpt-cpu)",
    "activation": "its activation is {got}",
    "norm_epsilon": "its LayerNorms add {got} to the variance, theirs 1e-05",
    "mlp_width": "its feed-forward layers are {got} wide, theirs 4 × n_embd",
}


def check(config: GPTConfig, owner: str, allowed: Mapping[str, Container[object]]) -> None:
    """Refuse an architecture that another program does not have.

    Args:
        owner: the other program, in messages.
        allowed: the values that each setting may have.

    Raises:
        ConversionError: with every reason.
    """
    reasons = [
        WORDS[name].format(got=getattr(config, name), wanted=_listed(values))
        for name, values in allowed.items()
        if getattr(config, name) not in values
    ]
    if reasons:
        raise ConversionError(f"this model cannot be written as {owner}: {'; '.join(reasons)}")


def _listed(values: Container[object]) -> str:
    return " or ".join(map(str, values)) if isinstance(values, tuple) else ""


def complete(model: GPT, scale: str, bias: bool) -> GPT:
    """A model that computes the same, with every tensor that the layouts of others have in a block.

    A missing bias is zero, a missing projection is the identity, and another scale is multiplied
    into the queries.

    Args:
        scale: what the reader multiplies the scores by.
        bias: whether the reader expects a bias in every linear layer and LayerNorm.
    """
    config = model.config
    changed = {**config.to_dict(), "bias": bias, "qkv_bias": True, "projection": True}
    changed["n_inner"] = config.mlp_width  # of a model without projections, its width
    with shape_only():
        other = build(GPTConfig.from_dict({**changed, "scale": scale}))
    own = stored_weights(model)
    ratio = scale_value("model", config) / scale_value("model", other.config)
    tensors = {}
    for name, wanted in stored_weights(other).items():
        tensor = own.get(name, _neutral(name, tuple(wanted.shape))).float().cpu()
        tensors[name] = tensor * ratio if ".query." in name and ratio != 1 else tensor
    return assembled(other, tensors).eval()


def _neutral(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.eye(*shape) if name.endswith("proj.weight") else torch.zeros(shape)
