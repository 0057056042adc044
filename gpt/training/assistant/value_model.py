"""The value model of PPO: what reward it expects before each token, and how it learns that.

It has the architecture of the reward model and begins with its weights (Ouyang et al., 2022,
appendix C.4); the state of every token is weighed, not only that of the last one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch

from gpt import memory
from gpt.checkpoint import model_config
from gpt.errors import CheckpointError
from gpt.nn.classifier import Classifier
from gpt.nn.config import GPTConfig
from gpt.training.assistant.objectives import masked_mean
from gpt.training.files import Writers
from gpt.training.needs import OPTIMIZER_NUMBERS
from gpt.weights_file import load_tensors, load_weights, save_tensors, save_weights

WEIGHTS, OPTIMIZER = "value.safetensors", "value_optimizer.safetensors"


def reward_config(info: Mapping[str, Any]) -> GPTConfig:
    """The architecture of the reward model that a run of PPO follows, out of its config.json.

    Raises:
        CheckpointError: it is not described there, or cannot be.
    """
    reward = (info.get("begun_from") or {}).get("reward_model")
    if reward is None:
        raise CheckpointError("its config.json does not describe the reward model that it follows")
    return model_config({"model": reward})


def values(model: Classifier, ids: torch.Tensor) -> torch.Tensor:
    """What a model expects after each token: (B, T) ids to (B, T)."""
    logits = model.class_head(model.read(ids))  # (B, T, C) -> (B, T, 2)
    return (logits[..., 1] - logits[..., 0]).float()


class ValueModel:
    """A value model and its optimizer (AdamW).

    Args:
        model: with its first weights.
    """

    def __init__(self, model: Classifier, rate: float) -> None:
        self.model = model.eval().requires_grad_(True)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=0.0)

    @torch.no_grad()
    def expected(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, T): what it expects after each token."""
        return values(self.model, ids)

    def learn(self, ids: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor) -> float:
        """Take a step towards what came: the squared error over the mask, halved."""
        self.model.to(ids.device)
        loss = masked_mean((values(self.model, ids) - returns) ** 2, mask) / 2
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def writers(self) -> Writers:
        """The files that a checkpoint keeps."""
        return {
            WEIGHTS: partial(save_weights, self.model, metadata={}),
            OPTIMIZER: partial(save_tensors, self._state()),
        }

    def _state(self) -> dict[str, torch.Tensor]:
        """The state of the optimizer by parameter; empty before its first step."""
        state = self.optimizer.state_dict()["state"]
        return {
            f"{number}.{key}": torch.as_tensor(tensor).detach().clone()
            for number, kept in state.items()
            for key, tensor in kept.items()
        }

    def read(self, folder: Path, config: GPTConfig) -> None:
        """Go on from the last checkpoint of a run.

        Raises:
            CheckpointError: a file is missing or damaged.
        """
        kept, _ = load_weights(folder / WEIGHTS, config)
        self.model.load_state_dict(kept.state_dict())
        numbers = sum(OPTIMIZER_NUMBERS * p.numel() + 1 for p in self.model.parameters())
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in load_tensors(folder / OPTIMIZER, memory.NUMBER_BYTES * numbers).items():
            number, _, key = name.partition(".")
            state.setdefault(int(number), {})[key] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})
