"""Attention maps as bytes for the browser: exact to what is printed, and as small as that allows.

Weights travel as round(w * 10000) in 16 bits: the four decimals that a person reads are exact, at
half of float32's size. Other values travel as float32. If no query sees a later key, only the lower
triangle is sent.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from viz import colors
from viz.easel.framing import frame, json_numbers, pack
from viz.given import Array, Bools, token_counts
from viz.map_scale import signed_end
from viz.text import visible as visible_text

Head = tuple[int, int]
Size = tuple[int, int]
"""Rows and columns of blocks."""

MAGIC = b"HLAT"
SELECTION_MAGIC = b"HLSE"
EXACT_TOKENS = 256
EXACT_BYTES = 24_000_000
THUMBNAIL = 96
WORKERS = min(2, os.cpu_count() or 1)
"""Heads whose thumbnails are made at once: numpy and torch let other threads go on meanwhile."""
UNIT = 10_000
"""One in the 16-bit numbers."""
NOT_A_NUMBER = 65535  # among the 16-bit weights
CODE_LAST, CODE_INVALID, CODE_MASKED = 253, 254, 255  # among the 8-bit thumbnails


@dataclass(frozen=True, eq=False)
class AttentionPicture:
    """One map of T queries and S keys for every head of every layer, with what explains it.

    tokens: T texts; key_tokens: S texts; None: the keys are the same tokens as the queries.
    values: (L, H, T, S), or anything with that `shape` whose `[l, h]` gives a (T, S) array.
    visible: (T, S) bool, True where query i may see key j; None: everything is visible.
    kind: "weights" lie in 0 to 1; "signed" values are drawn about 0; "lengths" from 0 upwards.
    entropy: (L, H), mean entropy of the rows, in nats; None if it has no meaning.
    order: the heads in the order of the overview; None: one row a layer, one column a head.
    limit: end of the scale of values that are no weights, where several pictures share one;
        None: the largest |value|.
    thumbnails: what `thumbnails` would return, if it is known already.
    site: the name of the attention site: "decoder", "encoder" or "cross".
    """

    tokens: Sequence[str]
    values: Any
    visible: Bools | None = None
    kind: Literal["weights", "signed", "lengths"] = "weights"
    name: str = "weights"
    entropy: Array | None = None
    order: Sequence[Head] | None = None
    selected: Head = (0, 0)
    layer_labels: Sequence[str] | None = None
    head_labels: Sequence[str] | None = None
    limit: float | None = None
    thumbnails: NDArray[np.float32] | None = None
    key_tokens: Sequence[str] | None = None
    site: str = "decoder"
    shape: tuple[int, int, int, int] = field(init=False)
    """(L, H, T, S)"""

    def __post_init__(self) -> None:
        T = len(self.tokens)
        S = T if self.key_tokens is None else len(self.key_tokens)
        got = tuple(self.values.shape)
        if len(got) != 4 or got[2:] != (T, S) or 0 in got:
            counts = token_counts(T, S)
            raise ValueError(f"values must be (L, H, {T}, {S}) for {counts}, got {got}")
        L, H = got[:2]
        _expect("visible", self.visible, (T, S))
        _expect("entropy", self.entropy, (L, H))
        _expect("thumbnails", self.thumbnails, (L, H, min(T, THUMBNAIL), min(S, THUMBNAIL)))
        for name, labels, n in (("layer", self.layer_labels, L), ("head", self.head_labels, H)):
            if labels is not None and len(labels) != n:
                raise ValueError(f"expected {n} {name} labels, got {len(labels)}")
        for l, h in (self.selected, *(self.order or ())):
            if not (0 <= l < L and 0 <= h < H):
                raise ValueError(f"no head ({l}, {h}) among {L} layers of {H} heads")
        object.__setattr__(self, "shape", got)

    def heads(self) -> Iterator[Head]:
        L, H, _, _ = self.shape
        return ((l, h) for l in range(L) for h in range(H))

    @property
    def mask(self) -> Bools:
        """(T, S): `visible`; all True if that is None."""
        return np.ones(self.shape[2:], dtype=bool) if self.visible is None else self.visible

    @property
    def every_head_is_exact(self) -> bool:
        """Whether all heads are sent exactly; if not, only `selected` is."""
        L, H, T, S = self.shape
        item = 2 if self.kind == "weights" else 4
        few = max(T, S) <= EXACT_TOKENS
        return few and L * H * len(sent_cells(self.mask)) * item <= EXACT_BYTES

    def head(self, l: int, h: int) -> NDArray[np.float32]:
        """The map of one head, (T, S)."""
        return np.asarray(self.values[l, h], dtype=np.float32)


def encode(picture: AttentionPicture) -> bytes:
    """Every head exactly; above the budget 8-bit thumbnails of all and the selected one exactly.

    Raises: ValueError where a visible weight lies outside 0 to 1.
    """
    mask = picture.mask
    cells = sent_cells(mask)
    every = picture.every_head_is_exact
    exact = list(picture.heads()) if every else [picture.selected]
    pooled = None if every else thumbnails(picture)
    limit = _limit(picture, mask, pooled)

    buffers: dict[str, Array] = {}
    if not mask.all():
        buffers["visible"] = np.packbits(mask.reshape(-1), bitorder="little")
    buffers["exact"] = np.stack([_exact(picture, head, mask, cells) for head in exact])
    if pooled is not None:
        buffers["thumbnails"] = _codes(pooled, picture.kind, limit)
    header = header_of(picture, limit) | {
        "triangle": len(cells) < mask.size,
        "exact": "all" if every else [list(head) for head in exact],
        "unit": UNIT if buffers["exact"].itemsize == 2 else 1,
    }
    return pack(MAGIC, header, buffers)


def with_selection(
    payload: bytes,
    selected: Head,
    locked: Head | None,
    epoch: int,
    at: int | None = None,
    marks: Mapping[str, Sequence[Head]] | None = None,
) -> bytes:
    """The payload with what Python wishes for before it; the payload itself stays cached.

    at: the frame of a film to begin with. marks: see `Marks`; None if heads cannot be marked.
    """
    asked = {"selected": selected, "locked": locked, "epoch": epoch, "frame": at}
    marked = None if marks is None else {name: list(heads) for name, heads in marks.items()}
    return frame(SELECTION_MAGIC, asked | {"marks": marked}) + payload


def _expect(name: str, array: Array | None, shape: tuple[int, ...]) -> None:
    if array is not None and array.shape != shape:
        raise ValueError(f"{name} must be {shape}, got {array.shape}")


def sent_cells(mask: Bools) -> NDArray[np.intp]:
    """Flat places i * S + j of the cells that are sent.

    They are the lower triangle of a square map if no query sees a later key, else all cells.
    """
    T, S = mask.shape
    if T != S or np.triu(mask, 1).any():
        return np.arange(T * S)
    i, j = np.tril_indices(T)
    return i * S + j


def _exact(
    picture: AttentionPicture, head: Head, mask: Bools, cells: NDArray[np.intp]
) -> NDArray[np.uint16] | NDArray[np.float32]:
    """(cells,): what is printed for this head. A masked cell holds 0, and is never read."""
    seen = mask.reshape(-1)[cells]
    values = np.where(seen, picture.head(*head).reshape(-1)[cells], np.float32(0))
    return _ten_thousandths(values) if picture.kind == "weights" else values


def _ten_thousandths(weights: NDArray[np.float32]) -> NDArray[np.uint16]:
    """round(w * 10000), as printf rounds "%.4f": a float32 times 10000 is exact in float64."""
    finite = np.isfinite(weights)
    known = np.where(finite, weights, np.float32(0))
    low, high = float(known.min()), float(known.max())
    if low < 0 or high > 1.001:
        raise ValueError(f'weights must lie in 0 to 1, got {low:g} to {high:g}; use kind="signed"')
    counts = np.rint(known.astype(np.float64) * UNIT).astype(np.uint16)
    return np.where(finite, counts, np.uint16(NOT_A_NUMBER))


def _limit(picture: AttentionPicture, mask: Bools, pooled: Array | None) -> float:
    """The end of the colour scale: 1 for weights, else as `signed_end` says of what is visible."""
    if picture.kind == "weights":
        return 1.0
    if picture.limit is not None:
        return signed_end(picture.limit)
    maps = [picture.head(*head)[mask] for head in picture.heads()] if pooled is None else [pooled]
    return signed_end([largest(each) for each in maps])


def thumbnails(picture: AttentionPicture) -> NDArray[np.float32]:
    """(L, H, min(T, 96), min(S, 96)): of each block the visible value furthest from 0.

    A block of which nothing is visible holds nan with the sign bit set.
    """
    L, H, T, S = picture.shape
    size, mask = (min(T, THUMBNAIL), min(S, THUMBNAIL)), picture.mask
    if picture.thumbnails is None:
        with ThreadPoolExecutor(WORKERS) as workers:
            maps = list(workers.map(lambda head: _pooled(picture, head, size), picture.heads()))
        pooled = np.stack(maps).reshape(L, H, *size)
    else:
        pooled = picture.thumbnails.copy()
    pooled[..., _hidden(mask, size)] = np.copysign(np.nan, -1.0)
    return pooled


def largest(pooled: NDArray[np.float32]) -> float:
    """The largest finite |value| of thumbnails, and so of all maps; 0 if there is none."""
    return float(np.abs(pooled[np.isfinite(pooled)]).max(initial=0))


def _pooled(picture: AttentionPicture, head: Head, size: Size) -> NDArray[np.float32]:
    """As `pool`, without marking masked blocks. A masked weight is 0, so the largest is visible."""
    if picture.kind == "weights":
        return _reduce(np.maximum, picture.head(*head), size)
    return pool(picture.head(*head), picture.mask, size)


def _hidden(mask: Bools, size: Size) -> Bools:
    """(rows, columns) of blocks, True where no cell of a block is visible."""
    return ~_reduce(np.logical_or, mask, size)


def pool(head: NDArray[np.float32], mask: Bools, size: Size) -> NDArray[np.float32]:
    """(T, S) to (rows, columns) of blocks, keeping of each the visible value furthest from 0.

    A maximum, not a mean: a diagonal one cell wide must survive. A block without a visible cell
    becomes -nan (sign bit set), so that it cannot be taken for a number.
    """
    every = bool(mask.all())
    high = _reduce(np.maximum, head if every else np.where(mask, head, -np.inf), size)
    low = _reduce(np.minimum, head if every else np.where(mask, head, np.inf), size)
    pooled = np.where(-low > high, low, high)
    pooled = np.where(np.isnan(high), np.copysign(np.nan, 1.0), pooled)
    return np.where(_hidden(mask, size), np.copysign(np.nan, -1.0), pooled).astype(np.float32)


def _reduce(operation: np.ufunc, cells: Array, size: Size) -> Array:
    """One number for each of `size` blocks of cells."""
    down, across = (np.arange(n) * count // n for n, count in zip(size, cells.shape, strict=True))
    ends = [*down[1:], len(cells)]
    # Slice by slice: across rows `reduceat` takes ten times as long, and heads are many.
    rows = [operation.reduce(cells[a:b], axis=0) for a, b in zip(down, ends, strict=True)]
    return operation.reduceat(np.stack(rows), across, axis=1)


def _codes(pooled: NDArray[np.float32], kind: str, limit: float) -> NDArray[np.uint8]:
    """Places on the colour scale, 0 to 253; 254: not finite; 255: masked."""
    finite = np.isfinite(pooled)
    values = np.where(finite, pooled, 0)
    level = (values / limit + 1) / 2 if kind == "signed" else np.sqrt(values / limit)
    codes: NDArray[np.uint8] = np.rint(np.clip(level, 0, 1) * CODE_LAST).astype(np.uint8)
    codes[~finite] = CODE_INVALID
    codes[np.isnan(pooled) & np.signbit(pooled)] = CODE_MASKED
    return codes


def header_of(picture: AttentionPicture, limit: float) -> dict[str, Any]:
    L, H, T, S = picture.shape
    signed = picture.kind == "signed"
    return {
        "kind": picture.kind, "name": picture.name, "site": picture.site,
        "L": L, "H": H, "T": T, "S": S,
        "tokens": [visible_text(piece) for piece in picture.tokens],
        "keyTokens": None if picture.key_tokens is None
        else [visible_text(piece) for piece in picture.key_tokens],
        "layers": list(picture.layer_labels or (f"L{l}" for l in range(L))),
        "heads": list(picture.head_labels or (f"H{h}" for h in range(H))),
        "order": None if picture.order is None else [list(head) for head in picture.order],
        "selected": list(picture.selected), "entropy": json_numbers(picture.entropy),
        "range": [-limit, limit] if signed else [0.0, limit],
        "ticks": [-limit, 0.0, limit] if signed else [limit * part for part in (0, 0.1, 0.5, 1)],
        "scale": colors.SIGNED_SCALE if signed else colors.WEIGHTS_SCALE,
        "colors": colors.ACCENTS,
    }  # fmt: skip
