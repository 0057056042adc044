"""A run that begins with the weights of another one: its body is kept, its head is new."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from gpt.checkpoint import Checkpoint
from gpt.errors import ConfigError
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.training.initial import draw
from gpt.training.runs import INITIAL

HEADS = ("lm_head.", "transform.", "class_head.", "pooler.")


@dataclass(frozen=True)
class Beginning:
    """The first weights of a run.

    Fields:
        model: in evaluation mode.
        run: the name of the run that its body is of.
        step: how many steps that run had done.
    """

    model: GPT
    run: str
    step: int

    def describe(self) -> dict[str, Any]:
        """What the new run's config says of it, as plain JSON types."""
        return {"run": self.run, "step": self.step}

    @property
    def weights(self) -> dict[str, GPT]:
        """The models that the new run keeps, by the names of their files."""
        return {INITIAL: self.model}


def classifier_config(checkpoint: Checkpoint, n_class: int, **changes: Any) -> GPTConfig:
    """The architecture of a classifier with the body of another model.

    A decoder is read at its last token, the only one that has seen the whole text; without a mask
    the mean of all tokens is read.

    Raises:
        ConfigError: a model of two texts, a bigram, or a change that cannot be.
    """
    config = checkpoint.config
    if config.kind == "encoder-decoder" or config.n_layer == 0:
        what = "a bigram" if config.n_layer == 0 else "a model of two texts"
        raise ConfigError(f"{what} has no body for a classifier; choose a decoder or an encoder")
    without_head = dict.fromkeys(("tie_weights", "head_bias", "head_transform"), False)
    pool = "mean" if config.mask == "none" else "last"
    return replace(config, **{**without_head, "n_class": n_class, "pool": pool, **changes})


@torch.no_grad()
def with_new_head(checkpoint: Checkpoint, config: GPTConfig, seed: int) -> Beginning:
    """A classifier whose body has the weights of a checkpoint, and whose head is drawn.

    Args:
        config: as `classifier_config` returns it.
        seed: of the head.
    """
    model, body = draw(config, seed), checkpoint.model.state_dict()
    own = model.state_dict()
    kept = {name: body[name] for name in own if name in body and not name.startswith(HEADS)}
    model.load_state_dict(kept, strict=False)
    step = int(checkpoint.info["weights"].get("step", 0))
    return Beginning(model, checkpoint.path.name, step)
