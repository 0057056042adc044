"""Where each tensor of ours is in PyTorch's nn.Transformer and nn.TransformerEncoder."""

from __future__ import annotations

from collections.abc import Iterator

from gpt.convert.layouts.rules import Rule
from gpt.nn.config import GPTConfig

KINDS = ("weight", "bias")
IN_BLOCK = {"mlp.fc": "linear1", "mlp.proj": "linear2", "ln_1": "norm1", "ln_2": "norm2"}
IN_CROSSED_BLOCK = IN_BLOCK | {"ln_cross": "norm2", "ln_2": "norm3"}


def transformer(config: GPTConfig) -> list[Rule]:
    """The rules of the blocks and the final norms; embeddings and heads are not PyTorch's."""
    if config.kind == "encoder-decoder":
        encoder = _stack("encoder.", config.n_encoder_layer, "encoder.", False, config)
        return [*encoder, *_stack("", config.n_layer, "decoder.", True, config)]
    return list(_stack("", config.n_layer, "", False, config))


def _stack(
    ours: str, layers: int, theirs: str, is_crossed: bool, config: GPTConfig
) -> Iterator[Rule]:
    for l in range(layers):
        yield from _block(f"{ours}h.{l}", f"{theirs}layers.{l}", is_crossed)
    if config.norm == "pre":
        yield from (_same(f"{ours}ln_f.{kind}", f"{theirs}norm.{kind}") for kind in KINDS)


def _block(ours: str, theirs: str, is_crossed: bool) -> Iterator[Rule]:
    yield from _attention(f"{ours}.attn", f"{theirs}.self_attn")
    if is_crossed:
        yield from _attention(f"{ours}.cross", f"{theirs}.multihead_attn")
    for o, t in (IN_CROSSED_BLOCK if is_crossed else IN_BLOCK).items():
        yield from (_same(f"{ours}.{o}.{kind}", f"{theirs}.{t}.{kind}") for kind in KINDS)


def _attention(ours: str, theirs: str) -> Iterator[Rule]:
    """Queries, keys and values are one matrix there, `in_proj`."""
    for kind in KINDS:
        qkv = tuple(f"{ours}.{part}.{kind}" for part in ("query", "key", "value"))
        yield Rule(qkv, (f"{theirs}.in_proj_{kind}",))
        yield _same(f"{ours}.proj.{kind}", f"{theirs}.out_proj.{kind}")


def _same(ours: str, theirs: str) -> Rule:
    return Rule((ours,), (theirs,))
