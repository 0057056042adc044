"""Classifier: a Transformer that gives a whole text a label.

It has the body of `GPT`; what follows the blocks is a classification head. Without a mask the body
is an encoder, as in BERT: every token sees the whole sentence.
"""

from __future__ import annotations

import torch
from torch import nn

from gpt.nn.blocks import activate
from gpt.nn.config import GPTConfig
from gpt.nn.dropout import Dropout
from gpt.nn.model import GPT
from gpt.nn.padding import real_tokens
from gpt.nn.recorder import Recorder
from gpt.nn.switches import DEFAULT, Switches


class Classifier(GPT):
    """A Transformer with a classification head, as its `config` says.

    Call it with ids (B, T), `PADDING` after the end of a shorter text; it returns logits (B, K).
    """

    def add_head(self, config: GPTConfig) -> None:
        """Add the classification head."""
        C, K = config.n_embd, config.n_class
        self.pooler = nn.Linear(C, C) if config.pool_activation != "none" else None
        self.drop_pooled = Dropout(config.dropout)
        self.class_head = nn.Linear(C, K)

    def tie(self) -> None:
        """A classifier has no parts that share their numbers."""

    def forward(  # type: ignore[override]
        self,
        ids: torch.Tensor,
        switches: Switches = DEFAULT,
        recorder: Recorder | None = None,
    ) -> torch.Tensor:
        """Read texts and weigh the labels: (B, T) to logits (B, K).

        Raises:
            PromptError: no token, too many tokens, or an id outside the vocabulary.
            SwitchError: switches that do not fit this model or context.
        """
        return self.classify(self.read(ids, switches, recorder), real_tokens(ids))

    def classify(self, x: torch.Tensor, real: torch.Tensor | None = None) -> torch.Tensor:
        """The states of every token, (B, T, C), to logits (B, K).

        Args:
            real: (B, T) bool, False where a token is padding; None: there is none.
        """
        pooled = pool(x, real, self.config.pool)  # (B, T, C) -> (B, C)
        if self.pooler is not None:
            pooled = activate(self.pooler(pooled), self.config.pool_activation)  # (B, C)
        return self.class_head(self.drop_pooled(pooled))  # (B, C) -> (B, K)


def pool(x: torch.Tensor, real: torch.Tensor | None, how: str) -> torch.Tensor:
    """One state for a whole text: the mean of its tokens' states, or the first or last of them.

    Args:
        x: (B, T, C).
        real: (B, T) bool, False where a token is padding or hidden; None: there is none.
        how: "mean", "first" or "last".

    Returns:
        (B, C).
    """
    if how == "first":
        return x[:, 0]
    if real is None:
        return x.mean(1) if how == "mean" else x[:, -1]
    if how == "last":
        places = torch.arange(x.shape[1], device=x.device)  # (T,)
        last = (places * real).argmax(1)  # (T,) * (B, T) -> (B,)
        return x[torch.arange(len(x), device=x.device), last]
    total = torch.where(real[..., None], x, 0).sum(1)  # (B, T, C) -> (B, C)
    return total / real.sum(1, keepdim=True).to(x.dtype)
