"""One head's matrices as bytes for the browser, float32 as the model computed them.

`masked` is not sent: it is `scaled` where the mask lets a query see, and the mask is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from viz import colors
from viz.easel import framing
from viz.given import Array
from viz.head_stages import Facts, Stage, stages
from viz.map_scale import signed_end
from viz.text import visible as visible_text

Cells = Literal["colours", "numbers"]

MAGIC = b"HLHD"
ASK_MAGIC = b"HLAS"


@dataclass(frozen=True, eq=False)
class HeadPicture:
    """What the view gets to draw.

    Fields:
        tokens: T pieces of text.
        arrays: every stage of `stages(facts)` under its name, and `visible`, (T, S) bool.
        facts: about the head.
        cells: draw all of a matrix in colours, or print numbers and scroll.
        key_tokens: S pieces of text, for cross-attention; None: the same tokens as the queries.
        site: the name of the attention site: "decoder", "encoder" or "cross".

    Raises:
        ValueError: an array that is missing or has another shape than its stage.
    """

    tokens: Sequence[str]
    arrays: Mapping[str, Array]
    facts: Facts
    cells: Cells
    key_tokens: Sequence[str] | None = None
    site: str = "decoder"

    def __post_init__(self) -> None:
        sizes = self.sizes
        for stage in stages(self.facts):
            expected = tuple(sizes[dim] for dim in stage.dims)
            got = self.arrays[stage.name].shape if stage.name in self.arrays else "nothing"
            if got != expected:
                raise ValueError(f"{stage.name} must be {expected}, got {got}")

    @property
    def sizes(self) -> dict[str, int]:
        """How many there are of each dimension."""
        T, C, D = len(self.tokens), self.facts.n_embd, self.facts.head_size
        S = T if self.key_tokens is None else len(self.key_tokens)
        return {"1": 1, "T": T, "S": S, "C": C, "D": D}


def encode(picture: HeadPicture) -> bytes:
    """Every matrix but `masked`, and the mask as bits."""
    drawn = stages(picture.facts)
    seen = np.asarray(picture.arrays["visible"], dtype=bool)
    buffers: dict[str, Array] = {
        stage.name: np.asarray(picture.arrays[stage.name], dtype=np.float32)
        for stage in drawn
        if stage.name != "masked"
    }
    header = {
        "site": picture.site,
        "title": f"L{picture.facts.layer} H{picture.facts.head}",
        "scale": f"{picture.facts.scale:.6g}",
        "cells": picture.cells,
        "sizes": picture.sizes,
        "tokens": [visible_text(piece) for piece in picture.tokens],
        "keyTokens": None
        if picture.key_tokens is None
        else [visible_text(piece) for piece in picture.key_tokens],
        "matrices": [_matrix(stage, picture, seen) for stage in drawn],
        "scales": {"weights": colors.WEIGHTS_SCALE, "signed": colors.SIGNED_SCALE},
        "colors": colors.ACCENTS,
    }
    if not seen.all():
        buffers["visible"] = np.packbits(seen.reshape(-1), bitorder="little")
    return framing.pack(MAGIC, header, buffers)


def asked(payload: bytes, cell: tuple[int, int], epoch: int) -> bytes:
    """The payload with the cell that Python wishes for before it; the payload stays cached."""
    return framing.frame(ASK_MAGIC, {"cell": list(cell), "epoch": epoch}) + payload


def _matrix(stage: Stage, picture: HeadPicture, seen: Array) -> dict[str, Any]:
    """One matrix in the header."""
    values = picture.arrays[stage.name]
    buffer = "scaled" if stage.name == "masked" else stage.name
    return asdict(stage) | {
        "buffer": buffer,
        "masks": stage.masks and not seen.all(),
        "isMap": stage.is_map,
        "kind": "weights" if stage.name == "weights" else "signed",
        # Small numbers are read out with six decimals.
        "limit": 1.0 if stage.name == "weights" else signed_end(values, decimals=6),
    }
