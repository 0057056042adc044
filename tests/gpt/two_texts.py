"""A tiny model of two texts, for tests: an encoder of one layer and a decoder of two.

Each decoder layer attends to its own tokens, then to the encoder's (cross-attention), so the keys
of that site are not its queries' tokens. Every size is a prime of its own or made of some, so a
swapped axis cannot hide. `numpy_forward` computes the same in float64 with none of the code under
test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from gpt.nn.attention import Attention
from gpt.nn.blocks import MLP, Block
from gpt.nn.config import GPTConfig
from gpt.nn.norms import norm
from gpt.nn.recorder import Recorder
from gpt.nn.switches import DEFAULT, Resolved, Switches, by_site, resolve
from tests.gpt import numpy_gpt

PAD = 0
"""The source token that stands for nothing; it only fills a batch."""
L, H, D = 2, 3, 7
T, S = 11, 19
C = H * D
V, SOURCE_V = 17, 29
CONFIG = GPTConfig(
    block_size=13, vocab_size=V, n_layer=L, n_head=H, n_embd=C, mlp_ratio=5, activation="gelu"
)
ENCODER = replace(CONFIG, block_size=23, vocab_size=SOURCE_V, n_layer=1, mask="none")


class CrossBlock(nn.Module):
    """A decoder's layer: self-attention, cross-attention and MLP, each normed before and added."""

    def __init__(self, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.ln_1, self.ln_2, self.ln_3 = norm(CONFIG), norm(CONFIG), norm(CONFIG)
        self.attn, self.cross = Attention(CONFIG, layer), Attention(CONFIG, layer)
        self.mlp = MLP(CONFIG)

    def forward(
        self,
        x: torch.Tensor,
        y: torch.Tensor,
        rules: Mapping[str, Resolved],
        recorder: Recorder | None,
    ) -> torch.Tensor:
        """(B, T, C) and the encoder's (B, S, C) to (B, T, C)."""
        own = recorder and recorder.site("decoder")
        other = recorder and recorder.site("cross")
        normed = self.ln_1(x)
        x = x + self._noted(own, normed, self.attn(normed, rules["decoder"], own))
        if own:
            own.record("residual", self.layer, x)
        normed = self.ln_2(x)
        x = x + self._noted(other, normed, self.cross(normed, rules["cross"], other, y=y))
        if own and other:
            other.record("keys_in", self.layer, y)
            own.record("residual", self.layer, x)
        out = self.mlp(self.ln_3(x))
        x = x + out
        if own:
            own.record("mlp_out", self.layer, out)
            own.record("residual", self.layer, x)
        return x

    def _noted(
        self, recorder: Recorder | None, normed: torch.Tensor, attended: torch.Tensor
    ) -> torch.Tensor:
        if recorder is not None:
            recorder.record("attention_in", self.layer, normed)
            recorder.record("attention_out", self.layer, attended)
        return attended


class TwoTexts(nn.Module):
    """Ids (B, T) and source ids (B, S), 0 for padding, to logits (B, T, V)."""

    def __init__(self) -> None:
        super().__init__()
        self.config = CONFIG
        self.wte, self.wpe = nn.Embedding(V, C), nn.Embedding(CONFIG.block_size, C)
        self.source_wte = nn.Embedding(SOURCE_V, C)
        self.source_wpe = nn.Embedding(ENCODER.block_size, C)
        self.encoder = nn.ModuleList([Block(ENCODER, 0)])
        self.h = nn.ModuleList(CrossBlock(layer) for layer in range(L))
        self.ln_f, self.lm_head = norm(CONFIG), nn.Linear(C, V, bias=False)

    @property
    def sites(self) -> dict[str, list[Attention]]:
        return {
            "encoder": [block.attn for block in self.encoder],  # type: ignore[misc]
            "decoder": [block.attn for block in self.h],  # type: ignore[misc]
            "cross": [block.cross for block in self.h],  # type: ignore[misc]
        }

    @property
    def n_parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(
        self,
        ids: torch.Tensor,
        switches: Switches | Mapping[str, Switches] = DEFAULT,
        recorder: Recorder | None = None,
        *,
        source: torch.Tensor,
    ) -> torch.Tensor:
        """Logits (B, T, V)."""
        return self.lm_head(self.read(ids, switches, recorder, source=source))

    def read(
        self,
        ids: torch.Tensor,
        switches: Switches | Mapping[str, Switches] = DEFAULT,
        recorder: Recorder | None = None,
        *,
        source: torch.Tensor,
    ) -> torch.Tensor:
        """All of `forward` but the output embedding: (B, T, C)."""
        rules = self._rules(by_site(switches, self.sites), ids.shape[1], source)
        encoder = recorder and recorder.site("encoder")
        y = _embed(self.source_wte, self.source_wpe, source, encoder)
        for block in self.encoder:
            y = block(y, rules["encoder"], encoder)
        x = _embed(self.wte, self.wpe, ids, recorder and recorder.site("decoder"))
        for block in self.h:
            x = block(x, y, rules, recorder)
        return self.ln_f(x)

    def _rules(
        self, switches: Mapping[str, Switches], queries: int, source: torch.Tensor
    ) -> dict[str, Resolved]:
        keys, real = source.shape[1], source != PAD
        return {
            "encoder": resolve(switches["encoder"], ENCODER, keys, real=real),
            "decoder": resolve(switches["decoder"], CONFIG, queries),
            "cross": resolve(switches["cross"], CONFIG, queries, keys=keys, own="none", real=real),
        }


def _embed(
    wte: nn.Embedding, wpe: nn.Embedding, ids: torch.Tensor, recorder: Recorder | None
) -> torch.Tensor:
    tokens, positions = wte(ids), wpe.weight[None, : ids.shape[1]]
    x: torch.Tensor = tokens + positions
    if recorder is not None:
        recorder.record("token_embedding", None, tokens)
        recorder.record("position_embedding", None, positions)
        recorder.record("residual", None, x)
    return x


@torch.no_grad()
def two_texts(seed: int = 1) -> TwoTexts:
    """A model in evaluation mode whose every parameter is drawn, biases and norms included."""
    torch.manual_seed(seed)
    model = TwoTexts()
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
    model: TwoTexts,
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

    y = w["source_wte.weight"][source] + w["source_wpe.weight"][: len(source)]
    encoded = [y]
    encoded.append(encoded[-1] + attended("encoder", "encoder.0.attn", "encoder.0.ln_1", y, None))
    encoded.append(encoded[-1] + computed("encoder.0.mlp", "encoder.0.ln_2", encoded[-1]))
    states = [w["wte.weight"][ids] + w["wpe.weight"][: len(ids)]]
    for h in (f"h.{layer}" for layer in range(L)):
        x = states[-1]
        states.append(x + attended("decoder", f"{h}.attn", f"{h}.ln_1", x, None))
        x = states[-1]
        states.append(x + attended("cross", f"{h}.cross", f"{h}.ln_2", x, encoded[-1]))
        states.append(states[-1] + computed(f"{h}.mlp", f"{h}.ln_3", states[-1]))
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
