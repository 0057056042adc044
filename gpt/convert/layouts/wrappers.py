"""Parts of tensor names that wrappers add to the model's own.

Training in parallel, compiling, or saving a larger module wraps the model. Each wrapper adds its
own part to every name below it, in any order and at any depth.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpt.convert.files.weights import Weights

# Of DistributedDataParallel, torch.compile, FSDP, activation checkpointing and Lightning's Fabric.
PARTS = {
    "module",
    "_orig_mod",
    "_fsdp_wrapped_module",
    "_checkpoint_wrapped_module",
    "_forward_module",
}


def unwrapped(weights: Weights, anchors: Sequence[str]) -> Weights:
    """The same tensors under the names that the model itself gave them.

    Args:
        anchors: names of one tensor that every such model has, as the model may call it, the
            longest first. What stands before it (`model.`, say) stands before all names, and is
            removed.

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
    """What stands before the model's own names; "" if nothing does, or if that is unclear."""
    for anchor in anchors:
        ends = [name for name in names if name == anchor or name.endswith(f".{anchor}")]
        if ends:
            return ends[0].removesuffix(anchor) if len(ends) == 1 else ""
    return ""
