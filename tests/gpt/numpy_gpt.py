"""A GPT in numpy, float64, one sequence at a time: what `gpt.nn` is held against.

Written from the papers and from what `GPTConfig` says of its fields, with none of our code and
by other means where there are some: rotations as complex numbers, one head at a time.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from safetensors.numpy import load_file

Weights = dict[str, np.ndarray]
Stages = dict[str, np.ndarray]
WEIGHTS = "model.safetensors"


def numpy_weights(model: Any) -> Weights:
    """The state_dict of a torch model in float64."""
    return {name: t.detach().double().numpy() for name, t in model.state_dict().items()}


def read_run(folder: Path) -> tuple[Weights, SimpleNamespace, dict[str, int]]:
    """A run's weights in float64, its architecture and its vocabulary, from its files alone."""
    weights = {name: array.astype(float) for name, array in load_file(folder / WEIGHTS).items()}
    config = SimpleNamespace(**json.loads((folder / "config.json").read_text())["model"])
    characters = json.loads((folder / "tokenizer.json").read_text())["characters"]
    return weights, config, {character: id for id, character in enumerate(characters)}


def forward(
    weights: Weights,
    config: Any,
    ids: list[int],
    visible: np.ndarray | None = None,
    scale: float | None = None,
    temperature: float = 1.0,
) -> Stages:
    """Every stage of one forward pass, named as in a Trace."""
    x = weights["wte.weight"][ids] * (
        math.sqrt(config.n_embd) if config.position == "sinusoidal" else 1
    )
    positions = _positions(weights, config, len(ids))
    stages: dict[str, list[Any]] = {"token_embedding": x, "position_embedding": positions}
    x = x + positions
    if getattr(config, "embedding_norm", False):
        x = norm(x, weights, "ln_e", config)
    residual = [x]
    for l in range(config.n_layer):
        w = {
            name.removeprefix(f"h.{l}."): array
            for name, array in weights.items()
            if name.startswith(f"h.{l}.")
        }
        normed = norm(x, w, "ln_1", config) if config.norm == "pre" else x
        found = _attention(normed, w, config, visible, scale, temperature)
        found["attention_in"] = normed
        x = _join(x, found["attention_out"], w, "ln_1", config)
        residual.append(x)
        found["mlp_out"] = np.zeros_like(x)
        if config.feed_forward:
            normed = norm(x, w, "ln_2", config) if config.norm == "pre" else x
            hidden = _activate(_linear(normed, w, "mlp.fc"), config.activation)
            found["mlp_out"] = _linear(hidden, w, "mlp.proj") if config.projection else hidden
            x = _join(x, found["mlp_out"], w, "ln_2", config)
        residual.append(x)
        for name, array in found.items():
            stages.setdefault(name, []).append(array)
    if config.norm == "pre":
        x = norm(x, weights, "ln_f", config)
    if getattr(config, "head_transform", False):
        x = _activate(_linear(x, weights, "transform.fc"), config.activation)
        x = norm(x, weights, "transform.ln", config)
    head = weights["wte.weight"] if config.tie_weights else weights["lm_head.weight"]
    stages["residual"], stages["logits"] = residual, x @ head.T + weights.get("lm_head.bias", 0)
    return {name: np.asarray(stage) for name, stage in stages.items()}


def softmax(x: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    exps = np.exp(x - x.max(-1, keepdims=True))
    return exps / exps.sum(-1, keepdims=True)


def _positions(weights: Weights, config: Any, T: int) -> np.ndarray:
    if config.position == "learned":
        return weights["wpe.weight"][:T]
    table = np.zeros((T, config.n_embd))
    if config.position == "sinusoidal":
        for t in range(T):
            for i in range(config.n_embd // 2):
                angle = t / 10000 ** (2 * i / config.n_embd)
                table[t, 2 * i], table[t, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return table


def _attention(
    x: np.ndarray,
    w: Weights,
    config: Any,
    visible: np.ndarray | None,
    scale: float | None,
    temperature: float,
) -> Stages:
    T, C = x.shape
    D = C // config.n_head
    if visible is None:
        visible = np.tril(np.ones((T, T), bool)) | (config.mask == "none")
    heads: dict[str, list[np.ndarray]] = {}
    for h in range(config.n_head):
        cut = slice(h * D, (h + 1) * D)
        q, k, v = (_linear(x, w, f"attn.{part}")[:, cut] for part in ("query", "key", "value"))
        if config.qk_norm:
            q, k = (a / np.sqrt((a**2).mean(-1, keepdims=True)) for a in (q, k))
        if config.position == "rotary":
            q, k = _rotated(q), _rotated(k)
        scores = np.array([[q[i] @ k[j] for j in range(T)] for i in range(T)])
        scaled = scores * (_scale(config, D) if scale is None else scale)
        masked = np.where(visible, scaled, -np.inf)
        shares = softmax(masked / temperature)
        head_out = shares @ v
        out = w["attn.proj.weight"] if config.projection else np.eye(C)
        found = dict(
            queries=q,
            keys=k,
            values=v,
            scores=scores,
            scaled=scaled,
            masked=masked,
            weights=shares,
            head_out=head_out,
            contribution=head_out @ out[:, cut].T,
        )
        for name, array in found.items():
            heads.setdefault(name, []).append(array)
    stages = {name: np.stack(arrays) for name, arrays in heads.items()}
    stages["attention_out"] = stages["contribution"].sum(0) + w.get("attn.proj.bias", 0)
    return stages


def _scale(config: Any, D: int) -> float:
    """Runs from before the field existed were scaled by the head size."""
    named = {"head_size": D**-0.5, "n_embd": config.n_embd**-0.5, "none": 1.0}
    return named[getattr(config, "scale", "head_size")]


def _rotated(x: np.ndarray) -> np.ndarray:
    """Channels d and d + D/2 as one complex number, turned by position × frequency."""
    T, D = x.shape
    numbers = x[:, : D // 2] + 1j * x[:, D // 2 :]
    frequencies = 10000 ** (-2 * np.arange(D // 2) / D)
    turned = numbers * np.exp(1j * np.arange(T)[:, None] * frequencies)
    return np.concatenate([turned.real, turned.imag], axis=-1)


def _linear(x: np.ndarray, w: Weights, name: str) -> np.ndarray:
    return x @ w[f"{name}.weight"].T + w.get(f"{name}.bias", 0)


def norm(x: np.ndarray, w: Weights, name: str, config: Any) -> np.ndarray:
    """One of the model's norms: LayerNorm, or batch normalization outside training."""
    if f"{name}.running_mean" in w:  # batch normalization, outside training
        spread = np.sqrt(w[f"{name}.running_var"] + config.norm_epsilon)
        gain = w[f"{name}.weight"] / spread
        return (x - w[f"{name}.running_mean"]) * gain + w.get(f"{name}.bias", 0)
    centred = x - x.mean(-1, keepdims=True)
    epsilon = getattr(config, "norm_epsilon", 1e-5)  # older runs do not name it
    spread = np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon)
    return centred / spread * w[f"{name}.weight"] + w.get(f"{name}.bias", 0)


def _join(x: np.ndarray, branch: np.ndarray, w: Weights, ln: str, config: Any) -> np.ndarray:
    x = x + branch if config.skip else branch
    return norm(x, w, ln, config) if config.norm == "post" else x


def _activate(x: np.ndarray, activation: str) -> np.ndarray:
    if activation == "gelu":
        return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
    if activation == "gelu_tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    positive = np.maximum(x, 0)
    return positive**2 if activation == "squared_relu" else positive


def head_weights(weights: Weights, config: Any, layer: int, head: int) -> Weights:
    """What one head computes with: Wq, Wk, Wv (C, D), their biases (1, D), projection (D, C)."""
    D = config.n_embd // config.n_head
    cut = slice(head * D, (head + 1) * D)
    found = {}
    for letter, part in (("q", "query"), ("k", "key"), ("v", "value")):
        found[f"W{letter}"] = weights[f"h.{layer}.attn.{part}.weight"][cut].T
        if (bias := weights.get(f"h.{layer}.attn.{part}.bias")) is not None:
            found[f"b{letter}"] = bias[cut][None]
    whole = weights[f"h.{layer}.attn.proj.weight"] if config.projection else np.eye(config.n_embd)
    return {**found, "projection": whole[:, cut].T}


def direct_logits(
    weights: Weights, config: Any, stages: Stages, part: np.ndarray, position: int
) -> np.ndarray:
    """What a part (C,) of the stream adds to the logits (V,), the final norm's spread held still.

    For models with a norm before each branch.
    """
    stream = stages["residual"][-1, position]
    spread = math.sqrt(stream.var() + getattr(config, "norm_epsilon", 1e-5))
    normed = (part - part.mean()) / spread * weights["ln_f.weight"]
    head = weights["wte.weight"] if config.tie_weights else weights["lm_head.weight"]
    return head @ normed
