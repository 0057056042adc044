"""Wrappers: what stands before or between the names of tensors without being of the model.

Whoever trains in parallel, compiles or saves a larger module wraps the model, and each wrapper
adds its own part to every name below it, in whatever order and at whatever depth.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpt.convert.weights import Weights

# Of DistributedDataParallel, torch.compile, FSDP, activation checkpointing and Lightning's Fabric.
PARTS = {
    "module",
    "_orig_mod",
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",
    "_forward_module",
}


def unwrapped(weights: Weights, anchors: Sequence[str]) -> Weights:
    """The same tensors by the names that the model itself gave them.

    Args:
        anchors: names of one tensor that every such model has, as the model may call it, the
            longest first. What stands before it stands before all (`model.`, say), and goes.

    Raises:
        ConversionError: two tensors get one name.
    """
    plain = weights.renamed(without_parts)
    outer = _outer(list(plain.shapes), anchors)
    return plain.renamed(lambda name: name.removeprefix(outer)) if outer else plain


def without_parts(name: str) -> str:
    """A name without any wrapper's part.

    >>> without_parts("module._orig_mod.transformer.h.0._orig_mod.ln_1.weight")
    'transformer.h.0.ln_1.weight'
    """
    return ".".join(part for part in name.split(".") if part not in PARTS)


def _outer(names: Sequence[str], anchors: Sequence[str]) -> str:
    """What stands before the model's own names; "" where nothing does, or where it is unclear."""
    for anchor in anchors:
        ends = [name for name in names if name == anchor or name.endswith(f".{anchor}")]
        if ends:
            return ends[0].removesuffix(anchor) if len(ends) == 1 else ""
    return ""
