"""A film: the attention of every head at each snapshot of a run, all of it sent once.

8 bits a weight, sqrt(weight) × 255, as snapshots keep them; the browser scrubs and plays them
without asking back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viz.easel.framing import json_numbers, pack
from viz.given import Array, Bools
from viz.views.attention.attention_payload import MAGIC, AttentionPicture, header_of, sent_cells

FILM_BYTES = 24_000_000


@dataclass(frozen=True, eq=False)
class AttentionFilm:
    """The same heads and tokens at several steps.

    tokens, key_tokens, visible, site: as in `AttentionPicture`.
    steps: F of them, rising.
    codes: (F, L, H, T, S) uint8, sqrt(weight) × 255.
    entropy: (F, L, H), mean entropy of the rows, in nats.
    """

    tokens: Sequence[str]
    steps: list[int]
    codes: NDArray[np.uint8]
    entropy: Array
    visible: Bools | None = None
    key_tokens: Sequence[str] | None = None
    site: str = "decoder"

    def thinned(self) -> "AttentionFilm":
        """Every n-th frame, and the last, where all would be too much to send."""
        kept = kept_frames(len(self.steps), self.codes[0].size)
        steps = [self.steps[f] for f in kept]
        return replace(self, steps=steps, codes=self.codes[kept], entropy=self.entropy[kept])


def kept_frames(count: int, size: int) -> list[int]:
    """Which of so many frames are sent, where each has `size` weights: every n-th, and the last.

    >>> kept_frames(5, FILM_BYTES // 2)
    [0, 3, 4]
    """
    every = max(1, -(-count * size // FILM_BYTES))
    return sorted({*range(0, count, every), count - 1})


def encode_film(film: AttentionFilm) -> bytes:
    """Every frame of every head.

    Raises: ValueError where steps, codes and entropies do not fit each other.
    """
    F = len(film.steps)
    if film.codes.ndim != 5 or len(film.codes) != F or film.entropy.shape != film.codes.shape[:3]:
        raise ValueError(
            f"{F} steps need codes (F, L, H, T, S) and entropies (F, L, H), got {film.codes.shape} "
            f"and {film.entropy.shape}"
        )
    first = AttentionPicture(
        film.tokens,
        film.codes[0],
        film.visible,
        entropy=film.entropy[0],
        key_tokens=film.key_tokens,
        site=film.site,
    )
    L, H, T, S = first.shape
    cells = sent_cells(first.mask)
    seen = first.mask.reshape(-1)[cells]
    sent = film.codes.reshape(F, L * H, T * S)[..., cells] * seen  # a masked cell holds 0
    buffers: dict[str, Any] = {"frames": sent.astype(np.uint8)}
    if not first.mask.all():
        buffers["visible"] = np.packbits(first.mask.reshape(-1), bitorder="little")
    frames = {"steps": [int(s) for s in film.steps], "entropy": json_numbers(film.entropy)}
    header = header_of(first, 1.0) | {"frames": frames, "triangle": len(cells) < T * S}
    return pack(MAGIC, header, buffers)
