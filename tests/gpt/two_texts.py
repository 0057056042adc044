"""A tiny model of two texts, for tests: an encoder of one layer and a decoder of two.

Each decoder layer attends to its own tokens, then to the encoder's (cross-attention), so the keys
of that site are not its queries' tokens. Every size is a prime of its own or made of some, so a
swapped axis cannot hide. `numpy_forward` computes the same in float64 with none of the code under
test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from gpt.nn.config import GPTConfig
from gpt.nn.encoder_decoder import EncoderDecoder
from gpt.nn.padding import PADDING
from tests.gpt import numpy_gpt

PAD = PADDING
L, H, D = 2, 3, 7
T, S = 11, 19
C = H * D
V, SOURCE_V = 17, 29
CONFIG = GPTConfig(
    block_size=13,
    vocab_size=V,
    n_layer=L,
    n_head=H,
    n_embd=C,
    mlp_ratio=5,
    activation="gelu",
    n_encoder_layer=1,
    source_vocab_size=SOURCE_V,
    source_block_size=23,
)
ENCODER = CONFIG.encoder


@torch.no_grad()
def two_texts(seed: int = 1) -> EncoderDecoder:
    """A model in evaluation mode whose every parameter is drawn, biases and norms included."""
    torch.manual_seed(seed)
    model = EncoderDecoder(CONFIG)
    for name, parameter in model.named_parameters():
        is_gain = ".ln_" in f".{name}" and name.endswith("weight")
        nn.init.normal_(parameter, mean=float(is_gain), std=0.15)
    return model.eval()


def target_ids(count: int = T) -> list[int]:
    """Ids of the decoder's tokens."""
    return [int(n) for n in np.random.default_rng(5).integers(V, size=count)]


def source_ids(count: int = S, padding: int = 0) -> list[int]:
    """Ids of the encoder's tokens, the last of which are padding."""
    real = np.random.default_rng(6).integers(1, SOURCE_V, size=count - padding)
    return [*(int(n) for n in real), *([PAD] * padding)]


Stages = dict[str, np.ndarray]
Settings = Mapping[str, Any]
"""Of a site: `visible` (queries, keys) bool, `scale`, `temperature`, `heads_off` {(l, h)} and
`weights_edit` {(l, h): array}; what is not named is the model's own. Padding is always hidden."""


def numpy_forward(
    model: EncoderDecoder,
    ids: list[int],
    source: list[int],
    settings: Mapping[str, Settings] | None = None,
) -> dict[str, Stages]:
    """Every stage of every site in float64, the decoder's with the stream and the logits."""
    w, real = numpy_gpt.numpy_weights(model), np.array(source) != PAD
    visible = {
        "encoder": np.ones((len(source), len(source)), bool),
        "decoder": np.tri(len(ids), dtype=bool),
        "cross": np.ones((len(ids), len(source)), bool),
    }
    sites: dict[str, list[Stages]] = {name: [] for name in visible}

    def attended(
        site: str, prefix: str, ln: str, x: np.ndarray, y: np.ndarray | None
    ) -> np.ndarray:
        normed = numpy_gpt.norm(x, w, ln, CONFIG)
        chosen = {"visible": visible[site], **(settings or {}).get(site, {})}
        if y is not None or site == "encoder":
            chosen["visible"] = chosen["visible"] & real
        if site == "encoder":  # a query that is padding sees every real key
            chosen["visible"] = chosen["visible"] | (real & ~real[:, None])
        keys_in = normed if y is None else y
        stages = _attention(w, prefix, normed, keys_in, chosen, layer=len(sites[site]))
        sites[site].append({**stages, "attention_in": normed, "keys_in": keys_in})
        return stages["attention_out"]

    def computed(prefix: str, ln: str, x: np.ndarray) -> np.ndarray:
        return _mlp(w, prefix, numpy_gpt.norm(x, w, ln, CONFIG))

    y = w["encoder.wte.weight"][np.maximum(source, 0)] + w["encoder.wpe.weight"][: len(source)]
    encoded, first = [y], "encoder.h.0"
    encoded.append(encoded[-1] + attended("encoder", f"{first}.attn", f"{first}.ln_1", y, None))
    encoded.append(encoded[-1] + computed(f"{first}.mlp", f"{first}.ln_2", encoded[-1]))
    memory = numpy_gpt.norm(encoded[-1], w, "encoder.ln_f", CONFIG)
    states = [w["wte.weight"][ids] + w["wpe.weight"][: len(ids)]]
    for h in (f"h.{layer}" for layer in range(L)):
        x = states[-1]
        states.append(x + attended("decoder", f"{h}.attn", f"{h}.ln_1", x, None))
        x = states[-1]
        states.append(x + attended("cross", f"{h}.cross", f"{h}.ln_cross", x, memory))
        states.append(states[-1] + computed(f"{h}.mlp", f"{h}.ln_2", states[-1]))
    stages = {
        site: {name: np.stack([layer[name] for layer in layers]) for name in layers[0]}
        for site, layers in sites.items()
    }
    stages["encoder"]["residual"], stages["decoder"]["residual"] = (
        np.stack(encoded),
        np.stack(states),
    )
    logits = numpy_gpt.norm(states[-1], w, "ln_f", CONFIG) @ w["lm_head.weight"].T
    return {**stages, "decoder": {**stages["decoder"], "logits": logits}}


def _attention(
    w: numpy_gpt.Weights,
    prefix: str,
    x: np.ndarray,
    y: np.ndarray,
    settings: Settings,
    layer: int,
) -> Stages:
    """One layer, head by head and number by number: (T, C) and (S, C) to the stages of H heads."""

    def linear(part: str, of: np.ndarray) -> np.ndarray:
        return of @ w[f"{prefix}.{part}.weight"].T + w[f"{prefix}.{part}.bias"]

    heads: list[Stages] = []
    for h in range(H):
        cut = slice(h * D, (h + 1) * D)
        q, k, v = (
            linear(part, of)[:, cut] for part, of in (("query", x), ("key", y), ("value", y))
        )
        scores = np.array([[q[i] @ k[j] for j in range(len(y))] for i in range(len(x))])
        scaled = scores * settings.get("scale", D**-0.5)
        masked = np.where(settings["visible"], scaled, -np.inf)
        weights = numpy_gpt.softmax(masked / settings.get("temperature", 1.0))
        weights = settings.get("weights_edit", {}).get((layer, h), weights)
        head_out = weights @ v
        contribution = head_out @ w[f"{prefix}.proj.weight"][:, cut].T
        if (layer, h) in settings.get("heads_off", ()):
            contribution = np.zeros_like(contribution)
        heads.append(
            dict(
                **dict(queries=q, keys=k, values=v, scores=scores, scaled=scaled, masked=masked),
                **dict(weights=weights, head_out=head_out, contribution=contribution),
            )
        )
    stages = {name: np.stack([head[name] for head in heads]) for name in heads[0]}
    bias = w[f"{prefix}.proj.bias"]
    return {**stages, "attention_out": stages["contribution"].sum(0) + bias}


def _mlp(w: numpy_gpt.Weights, prefix: str, x: np.ndarray) -> np.ndarray:
    hidden = x @ w[f"{prefix}.fc.weight"].T + w[f"{prefix}.fc.bias"]
    gelu = hidden * 0.5 * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2)))
    return gelu @ w[f"{prefix}.proj.weight"].T + w[f"{prefix}.proj.bias"]
