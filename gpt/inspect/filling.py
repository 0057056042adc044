"""Filling in: what an encoder says that stands at a hidden token, and what told it so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.inspect.ids import token_ids
from gpt.inspect.sampling import softmax
from gpt.nn.model import GPT
from gpt.nn.switches import DEFAULT, Switches

AT_ONCE = 64
"""Texts in one batch."""


@dataclass(frozen=True, eq=False)
class Filled:
    """What a model says of one hidden token.

    Fields:
        ids: (T,) the text as the model read it, the token hidden.
        probs: (V,) the probability of every token at the hidden position.
        without: (T, V) the same with token t hidden too; the row of the hidden position is nan.
    """

    ids: list[int]
    probs: np.ndarray
    without: np.ndarray

    def changes(self, token: int) -> np.ndarray:
        """(T,): a token's probability − that with token t hidden too; above 0, t spoke for it."""
        return np.asarray(self.probs[token] - self.without[:, token])


@torch.no_grad()
def fill(
    model: GPT, ids: Sequence[int], position: int, mark: int, switches: Switches = DEFAULT
) -> Filled:
    """Hide a token of a text, then each other one with it: T readings.

    It is exact: the model reads each text anew, so what the other tokens did to each other counts.

    Args:
        model: one that predicts tokens; put into evaluation mode if it is not.
        ids: the text, at least one token.
        position: which token is hidden, 0 to T−1.
        mark: the id that stands for a hidden token.
        switches: changes to every reading.

    Raises:
        PromptError: a position that is not there, a classifier, or a text that cannot be read.
        SwitchError: switches that do not fit.
    """
    if model.config.is_classifier:
        raise PromptError("this model gives a text a label and fills in no token")
    hidden = with_hidden(ids, position, mark)
    # Where t is the hidden position, nothing more is hidden: that text is the one asked about.
    texts = [with_hidden(hidden, t, mark) for t in range(len(hidden))]
    device = next(model.parameters()).device
    rows = torch.tensor(texts, dtype=torch.long, device=device)  # (T, T)
    read = [model.eval()(some, switches)[:, position] for some in rows.split(AT_ONCE)]
    probs = softmax(torch.cat(read).float().cpu().numpy())  # (T, V)
    without = probs.copy()
    without[position] = np.nan
    return Filled(hidden, probs[position], without)


def with_hidden(ids: Sequence[int], position: int, mark: int) -> list[int]:
    """A text with one token hidden.

    >>> with_hidden([5, 6, 7], 1, mark=9)
    [5, 9, 7]

    Raises:
        PromptError: a position that is not there.
    """
    tokens = token_ids(ids)
    if not 0 <= position < len(tokens):
        raise PromptError(f"there is no token {position}; the text's are 0 to {len(tokens) - 1:,}")
    return [*tokens[:position], mark, *tokens[position + 1 :]]
