"""Readout: the positions of the stream that a logit is read from, and the rows that read it.

The logit of a next token is read at one position, by the token's row of the output embedding. That
of a label is read from the mean of all positions (or from the first or the last), by the label's
row of the classification head. A mean is linear too, so a label's logit is a sum over the parts of
the stream as a token's is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.inspect.stream.frozen_norm import Numbers
from gpt.inspect.trace import Trace
from gpt.nn.classifier import Classifier
from gpt.nn.model import GPT


@dataclass(frozen=True, eq=False)
class Readout:
    """Where one logit is read, or the difference of two.

    Fields:
        positions: P neighbours in the stream, whose mean is read.
        rows: (1, C), or (2, C) if the second one's logit is subtracted.
        biases: (1,) or (2,); None if there are none.
        logits: (1,) or (2,), as the model computed them.
    """

    positions: slice
    rows: Numbers
    biases: Numbers | None
    logits: Numbers

    def push(self, normed: Numbers) -> float:
        """What vectors (P, C), past every norm, add to the logit or to the difference."""
        return difference(self.rows @ normed.mean(0))


def difference(logits: Numbers) -> float:
    """A logit by itself, or less a second one."""
    return float(logits[0] - logits[1]) if len(logits) == 2 else float(logits[0])


def of_tokens(model: GPT, trace: Trace, position: int, tokens: Sequence[int]) -> Readout:
    """The logits of one or two next tokens, at a position.

    Raises:
        PromptError: a position or a token that is not there.
    """
    T = len(trace.ids)
    if not 0 <= position < T:
        raise PromptError(f"there is no position {position}; the prompt's are 0 to {T - 1:,}")
    _check(tokens, trace.config.vocab_size, "token", "the vocabulary's")
    head = cast(torch.nn.Linear, model.lm_head)
    logits = trace.logits_at(position)
    return Readout(slice(position, position + 1), *_rows(head, tokens), _wide(logits[[*tokens]]))


def of_labels(model: GPT, trace: Trace, labels: Sequence[int]) -> Readout:
    """The logits of one or two labels, read from the whole text.

    Raises:
        PromptError: a label that is not there, or a model that gives none.
    """
    logits = trace.class_logits
    _check(labels, trace.config.n_class, "label", "the model's")
    T = len(trace.ids)
    positions = {"mean": slice(0, T), "first": slice(0, 1), "last": slice(T - 1, T)}
    head = cast(Classifier, model).class_head
    return Readout(positions[trace.config.pool], *_rows(head, labels), _wide(logits[[*labels]]))


def _rows(head: torch.nn.Linear, chosen: Sequence[int]) -> tuple[Numbers, Numbers | None]:
    """Some rows of a last matrix with their biases, in float64."""
    rows = head.weight.detach()[[*chosen]].double().cpu().numpy()
    bias: torch.Tensor | None = head.bias
    return rows, None if bias is None else bias.detach()[[*chosen]].double().cpu().numpy()


def _wide(logits: np.ndarray) -> Numbers:
    return logits.astype(np.float64)


def _check(chosen: Sequence[int], count: int, kind: str, whose: str) -> None:
    for index in chosen:
        if not 0 <= index < count:
            raise PromptError(f"there is no {kind} {index}; {whose} are 0 to {count - 1:,}")
