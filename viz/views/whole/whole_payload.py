"""A whole model at work on a text, as bytes for the browser: a number for each box and token.

Lengths are float32 as they were computed. Of GPT-2 with 1,024 tokens, 144 heads make 1.2 MB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from viz.colors import RUNS, SHARE
from viz.easel import framing
from viz.given import Array
from viz.text import readable, visible

MAGIC = b"HLWH"
ASK_MAGIC = b"HLAW"
COLORS = {
    **{"token": RUNS[0], "position": RUNS[1], "attention": RUNS[2]},
    **{"cross": RUNS[3], "mlp": RUNS[4], "share": SHARE},
}


@dataclass(frozen=True)
class Door:
    """A link to the page that shows more of a box.

    Fields:
        page: its address.
        query: parameters of the link.
        token: the name of the parameter that gets the followed token; "": none does.
        head_parameters: those that get the layer and the head of a box: of "layer" and "head".
    """

    page: str
    query: Mapping[str, str] = field(default_factory=dict)
    token: str = ""
    head_parameters: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Box:
    """A part that a stack has once.

    Fields:
        kind: "token", "position", or another name that tells the boxes apart.
        title: on the box.
        shape: of its numbers, in words.
        door: where it leads.
        lengths: (T,), of what it gives; the boxes before the layers add it to the stream. None for
            what is no vector of the stream.
    """

    kind: str
    title: str
    shape: str
    door: Door
    lengths: Array | None = None


@dataclass(frozen=True, eq=False)
class Branch:
    """A part that every layer has: an attention or the MLP.

    Fields:
        kind: "attention", "cross" or "mlp".
        title: of the row of boxes.
        shape: of its matrices, in words.
        door: where a box leads.
        lengths: (L, T), of what it adds to the stream.
        heads: (L, H, T), of what each head contributes; None for an MLP.
        top_weight, top_key: (L, H, T), the largest weight of each token and the key that gets it.
        keys_of: the number of the stack whose tokens are the keys.
        head_door: where a head leads.
    """

    kind: str
    title: str
    shape: str
    door: Door
    lengths: Array
    heads: Array | None = None
    top_weight: Array | None = None
    top_key: Array | None = None
    keys_of: int = 0
    head_door: Door | None = None


@dataclass(frozen=True, eq=False)
class Stack:
    """An encoder or a decoder.

    Fields:
        name: "encoder" or "decoder".
        tokens: T pieces of text.
        before, after: the boxes around the layers.
        branches: of each layer, in their order.
        stream: (L+1, T), the length of the stream before the layers and after each.
    """

    name: str
    tokens: Sequence[str]
    before: Sequence[Box]
    branches: Sequence[Branch]
    after: Sequence[Box]
    stream: Array


@dataclass(frozen=True, eq=False)
class Bars:
    """What the model says at the end.

    Fields:
        title: above the bars.
        door: where they lead.
        names: (n, k) texts.
        probs: (n, k)
        positions: (n,), the tokens after which they were said; None: of the whole text.
    """

    title: str
    door: Door
    names: Sequence[Sequence[str]]
    probs: Array
    positions: Array | None


@dataclass(frozen=True, eq=False)
class WholePicture:
    """What the view gets to draw.

    Fields:
        stacks: in the order of the computation; the last one's tokens are the prompt's.
        bars: of the last stack.
    """

    stacks: Sequence[Stack]
    bars: Bars

    def __post_init__(self) -> None:
        for stack in self.stacks:
            T = len(stack.tokens)
            of = [stack.stream, *(branch.lengths for branch in stack.branches)]
            wrong = [array.shape for array in of if array.shape[-1] != T]
            if wrong:
                raise ValueError(f"{stack.name} has {T} tokens, got lengths of {wrong}")


def encode(picture: WholePicture) -> bytes:
    """The picture as the browser gets it."""
    buffers: dict[str, Array] = {"probs": _floats(picture.bars.probs)}
    text_of = readable if picture.bars.positions is None else visible  # labels, or tokens
    if picture.bars.positions is not None:
        buffers["positions"] = picture.bars.positions.astype(np.uint16)
    header = {
        "stacks": [_stack(n, stack, buffers) for n, stack in enumerate(picture.stacks)],
        "bars": {
            "title": picture.bars.title,
            "door": asdict(picture.bars.door),
            "names": [[text_of(name) for name in row] for row in picture.bars.names],
        },
        "colors": COLORS,
    }
    return framing.pack(MAGIC, header, buffers)


def asked(payload: bytes, token: int, epoch: int) -> bytes:
    """The payload with the token to follow before it; the payload stays cached."""
    return framing.frame(ASK_MAGIC, {"token": token, "epoch": epoch}) + payload


def _stack(number: int, stack: Stack, buffers: dict[str, Array]) -> dict[str, Any]:
    buffers[f"{number}.stream"] = _floats(stack.stream)
    for box in (*stack.before, *stack.after):
        if box.lengths is not None:
            buffers[f"{number}.{box.kind}"] = _floats(box.lengths)
    for branch in stack.branches:
        buffers |= _of_branch(f"{number}.{branch.kind}", branch)
    layers, heads = len(stack.stream) - 1, [b.heads for b in stack.branches if b.heads is not None]
    return {
        "name": stack.name,
        "tokens": [visible(piece) for piece in stack.tokens],
        "layers": layers,
        "heads": heads[0].shape[1] if heads else 0,
        "before": [_words(box) for box in stack.before],
        "after": [_words(box) for box in stack.after],
        "branches": [_words(branch) for branch in stack.branches],
    }


def _of_branch(name: str, branch: Branch) -> dict[str, Array]:
    arrays = {name: _floats(branch.lengths)}
    if branch.heads is not None and branch.top_weight is not None:
        arrays[f"{name}.heads"] = _floats(branch.heads)
        arrays[f"{name}.top"] = _floats(branch.top_weight)
    if branch.top_key is not None:
        arrays[f"{name}.key"] = branch.top_key.astype(np.uint16)
    return arrays


def _words(part: Box | Branch) -> dict[str, Any]:
    """A part without its arrays, which travel as bytes."""
    words = {name: of for name, of in vars(part).items() if not isinstance(of, np.ndarray)}
    return {name: asdict(of) if isinstance(of, Door) else of for name, of in words.items()}


def _floats(array: Array) -> Array:
    return np.asarray(array, np.float32)
