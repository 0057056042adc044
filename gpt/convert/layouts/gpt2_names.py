"""GPT-2's own names for each tensor of ours, in its files."""

from __future__ import annotations

from gpt.convert.layouts import decoder_layouts
from gpt.nn.config import GPTConfig


def gpt2_names(config: GPTConfig) -> dict[str, str]:
    """Our names and GPT-2's, without "transformer."; tensors that GPT-2 lacks are left out.

    Queries, keys and values are one tensor there, so that a name may have a slice: C = 768 makes
    "h.0.attn.c_attn.weight[:, 768:1536]" of "h.0.attn.key.weight". Matrices are (in, out) there.
    """
    return {
        name: theirs
        for rule in decoder_layouts.gpt2(config, prefix="")
        for name, theirs in _slices(rule.ours, rule.theirs[0], config.n_embd)
    }


def _slices(ours: tuple[str, ...], theirs: str, width: int) -> list[tuple[str, str]]:
    if len(ours) == 1:
        return [(ours[0], theirs)]
    before = ":, " if theirs.endswith("weight") else ""
    slices = (f"[{before}{n * width}:{(n + 1) * width}]" for n in range(len(ours)))
    return [(name, f"{theirs}{part}") for name, part in zip(ours, slices, strict=True)]
