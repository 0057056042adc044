"""Layouts: where each tensor of ours is in GPT-2, nanoGPT and the lecture's gpt.py."""

from __future__ import annotations

from collections.abc import Iterator

from gpt.convert.layouts.rules import Rule
from gpt.nn.config import GPTConfig

QKV = ("query", "key", "value")


def gpt2(config: GPTConfig, transposed: bool = True, prefix: str = "transformer.") -> list[Rule]:
    """GPT-2's names; queries, keys and values are one matrix, `c_attn`.

    Args:
        transposed: matrices are (in, out), as OpenAI's Conv1D has them; nanoGPT's are not.
        prefix: of every name but `lm_head`'s.
    """
    kinds = ("weight", "bias") if config.bias else ("weight",)

    def rules() -> Iterator[Rule]:
        yield _same("wte.weight", f"{prefix}wte.weight")
        yield _same("wpe.weight", f"{prefix}wpe.weight")
        for kind in kinds:
            turned = transposed and kind == "weight"
            for l in range(config.n_layer):
                h = f"{prefix}h.{l}"
                qkv = tuple(f"h.{l}.attn.{part}.{kind}" for part in QKV)
                yield Rule(qkv, (f"{h}.attn.c_attn.{kind}",), turned)
                yield _same(f"h.{l}.attn.proj.{kind}", f"{h}.attn.c_proj.{kind}", turned)
                yield _same(f"h.{l}.mlp.fc.{kind}", f"{h}.mlp.c_fc.{kind}", turned)
                yield _same(f"h.{l}.mlp.proj.{kind}", f"{h}.mlp.c_proj.{kind}", turned)
                yield _same(f"h.{l}.ln_1.{kind}", f"{h}.ln_1.{kind}")
                yield _same(f"h.{l}.ln_2.{kind}", f"{h}.ln_2.{kind}")
            yield _same(f"ln_f.{kind}", f"{prefix}ln_f.{kind}")
        if not config.tie_weights:
            yield _same("lm_head.weight", "lm_head.weight")

    return list(rules())


def lecture(config: GPTConfig) -> list[Rule]:
    """The lecture's names: queries, keys and values are one small matrix a head, without bias.

    Without a block it is its bigram.py, which is the table alone.
    """

    def rules() -> Iterator[Rule]:
        yield _same("wte.weight", "token_embedding_table.weight")
        if not config.n_layer:
            return
        yield _same("wpe.weight", "position_embedding_table.weight")
        for l in range(config.n_layer):
            for part in QKV:
                heads = (f"blocks.{l}.sa.heads.{m}.{part}.weight" for m in range(config.n_head))
                yield Rule((f"h.{l}.attn.{part}.weight",), tuple(heads))
            for kind in ("weight", "bias"):
                yield _same(f"h.{l}.attn.proj.{kind}", f"blocks.{l}.sa.proj.{kind}")
                yield _same(f"h.{l}.mlp.fc.{kind}", f"blocks.{l}.ffwd.net.0.{kind}")
                yield _same(f"h.{l}.mlp.proj.{kind}", f"blocks.{l}.ffwd.net.2.{kind}")
                yield _same(f"h.{l}.ln_1.{kind}", f"blocks.{l}.ln1.{kind}")
                yield _same(f"h.{l}.ln_2.{kind}", f"blocks.{l}.ln2.{kind}")
        for kind in ("weight", "bias"):
            yield _same(f"ln_f.{kind}", f"ln_f.{kind}")
            yield _same(f"lm_head.{kind}", f"lm_head.{kind}")

    return list(rules())


def _same(ours: str, theirs: str, transposed: bool = False) -> Rule:
    return Rule((ours,), (theirs,), transposed)
