"""StageRecorder: copies what a trace is made of while the model runs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from gpt.nn.recorder import Recorder
from gpt.nn.switches import Resolved


class StageRecorder(Recorder):
    """Keeps a copy of every tensor of one attention site, in a pass with B = 1.

    What every layer has once is written straight into the array of all layers, so a large stage is
    in memory once and copied once.

    Attributes:
        stages: by name, what is recorded outside the layers or several times a layer.
        layers: by name, (L, …).
        rule: the mask, scale and edits that the attention used; None before the first layer.
    """

    def __init__(self, n_layer: int) -> None:
        self.n_layer = n_layer
        self.stages: dict[str, list[np.ndarray]] = {}
        self.layers: dict[str, np.ndarray] = {}
        self.rule: Resolved | None = None

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        array = tensor[0].detach().float().cpu().numpy()
        if layer is None or name == "residual":
            self.stages.setdefault(name, []).append(array.copy())
        else:
            self.layer(name, layer, array.shape)[:] = array

    def attend(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        layer: int,
        rule: Resolved,
    ) -> torch.Tensor | None:
        """Keep the rule; the model computes the attention itself."""
        self.rule = rule
        return None

    def layer(self, name: str, layer: int, shape: tuple[int, ...]) -> np.ndarray:
        """The part of the stage's array that belongs to one layer, as a view to write into."""
        if name not in self.layers:
            self.layers[name] = np.empty((self.n_layer, *shape), np.float32)
        part: np.ndarray = self.layers[name][layer]
        return part


class SiteRecorders(Recorder):
    """The recorders of a model with several attention sites, by name."""

    def __init__(self, by_site: Mapping[str, StageRecorder]) -> None:
        self.by_site = by_site

    def site(self, name: str) -> Recorder:
        return self.by_site[name]

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        raise AssertionError(f"{name} was recorded without saying at which of {[*self.by_site]}")
