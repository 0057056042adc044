"""The feed-forward layer's hidden numbers: which neurons fire on a token, and what each adds.

Two thirds of a GPT's parameters are in these layers. A neuron reads the stream with its row of the
first matrix, the activation bends the sum, and its row of the second matrix is added as often as it
fired: the layer's output is the sum of these rows. So each neuron has a direct effect on a logit.
Source: Geva et al. (2021), feed-forward layers as key-value memories; lecture, 1:24:25.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from gpt.errors import ConfigError
from gpt.inspect.stream.frozen_norm import frozen_norm, state_after, to_logits
from gpt.inspect.trace import Trace
from gpt.nn.blocks import MLP, activate
from gpt.nn.model import GPT


@dataclass(frozen=True, eq=False)
class Neurons:
    """The hidden layer of one block's MLP.

    Fields:
        hidden: (T, F), what each neuron gives at each position, after the activation.
        effects: (F,) what each adds to the logit at one position, directly, in logits.
        bias: what the second matrix's bias adds to it.
        difference: the largest |difference| of the neurons' sum from what the MLP gave.
    """

    hidden: np.ndarray
    effects: np.ndarray
    bias: float
    difference: float

    def strongest(self, count: int) -> list[int]:
        """The neurons whose effects are furthest from 0, the first the furthest."""
        order: list[int] = np.argsort(-np.abs(self.effects), kind="stable")[:count].tolist()
        return order


@torch.no_grad()
def neurons(model: GPT, trace: Trace, layer: int, position: int, token: int) -> Neurons:
    """Open the MLP of one layer of a decoder.

    Args:
        trace: of this model.
        position, token: where a logit is read, and whose.

    Raises:
        ConfigError: the model has no feed-forward layers, or its logits are no sum over its stream.
    """
    mlp = model.blocks[layer].mlp
    if mlp is None:
        raise ConfigError("this model has no feed-forward layers, and so no neurons")
    hidden = _hidden(model, trace, layer, mlp)
    rows, bias = _rows(mlp)
    gave = trace.mlp_out[layer]
    off = layer in trace.switches.mlp_off
    difference = 0.0 if off else float(np.abs(hidden @ rows + bias - gave).max())
    frozen = frozen_norm(model, trace).at(position)
    state = state_after(model.config, layer, "MLP")
    parts = np.concatenate([hidden[position, :, None] * rows, bias[None]])  # (F + 1, C)
    reached = frozen.apply(parts[:, None], state)  # (F + 1, 1, C)
    effects = to_logits(model, reached, [token])[:, 0, 0] * (not off)
    return Neurons(hidden, effects[:-1], float(effects[-1]), difference)


def _hidden(model: GPT, trace: Trace, layer: int, mlp: MLP) -> np.ndarray:
    """(T, F) in float64, from the state that the MLP read."""
    state = torch.from_numpy(trace.residual[state_after(model.config, layer, "MLP") - 1].copy())
    block = model.blocks[layer]
    weight = mlp.fc.weight
    x = state.to(weight.device, weight.dtype)
    if block.ln_2 is not None and model.config.norm == "pre" and not trace.switches.norm_off:
        x = block.ln_2(x)
    hidden = activate(mlp.fc(x), mlp.activation)  # (T, C) -> (T, F)
    return hidden.double().cpu().numpy()


def _rows(mlp: MLP) -> tuple[np.ndarray, np.ndarray]:
    """What a neuron that fires once adds, (F, C), and the bias (C,); both in float64."""
    if mlp.proj is None:
        C = mlp.fc.out_features
        return np.eye(C), np.zeros(C)
    rows = mlp.proj.weight.T.double().cpu().numpy()
    bias = mlp.proj.bias
    return rows, np.zeros(rows.shape[1]) if bias is None else bias.double().cpu().numpy()
