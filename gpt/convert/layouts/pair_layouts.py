"""Layouts of encoder-decoders: where each tensor of ours is in BART and Marian."""

from __future__ import annotations

from collections.abc import Mapping

from gpt.convert.layouts.rules import Rule
from gpt.nn.config import GPTConfig

KINDS = ("weight", "bias")
SHARED = "shared.weight"
HEAD, HEAD_BIAS = "lm_head.weight", "final_logits_bias"
SIDES = ("encoder", "decoder")
TOKENS = {side: f"{side}.embed_tokens.weight" for side in SIDES}
POSITIONS = {side: f"{side}.embed_positions.weight" for side in SIDES}
ATTENTION = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "proj": "out_proj"}
REST = {
    "mlp.fc": "fc1",
    "mlp.proj": "fc2",
    "ln_1": "self_attn_layer_norm",
    "ln_2": "final_layer_norm",
}
CROSS = {"ln_cross": "encoder_attn_layer_norm"}


def encoder_decoder(config: GPTConfig, tables: Mapping[str, str]) -> list[Rule]:
    """The rules of a BART or a Marian whose names are without "model.".

    Args:
        tables: the name of the token embeddings of each side, the same one if they are shared.
    """
    pairs: list[tuple[str, str]] = []
    if config.embedding_norm:
        pairs += [(f"{_ours(side)}ln_e", f"{side}.layernorm_embedding") for side in SIDES]
    for side, layers in zip(SIDES, (config.n_encoder_layer, config.n_layer), strict=True):
        for l in range(layers):
            pairs += _block(f"{_ours(side)}h.{l}", f"{side}.layers.{l}", side == "decoder")
    rules = [_same(f"{ours}.{k}", f"{theirs}.{k}") for ours, theirs in pairs for k in KINDS]
    rules += [_same(f"{_ours(side)}wpe.weight", POSITIONS[side]) for side in SIDES]
    rules.append(_same("wte.weight", tables["decoder"]))
    if config.source_vocab_size:
        rules.append(_same("encoder.wte.weight", tables["encoder"]))
    if not config.tie_weights:
        rules.append(_same("lm_head.weight", HEAD))
    if config.head_bias:
        rules.append(_same("lm_head.bias", HEAD_BIAS))
    return rules


def _ours(side: str) -> str:
    return "encoder." if side == "encoder" else ""


def _block(ours: str, theirs: str, has_cross: bool) -> list[tuple[str, str]]:
    pairs = [(f"{ours}.attn.{o}", f"{theirs}.self_attn.{t}") for o, t in ATTENTION.items()]
    pairs += [(f"{ours}.{o}", f"{theirs}.{t}") for o, t in REST.items()]
    if has_cross:
        pairs += [(f"{ours}.cross.{o}", f"{theirs}.encoder_attn.{t}") for o, t in ATTENTION.items()]
        pairs += [(f"{ours}.{o}", f"{theirs}.{t}") for o, t in CROSS.items()]
    return pairs


def _same(ours: str, theirs: str) -> Rule:
    return Rule((ours,), (theirs,))
