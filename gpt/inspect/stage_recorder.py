"""StageRecorder: what a trace is made of, written down while the model runs."""

from __future__ import annotations

import numpy as np
import torch

from gpt.inspect.maps import block_starts
from gpt.nn.recorder import Recorder

BLOCKS = 12
"""Rows of blocks whose weights are made at once: of GPT-2 at 1,024 tokens, 128 queries and 6 MB."""

LOG_OF_NOTHING = -104.0
"""Below the logarithm of every float32 above 0; in place of −∞, which times 0 is no number."""


class StageRecorder(Recorder):
    """Keeps a copy of every tensor of a pass with B = 1, by stage.

    What every layer has once is written straight to its place among all layers: a large stage is
    in memory only once, and copied once. Weights that are too large to be kept are all made in the
    same place, some queries after the other, and only what sums them up is kept.
    """

    def __init__(self, n_layer: int, length: int, keeps_weights: bool) -> None:
        self.n_layer, self.length, self.keeps_weights = n_layer, length, keeps_weights
        self.stages: dict[str, list[np.ndarray]] = {}
        self.layers: dict[str, np.ndarray] = {}
        self._starts = block_starts(length)
        self.strips = () if keeps_weights else self._starts[::BLOCKS].tolist()

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        if name == "weights" and not self.keeps_weights:
            assert layer is not None
            for start, stop in zip(self.strips, [*self.strips[1:], self.length], strict=True):
                self.record_strip(layer, slice(start, stop), tensor[:, :, start:stop])
            return
        array = tensor[0].detach().float().cpu().numpy()
        if layer is None or name == "residual":
            self.stages.setdefault(name, []).append(array.copy())
            return
        place = self._place(name, layer, array.shape)
        if array.ctypes.data != place.ctypes.data:  # what was made in its place is there
            place[:] = array

    def record_strip(self, layer: int, rows: slice, weights: torch.Tensor) -> None:
        found = weights[0].detach().float().cpu()
        per_query = (len(found), self.length)
        self._place("row_entropy", layer, per_query)[:, rows] = _entropy(found).numpy()
        self._place("row_top", layer, per_query)[:, rows] = found.amax(-1).numpy()
        size = len(self._starts)
        some = slice(*np.searchsorted(self._starts, (rows.start, rows.stop)))
        peaks = self._place("peaks", layer, (len(found), size, size))
        peaks[:, some] = self._peaks(found, self._starts[some] - rows.start)

    def room(self, name: str, layer: int, like: torch.Tensor, width: int) -> torch.Tensor | None:
        B, H, T = like.shape[:3]
        if B != 1 or like.dtype != torch.float32 or like.device.type != "cpu":
            return None
        if not self.keeps_weights:  # of all queries they are made only where a person changed some
            return None if self.length == T else torch.from_numpy(self._shared((H, T, width)))[None]
        return torch.from_numpy(self._place(name, layer, (H, T, width)))[None]

    def _peaks(self, weights: torch.Tensor, starts: np.ndarray) -> np.ndarray:
        """(H, n, w) to (H, blocks, size): the largest of each block; 0 beyond w."""
        found = np.zeros((len(weights), len(starts), len(self._starts)), np.float32)
        columns = self._starts[self._starts < weights.shape[-1]]
        for n, (a, b) in enumerate(zip(starts, [*starts[1:], weights.shape[1]], strict=True)):
            rows = weights[:, a:b].amax(1).numpy()
            np.maximum.reduceat(rows, columns, axis=-1, out=found[:, n, : len(columns)])
        return found

    def _place(self, name: str, layer: int, shape: tuple[int, ...]) -> np.ndarray:
        """Where one layer's part of a stage is made or kept."""
        if name not in self.layers:
            self.layers[name] = np.empty((self.n_layer, *shape), np.float32)
        place: np.ndarray = self.layers[name][layer]
        return place

    def _shared(self, shape: tuple[int, ...]) -> np.ndarray:
        """Where the weights of every strip of every layer are made."""
        if "strip" not in self.layers:
            self.layers["strip"] = np.empty(shape, np.float32)
        return self.layers["strip"]


def _entropy(weights: torch.Tensor) -> torch.Tensor:
    """(..., w) to (...): in nats."""
    return -weights.log().clamp_(min=LOG_OF_NOTHING).mul_(weights).sum(-1)
