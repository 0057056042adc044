"""Optimizers: which parameters AdamW and Muon take, their learning rates, and their state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from gpt.errors import CheckpointError
from gpt.training.settings import TrainingConfig


class Optimizers:
    """The optimizers of one run, stepped as one.

    Muon (Jordan et al., 2024) takes the matrices inside the blocks of a decoder or an encoder;
    AdamW takes the rest (embeddings, heads, norms and biases), or everything if the config says
    `adamw`.
    """

    def __init__(self, model: nn.Module, config: TrainingConfig) -> None:
        _leave_the_compiler_out()
        self.config = config
        self.parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
        for_muon = [
            p
            for name, p in self.parameters.items()
            if config.optimizer == "muon" and p.dim() == 2 and _is_of_block(name)
        ]
        taken = set(map(id, for_muon))
        rest = [p for p in self.parameters.values() if id(p) not in taken]
        self.all: list[torch.optim.Optimizer] = [self._adamw(rest)]
        if for_muon:
            self.all.append(
                torch.optim.Muon(
                    for_muon, lr=config.muon_learning_rate, weight_decay=config.weight_decay
                )
            )
        self._highest = [optimizer.param_groups[0]["lr"] for optimizer in self.all]

    def _adamw(self, parameters: Iterable[nn.Parameter]) -> torch.optim.AdamW:
        parameters = list(parameters)
        matrices = [p for p in parameters if p.dim() >= 2]
        vectors = [p for p in parameters if p.dim() < 2]
        groups = [
            {"params": matrices, "weight_decay": self.config.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(
            [group for group in groups if group["params"]],
            lr=self.config.learning_rate,
            betas=(self.config.beta1, self.config.beta2),
            fused=True,
        )

    def set_rate(self, factor: float) -> float:
        """Set every learning rate to `factor` of its highest; return AdamW's."""
        for optimizer, highest in zip(self.all, self._highest, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = highest * factor
        return self._highest[0] * factor

    @torch.no_grad()
    def step(self) -> None:
        """Update every parameter and forget the gradients."""
        for optimizer in self.all:
            _plain(type(optimizer).step)(optimizer)
        for parameter in self.parameters.values():
            parameter.grad = None

    def state_tensors(self) -> dict[str, torch.Tensor]:
        """The state of every parameter, "parameter/entry" to tensor."""
        tensors = {}
        for name, parameter in self.parameters.items():
            for optimizer in self.all:
                for entry, value in optimizer.state.get(parameter, {}).items():
                    tensors[f"{name}/{entry}"] = torch.as_tensor(value)
        return tensors

    def load_state_tensors(self, tensors: dict[str, torch.Tensor]) -> None:
        """Put back what `state_tensors` gave.

        Raises:
            CheckpointError: state of a parameter that this model does not have, or has in another
                shape.
        """
        for key, value in tensors.items():
            name, _, entry = key.rpartition("/")
            parameter = self.parameters.get(name)
            if parameter is None:
                raise CheckpointError(
                    f"optimizer.safetensors is of another model: no parameter {name!r}"
                )
            if value.dim() and value.shape != parameter.shape:
                raise CheckpointError(
                    f"optimizer.safetensors is of another model: {key} has shape "
                    f"{tuple(value.shape)}, its parameter {tuple(parameter.shape)}"
                )
            # All of it, the count of steps too: fused AdamW keeps that beside the parameter.
            self._owner(parameter).state[parameter][entry] = value.to(parameter.device)

    def _owner(self, parameter: nn.Parameter) -> torch.optim.Optimizer:
        for optimizer in self.all:
            for group in optimizer.param_groups:
                if any(p is parameter for p in group["params"]):
                    return optimizer
        raise AssertionError("every parameter has an optimizer")


def _is_of_block(name: str) -> bool:
    """Whether a parameter is of a block, of the encoder's too: h.0.attn.…, encoder.h.0.attn.…"""
    return "h" in name.split(".")[:2]


# torch wraps the methods of an optimizer so that its compiler leaves them alone. The wrappers
# import the compiler, which takes as long as torch itself, and 70 MiB. We call the methods inside.


def _plain(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of an optimizer without torch's wrappers; it needs `torch.no_grad`."""
    while hasattr(method, "__wrapped__"):
        method = method.__wrapped__
    return method


def _leave_the_compiler_out() -> None:
    """Let `add_param_group`, which every optimizer calls when it is made, be called itself.

    Its wrapper imports the compiler unless it finds the function to call in this attribute.
    """
    method = _plain(torch.optim.Optimizer.add_param_group)
    if not hasattr(method, "__dynamo_disable"):
        setattr(method, "__dynamo_disable", method)
