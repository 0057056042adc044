"""StageRecorder: what a trace is made of, written down while the model runs."""

from __future__ import annotations

import numpy as np
import torch

from gpt.nn.recorder import Recorder


class StageRecorder(Recorder):
    """Keeps a copy of every tensor of a pass with B = 1, by stage.

    What every layer has once is written straight to its place among all layers: a large stage is
    in memory only once, and copied once.

    Attributes:
        stages: by name, what is recorded outside the layers or several times a layer.
        layers: by name, (L, …).
    """

    def __init__(self, n_layer: int) -> None:
        self.n_layer = n_layer
        self.stages: dict[str, list[np.ndarray]] = {}
        self.layers: dict[str, np.ndarray] = {}

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        array = tensor[0].detach().float().cpu().numpy()
        if layer is None or name == "residual":
            self.stages.setdefault(name, []).append(array.copy())
        else:
            self.place(name, layer, array.shape)[:] = array

    def place(self, name: str, layer: int, shape: tuple[int, ...]) -> np.ndarray:
        """Where one layer's part of a stage is kept."""
        if name not in self.layers:
            self.layers[name] = np.empty((self.n_layer, *shape), np.float32)
        place: np.ndarray = self.layers[name][layer]
        return place
