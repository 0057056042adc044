"""The first weights of an assistant: another run's, with rows for the tokens that are new."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch

from gpt.checkpoint import Checkpoint
from gpt.errors import ConfigError
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.shape_only import shape_only
from gpt.text.prompted import PREFERENCE, Comparisons, Demonstrations
from gpt.text.template import extended
from gpt.training.beginning import Beginning, classifier_config, with_new_head
from gpt.training.runs import REWARD

OF_THE_VOCABULARY = ("wte.weight", "lm_head.weight", "lm_head.bias")
NEW_ROWS = "drawn from a normal distribution with the mean and the deviation of each channel"
"""How the rows of new tokens start (Hewitt, 2021, "Initializing new word embeddings")."""


@dataclass(frozen=True)
class Widened(Beginning):
    """The first weights of a run whose vocabulary has new tokens.

    Fields:
        added: the new characters, in the order of their ids.
        reward: the reward model that the run follows, if it follows one.
    """

    added: str = ""
    reward: Checkpoint | None = None

    def describe(self) -> dict[str, Any]:
        """What the new run's config says of it, as plain JSON types."""
        rows = {"added": self.added, "new_rows": NEW_ROWS} if self.added else {}
        followed: dict[str, Any] = {}
        if self.reward is not None:
            followed = {
                "reward": self.reward.path.name,
                "reward_model": self.reward.config.to_dict(),
            }
        return {**super().describe(), **rows, **followed}

    @property
    def weights(self) -> dict[str, GPT]:
        """The models that the new run keeps, by the names of their files."""
        return {**super().weights, **({REWARD: self.reward.model} if self.reward else {})}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about it, a sentence each."""
        if not self.added:
            return ()
        return (
            f"New tokens, as this vocabulary lacks them: {self.added!r}. Every old row stays; the "
            f"new ones are {NEW_ROWS}.",
        )


def assistant_start(
    checkpoint: Checkpoint, data: Demonstrations | Comparisons, seed: int
) -> tuple[Checkpoint, Widened]:
    """A decoder that has a token for every character of the data and for the template's signs.

    Returns:
        The checkpoint with the longer vocabulary, and what a run begins from.

    Raises:
        ConfigError: a model that writes no text.
        TokenizerError: tokens are missing, and none can be added to this kind of tokenizer.
    """
    config = checkpoint.config
    if config.kind != "decoder" or config.is_classifier or config.n_layer == 0:
        raise ConfigError(
            f"the run {checkpoint.path.name!r} has no decoder that could learn to answer: choose a "
            "run of a decoder with at least one layer, which predicts the next token"
        )
    tokenizer, added = extended(checkpoint.tokenizer, data.text)
    model = widened(checkpoint.model, len(added), seed)
    wider = replace(checkpoint, model=model, tokenizer=tokenizer, config=model.config)
    step = int(checkpoint.info["weights"].get("step", 0))
    return wider, Widened(model, checkpoint.path.name, step, added)


def reward_start(
    checkpoint: Checkpoint, data: Comparisons, seed: int, **changes: Any
) -> tuple[Checkpoint, Widened]:
    """The same body with a new head that weighs an answer by the state of its last token.

    Raises:
        ConfigError, TokenizerError: as `assistant_start`.
    """
    wider, start = assistant_start(checkpoint, data, seed)
    config = classifier_config(wider, len(PREFERENCE), **changes)
    model = with_new_head(wider, config, seed).model
    return replace(wider, model=model, config=config), replace(start, model=model)


def following(start: Widened, policy: Checkpoint, reward: Checkpoint) -> Widened:
    """The same beginning, of a run that follows a reward model.

    Raises:
        ConfigError: it is no reward model, or reads other tokens or shorter texts than the policy.
    """
    name = reward.path.name
    if (reward.info.get("training") or {}).get("task") != "reward":
        raise ConfigError(f"the run {name!r} is no reward model; train one with --task reward")
    if reward.tokenizer.to_json() != policy.tokenizer.to_json():
        raise ConfigError(
            f"the reward model {name!r} reads other tokens than the model that begins; train it "
            "from the same run"
        )
    if reward.config.block_size < policy.config.block_size:
        raise ConfigError(
            f"the reward model {name!r} reads up to {reward.config.block_size:,} tokens, and the "
            f"model that begins writes up to {policy.config.block_size:,}; train it from the same "
            "run"
        )
    return replace(start, reward=reward)


@torch.no_grad()
def widened(model: GPT, new: int, seed: int) -> GPT:
    """A decoder with `new` more tokens; every old row stays, in place and in value.

    Args:
        seed: of the new rows, see `NEW_ROWS`.
    """
    if not new:
        return model
    config: GPTConfig = replace(model.config, vocab_size=model.config.vocab_size + new)
    generator = torch.Generator().manual_seed(seed)
    tensors = dict(model.state_dict())
    for name in OF_THE_VOCABULARY:
        if name in tensors and not (name != "wte.weight" and config.tie_weights):
            tensors[name] = _with_rows(tensors[name], new, generator)
    if config.tie_weights:
        tensors["lm_head.weight"] = tensors["wte.weight"]
    with shape_only():
        wider = build(config)
    wider.load_state_dict(tensors, assign=True)
    wider.tie()
    return wider.eval()


def _with_rows(rows: torch.Tensor, new: int, generator: torch.Generator) -> torch.Tensor:
    """(V, …) rows and `new` more, drawn with the mean and the deviation over the old ones."""
    shape = (new, *rows.shape[1:])
    drawn = torch.randn(shape, generator=generator)
    return torch.cat((rows, rows.mean(0) + drawn * rows.std(0, correction=0)))
