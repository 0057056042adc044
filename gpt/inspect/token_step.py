"""token_step: the next token of a cached text, with as little as can be around the matrix products.

Beside products, a step of generation spends its time on what changes nothing there: modules,
switches, masks, recorders. And a matrix that is stored output by output, as a linear layer has it,
is multiplied by one vector at half the speed of memory; stored input by input, at nearly all of it,
unless it has more inputs than outputs. So the weights of the usual decoder are kept once more in
the order in which a single token reads them.

`gpt.nn` says what is computed; this is the same for one token, and tests hold the two together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import nn

from gpt import memory
from gpt.nn.blocks import Block, activate
from gpt.nn.cache import KVCache
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.positions import rotate
from gpt.nn.switches import DEFAULT, Switches, scale_value

SERVED = (
    *("block_size", "vocab_size", "n_layer", "n_head", "n_embd", "mlp_ratio", "n_inner"),
    *("dropout", "init", "zero_init", "bias", "qkv_bias", "head_bias", "tie_weights"),
    *("position", "scale_embeddings", "activation", "qk_norm", "scale", "norm_epsilon"),
)
"""Settings that a `TokenStep` heeds, or that play no part in generation. A model that differs from
the defaults in another one is read by `gpt.nn` alone."""


@dataclass(frozen=True)
class Affine:
    """A matrix (outputs, inputs) and its bias; a linear layer in another order of memory."""

    weight: torch.Tensor
    bias: torch.Tensor | None

    @classmethod
    def of(cls, *layers: nn.Linear) -> Affine:
        """One layer, or several that read the same, below each other."""
        weights = [layer.weight.detach() for layer in layers]
        biases = [layer.bias.detach() for layer in layers if layer.bias is not None]
        weight = torch.cat(weights) if weights[1:] else weights[0]
        outputs, inputs = weight.shape
        if outputs >= inputs:
            weight = weight.t().contiguous().t()  # the same numbers, stored input by input
        return cls(weight, torch.cat(biases) if biases else None)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight, self.bias)


@dataclass(frozen=True)
class Normalize:
    """A LayerNorm's weights."""

    weight: torch.Tensor
    bias: torch.Tensor | None
    epsilon: float

    @classmethod
    def of(cls, norm: nn.Module | None) -> Normalize:
        """Of a LayerNorm."""
        assert isinstance(norm, nn.LayerNorm)
        return cls(norm.weight, norm.bias, norm.eps)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return torch.layer_norm(x, x.shape, self.weight, self.bias, self.epsilon)


@dataclass(frozen=True)
class LayerStep:
    """One block, as a single token reads it: its norms and its matrices."""

    ln_1: Normalize
    qkv: Affine
    proj: Affine
    ln_2: Normalize
    fc: Affine
    mlp_proj: Affine

    @classmethod
    def of(cls, block: Block) -> LayerStep:
        """Of a block of a model that `is_served`."""
        attn, mlp = block.attn, block.mlp
        assert attn.proj is not None and mlp is not None and mlp.proj is not None
        return cls(
            Normalize.of(block.ln_1),
            Affine.of(attn.query, attn.key, attn.value),
            Affine.of(attn.proj),
            Normalize.of(block.ln_2),
            Affine.of(mlp.fc),
            Affine.of(mlp.proj),
        )


class TokenStep:
    """The weights of a model that `is_served`, in the order in which a single token reads them."""

    def __init__(self, model: GPT) -> None:
        self.config = model.config
        self.scale = scale_value("model", model.config)
        self.wte, self.positions = model.wte.weight, model.positions
        self.layers = [LayerStep.of(block) for block in model.blocks]
        self.ln_f = Normalize.of(model.ln_f)
        assert isinstance(model.lm_head, nn.Linear)
        self.lm_head = Affine.of(model.lm_head)

    def logits(self, id: int, cache: KVCache) -> torch.Tensor:
        """(V,): what follows a token of the vocabulary; it is added to the cache, B = 1."""
        x = self._embedded(id, cache.length)  # (C,)
        for layer, step in enumerate(self.layers):
            x = x + step.proj(self._attended(step, layer, x, cache))
            inner = activate(step.fc(step.ln_2(x)), self.config.activation)  # (mlp_width,)
            x = x + step.mlp_proj(inner)  # (mlp_width,) -> (C,)
        cache.length += 1
        return self.lm_head(self.ln_f(x))

    def _embedded(self, id: int, past: int) -> torch.Tensor:
        token = self.wte[id]  # (C,)
        if self.config.scale_embeddings or self.config.position == "sinusoidal":
            token = token * math.sqrt(self.config.n_embd)
        position = self.positions(past, 1, token)  # (1, C)
        return token if position is None else token + position[0]

    def _attended(
        self, step: LayerStep, layer: int, x: torch.Tensor, cache: KVCache
    ) -> torch.Tensor:
        """(C,) to (C,): what the heads take, side by side."""
        H = self.config.n_head
        qkv = step.qkv(step.ln_1(x))  # (C,) -> (3 C,)
        queries, keys, values = qkv.view(3, 1, H, 1, -1).unbind()  # thrice (1, H, 1, D)
        if self.config.qk_norm:
            queries = F.rms_norm(queries, queries.shape[-1:])
            keys = F.rms_norm(keys, keys.shape[-1:])
        if self.config.position == "rotary":
            queries, keys = rotate(queries, cache.length), rotate(keys, cache.length)
        keys, values = cache.extend(layer, keys, values)  # (1, H, S, D)
        head_out = F.scaled_dot_product_attention(queries, keys, values, scale=self.scale)
        return head_out.view(-1)  # (1, H, 1, D) -> (C,)


def is_served(model: GPT, switches: Switches) -> bool:
    """Whether a `TokenStep` computes what this model does under these switches."""
    others = [field for field in fields(GPTConfig) if field.name not in SERVED]
    is_usual = all(getattr(model.config, field.name) == field.default for field in others)
    is_plain = isinstance(switches.mask, str) and switches == DEFAULT
    return type(model) is GPT and is_usual and is_plain


def token_step(model: GPT, is_wanted: bool) -> TokenStep | None:
    """The step of a model that `is_served`.

    Args:
        is_wanted: make one if there is none yet.

    Returns:
        None if there is none, or if memory has no room for the weights a second time.
    """
    versions = [(p.data_ptr(), p._version) for p in model.parameters()]
    if model in _steps and _steps[model][0] == versions:
        return _steps[model][1]
    if not is_wanted or memory.NUMBER_BYTES * model.n_parameters > memory.available():
        return None
    _steps[model] = versions, TokenStep(model)
    return _steps[model][1]


_steps: WeakKeyDictionary[GPT, tuple[list[tuple[int, int]], TokenStep]] = WeakKeyDictionary()
"""By model, its step and the versions of the parameters that it was made of."""
