"""StageRecorder: copies what a trace is made of while the model runs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from gpt.inspect.one_memory import OneMemory
from gpt.nn.attention import take
from gpt.nn.recorder import Recorder
from gpt.nn.switches import Resolved


class StageRecorder(Recorder):
    """Keeps a copy of every tensor of one attention site, in a pass with B = 1.

    What every layer has is written straight into the array of all layers, so a large stage is in
    memory once and copied once.

    Args:
        n_layer: L.
        n_states: states of the residual stream, 2L+1 say; 0 in cross-attention, which has none.
        memory: what the arrays are cut from; None gives each its own.

    Attributes:
        stages: by name, what is recorded outside the layers.
        layers: by name, (L, …).
        residual: (n_states, T, C); None before the first state.
        rule: the mask, scale and edits that the attention used; None before the first layer.
    """

    def __init__(self, n_layer: int, n_states: int, memory: OneMemory | None = None) -> None:
        self.n_layer, self.n_states = n_layer, n_states
        self.memory = memory or OneMemory(0)
        self.stages: dict[str, np.ndarray] = {}
        self.layers: dict[str, np.ndarray] = {}
        self.residual: np.ndarray | None = None
        self.rule: Resolved | None = None
        self._next_state = 0
        self._ceiling: torch.Tensor | None = None

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        array = tensor.float().numpy(force=True)[0]
        if name == "residual":
            self._keep_state(array)
        elif layer is None:
            self.stages[name] = array.copy()
        else:
            self.layer(name, layer, array.shape)[:] = array

    def _keep_state(self, state: np.ndarray) -> None:
        if self.residual is None:
            self.residual = self.memory.empty((self.n_states, *state.shape))
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
        """Compute the weights where they are kept, which spares copies as large as they are.

        The model computes a layer whose weights are edited, or are no float32 on a processor.
        """
        H, T, S = queries.shape[1], queries.shape[2], keys.shape[2]
        if rule is not self.rule:
            self.rule, self._ceiling = rule, ceiling(rule.visible(T))
        if rule.edits_of(layer) or queries.dtype != torch.float32 or queries.device.type != "cpu":
            return None
        weights = torch.from_numpy(self.layer("weights", layer, (H, T, S)))[None]  # (1, H, T, S)
        scale, temperature = rule.scale, rule.switches.temperature
        weights_in_place(queries, keys, self._ceiling, scale, temperature, weights)
        return take(weights, values)

    def layer(self, name: str, layer: int, shape: tuple[int, ...]) -> np.ndarray:
        """The part of the stage's array that belongs to one layer, as a view to write into."""
        if name not in self.layers:
            self.layers[name] = self.memory.empty((self.n_layer, *shape))
        part: np.ndarray = self.layers[name][layer]
        return part


def ceiling(mask: torch.Tensor | None) -> torch.Tensor | None:
    """What a score can be at most: ∞ where a mask (..., T, m) is True, −∞ where it is not."""
    return None if mask is None else torch.where(mask, torch.inf, -torch.inf)


def weights_in_place(
    queries: torch.Tensor,
    keys: torch.Tensor,
    partial: torch.Tensor | None,
    scale: float,
    temperature: float,
    out: torch.Tensor | None,
) -> torch.Tensor:
    """`gpt.nn.attention.attention_weights`; each step overwrites the last, without autograd.

    A minimum takes a ninth of the time of `masked_fill_`.

    Args:
        queries: (..., T, D).
        keys: (..., S, D).
        partial: (..., T, m), the `ceiling` of the last m keys; every query sees those before them.
            None if every query sees every key.
        out: (..., T, S) that is written over and returned; None takes new memory.
    """
    scores = torch.matmul(queries, keys.transpose(-2, -1), out=out)  # (..., T, S)
    masked = scores.mul_(scale)
    if partial is not None:
        last = masked[..., -partial.shape[-1] :]  # (..., T, m)
        torch.minimum(last, partial, out=last)
    if temperature != 1:
        masked.div_(temperature)
    return torch.softmax(masked, dim=-1, out=out)


class SiteRecorders(Recorder):
    """The recorders of a model with several attention sites, by name."""

    def __init__(self, by_site: Mapping[str, StageRecorder]) -> None:
        self.by_site = by_site

    def site(self, name: str) -> Recorder:
        return self.by_site[name]

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        raise AssertionError(f"{name} was recorded without saying at which of {[*self.by_site]}")
