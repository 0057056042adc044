"""StageRecorder: what a trace is made of, written down while the model runs."""

from __future__ import annotations

import numpy as np
import torch

from gpt.inspect.heads.analyses import row_entropy
from gpt.nn.recorder import Recorder


class StageRecorder(Recorder):
    """Keeps a copy of every tensor of a pass with B = 1, by stage.

    What every layer has once is written straight to its place among all layers: a large stage is
    in memory only once, and copied once. Weights that are too large to be kept are all made in the
    same place, one layer after the other, and only their entropies are kept.
    """

    def __init__(self, n_layer: int, keeps_weights: bool) -> None:
        self.n_layer, self.keeps_weights = n_layer, keeps_weights
        self.stages: dict[str, list[np.ndarray]] = {}
        self.layers: dict[str, np.ndarray] = {}

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        array = tensor[0].detach().float().cpu().numpy()
        if name == "weights" and not self.keeps_weights:
            name, array = "row_entropy", row_entropy(array)
        if layer is None or name == "residual":
            self.stages.setdefault(name, []).append(array.copy())
            return
        place = self._place(name, layer, array.shape)
        if array.ctypes.data != place.ctypes.data:  # what was made in its place is there
            place[:] = array

    def room(self, name: str, layer: int, like: torch.Tensor, width: int) -> torch.Tensor | None:
        B, H, T = like.shape[:3]
        if B != 1 or like.dtype != torch.float32 or like.device.type != "cpu":
            return None
        return torch.from_numpy(self._place(name, layer, (H, T, width)))[None]

    def _place(self, name: str, layer: int, shape: tuple[int, ...]) -> np.ndarray:
        """Where one layer's part of a stage is made or kept."""
        shared = name == "weights" and not self.keeps_weights
        if name not in self.layers:
            self.layers[name] = np.empty((1 if shared else self.n_layer, *shape), np.float32)
        place: np.ndarray = self.layers[name][0 if shared else layer]
        return place
