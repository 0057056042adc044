"""StageRecorder: copies what a trace is made of while the model runs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from gpt.nn.recorder import Recorder
from gpt.nn.switches import Resolved


class StageRecorder(Recorder):
    """Keeps a copy of every tensor of one attention site, in a pass with B = 1.

    What every layer has is written straight into the array of all layers, so a large stage is in
    memory once and copied once.

    Args:
        n_layer: L.
        n_states: states of the residual stream, 2L+1 say; 0 in cross-attention, which has none.

    Attributes:
        stages: by name, what is recorded outside the layers.
        layers: by name, (L, …).
        residual: (n_states, T, C); None before the first state.
        rule: the mask, scale and edits that the attention used; None before the first layer.
    """

    def __init__(self, n_layer: int, n_states: int) -> None:
        self.n_layer, self.n_states = n_layer, n_states
        self.stages: dict[str, np.ndarray] = {}
        self.layers: dict[str, np.ndarray] = {}
        self.residual: np.ndarray | None = None
        self.rule: Resolved | None = None
        self._next_state = 0

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        array = tensor[0].float().numpy(force=True)
        if name == "residual":
            self._keep_state(array)
        elif layer is None:
            self.stages[name] = array.copy()
        else:
            self.layer(name, layer, array.shape)[:] = array

    def _keep_state(self, state: np.ndarray) -> None:
        if self.residual is None:
            self.residual = np.empty((self.n_states, *state.shape), np.float32)
        self.residual[self._next_state] = state
        self._next_state += 1

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
