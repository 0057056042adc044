"""Leave one out: what a classifier says of a text without one of its tokens.

It is exact: the model reads each shorter text anew, so what the token did to all others is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
class LeftOut:
    """What a classifier says of a text, and of the text without each token.

    Fields:
        whole: (K,) logits of the labels for the whole text.
        without: (T, K), for the text without token t; nan for a text of one token.
    """

    whole: np.ndarray
    without: np.ndarray

    def probs(self, label: int) -> np.ndarray:
        """(T,): the probability of a label without token t."""
        return np.asarray(softmax(self.without)[:, label])

    def changes(self, label: int) -> np.ndarray:
        """(T,): the label's probability with token t − without it; above 0, it speaks for it."""
        return np.asarray(softmax(self.whole)[label] - self.probs(label))


@torch.no_grad()
def leave_one_out(model: GPT, ids: Sequence[int], switches: Switches = DEFAULT) -> LeftOut:
    """Classify a text, and the text without each of its tokens: 1 + T readings.

    Args:
        model: a classifier; put into evaluation mode if it is not.
        ids: the text, at least one token.
        switches: changes to every reading; of arrays (T, T), the token's row and column are left
            out too.

    Raises:
        PromptError: the model is no classifier, or cannot read the text.
        SwitchError: switches that do not fit, or that leave a shorter text's token nothing to see.
    """
    if not model.config.is_classifier:
        raise PromptError("this model gives a text no label; choose a run that was trained to")
    tokens = token_ids(ids)
    whole = _logits(model, [tokens], switches)[0]
    if len(tokens) == 1:
        return LeftOut(whole, np.full((1, len(whole)), np.nan, np.float32))
    shorter = [tokens[:t] + tokens[t + 1 :] for t in range(len(tokens))]
    if isinstance(switches.mask, str) and not switches.weights_edit:
        return LeftOut(whole, _logits(model, shorter, switches))
    each = [_logits(model, [row], _without(switches, t)) for t, row in enumerate(shorter)]
    return LeftOut(whole, np.concatenate(each))


def _logits(model: GPT, rows: list[list[int]], switches: Switches) -> np.ndarray:
    """(N, K): the logits of the labels for N texts of one length."""
    device = next(model.parameters()).device
    batch = torch.tensor(rows, dtype=torch.long, device=device)
    logits = [model.eval()(some, switches).float().cpu().numpy() for some in batch.split(AT_ONCE)]
    return np.concatenate(logits)


def _without(switches: Switches, t: int) -> Switches:
    """The switches with row and column t taken out of their arrays."""

    def cut(array: np.ndarray) -> np.ndarray:
        return np.delete(np.delete(np.asarray(array), t, axis=0), t, axis=1)

    mask = switches.mask if isinstance(switches.mask, str) else cut(switches.mask)
    edits = {where: cut(weights) for where, weights in switches.weights_edit.items()}
    return replace(switches, mask=mask, weights_edit=edits)
