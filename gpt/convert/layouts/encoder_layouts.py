"""Layouts of encoders: where each tensor of ours is in BERT, DistilBERT and RoBERTa."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gpt.convert.layouts.rules import Rule
from gpt.nn.config import GPTConfig

KINDS = ("weight", "bias")


@dataclass(frozen=True)
class EncoderNames:
    """The names that a family of encoders gives its modules.

    Fields:
        prefix: before the names of all that is no head, in a file that has a head.
        blocks: before the number of a block.
        in_block, outside: by our names, those of the modules in a block and outside of blocks.
        tokens, positions: the embeddings.
        head: the matrix that predicts masked tokens, and both names of its bias: of a model whose
            matrices are tied, the first one counts, else the second.
    """

    prefix: str
    blocks: str
    in_block: Mapping[str, str]
    outside: Mapping[str, str]
    tokens: str
    positions: str
    head: tuple[str, str, str]

    @property
    def class_head(self) -> tuple[str, ...]:
        """The tensors that a classifier has beyond the body."""
        return tuple(
            f"{self.outside[name]}.{k}" for name in ("pooler", "class_head") for k in KINDS
        )


BERT = EncoderNames(
    prefix="bert.",
    blocks="encoder.layer",
    in_block={
        "attn.query": "attention.self.query",
        "attn.key": "attention.self.key",
        "attn.value": "attention.self.value",
        "attn.proj": "attention.output.dense",
        "ln_1": "attention.output.LayerNorm",
        "mlp.fc": "intermediate.dense",
        "mlp.proj": "output.dense",
        "ln_2": "output.LayerNorm",
    },
    outside={
        "ln_e": "embeddings.LayerNorm",
        "transform.fc": "cls.predictions.transform.dense",
        "transform.ln": "cls.predictions.transform.LayerNorm",
        "pooler": "pooler.dense",
        "class_head": "classifier",
    },
    tokens="embeddings.word_embeddings.weight",
    positions="embeddings.position_embeddings.weight",
    head=(
        "cls.predictions.decoder.weight",
        "cls.predictions.bias",
        "cls.predictions.decoder.bias",
    ),
)
ROBERTA = replace(
    BERT,
    prefix="roberta.",
    outside={
        "ln_e": "embeddings.LayerNorm",
        "transform.fc": "lm_head.dense",
        "transform.ln": "lm_head.layer_norm",
        "pooler": "classifier.dense",
        "class_head": "classifier.out_proj",
    },
    head=("lm_head.decoder.weight", "lm_head.bias", "lm_head.decoder.bias"),
)
DISTILBERT = replace(
    BERT,
    prefix="distilbert.",
    blocks="transformer.layer",
    in_block={
        "attn.query": "attention.q_lin",
        "attn.key": "attention.k_lin",
        "attn.value": "attention.v_lin",
        "attn.proj": "attention.out_lin",
        "ln_1": "sa_layer_norm",
        "mlp.fc": "ffn.lin1",
        "mlp.proj": "ffn.lin2",
        "ln_2": "output_layer_norm",
    },
    outside={
        "ln_e": "embeddings.LayerNorm",
        "transform.fc": "vocab_transform",
        "transform.ln": "vocab_layer_norm",
        "pooler": "pre_classifier",
        "class_head": "classifier",
    },
    head=("vocab_projector.weight", "vocab_projector.bias", "vocab_projector.bias"),
)


def encoder(config: GPTConfig, names: EncoderNames = BERT) -> list[Rule]:
    """The rules of an encoder whose names are without the family's prefix."""
    modules = ["ln_e"]
    modules += ["transform.fc", "transform.ln"] if config.head_transform else []
    modules += ["pooler", "class_head"] if config.n_class else []
    pairs = [(name, names.outside[name]) for name in modules]
    for l in range(config.n_layer):
        pairs += [(f"h.{l}.{o}", f"{names.blocks}.{l}.{t}") for o, t in names.in_block.items()]
    rules = [_same(f"{ours}.{k}", f"{theirs}.{k}") for ours, theirs in pairs for k in KINDS]
    rules += [_same("wte.weight", names.tokens), _same("wpe.weight", names.positions)]
    if config.n_class:
        return rules
    if not config.tie_weights:
        rules.append(_same("lm_head.weight", names.head[0]))
    if config.head_bias:
        rules.append(_same("lm_head.bias", names.head[1]))
    return rules


def _same(ours: str, theirs: str) -> Rule:
    return Rule((ours,), (theirs,))
