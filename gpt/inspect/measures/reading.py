"""Reading: a model, the text that it reads and one of its heads, from which a number is measured.

A measure is a pure function of a reading. It answers a question that a person has answered first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from gpt.checkpoint import Checkpoint
from gpt.errors import PromptError
from gpt.inspect.heads.head_entropy import largest_first
from gpt.inspect.heads.patterns import NAMES, patterns
from gpt.inspect.site import AttentionSite
from gpt.inspect.trace import Trace, trace
from gpt.nn.switches import DEFAULT, Switches

Head = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Reading:
    """What a number is measured on.

    Fields:
        checkpoint: the run.
        ids: the tokens that it reads; of a model of two texts, those of the target.
        source: of a model of two texts, the tokens that its encoder reads.
        head: the layer and the head that are looked at, if any.
        traced: how a pass is traced; a page gives one that keeps its traces.
    """

    checkpoint: Checkpoint
    ids: tuple[int, ...]
    source: tuple[int, ...] = ()
    head: Head | None = None
    traced: Callable[[Switches], Trace] | None = None

    def trace(self, switches: Switches = DEFAULT) -> Trace:
        """The forward pass under switches."""
        if self.traced is not None:
            return self.traced(switches)
        return trace(self.checkpoint.model, self.ids, switches, self.source or None)

    def attention(self, switches: Switches = DEFAULT) -> AttentionSite:
        """The attention that is looked at: of a model of two texts, from one to the other."""
        traced = self.trace(switches)
        return traced.cross if self.source else traced

    def one_head(self) -> Head:
        """The head that is looked at.

        Raises:
            PromptError: nobody chose one.
        """
        if self.head is None:
            raise PromptError("this question is about one head; name the pattern that it has")
        return self.head

    def token(self, position: int) -> str:
        """The text of the token that is read at a position."""
        return self.checkpoint.tokenizer.pieces(self.ids)[position]

    def key_token(self, position: int) -> str:
        """The text of the token that is looked at, at a position: of the source if there is one."""
        if not self.source:
            return self.token(position)
        return self.checkpoint.source_tokenizer.pieces(self.source)[position]


@dataclass(frozen=True)
class Measured:
    """A number of a model on a text.

    Fields:
        value: the number; a place of a token, or a layer, counts from 0.
        numbers: it and what it came from, by name, for a sentence about it.
    """

    value: float
    numbers: Mapping[str, float | str] = field(default_factory=dict)


def head_with(pattern: str, reading: Reading) -> Head:
    """The head that has a pattern most, on the text of a reading.

    Args:
        pattern: one of `gpt.inspect.heads.patterns.NAMES`; or "strongest", the head whose largest
            weights are largest, which cross-attention has too.

    Raises:
        PromptError: no head has any of it, or the model has no heads.
    """
    site = reading.attention()
    if not site.shape[0]:
        raise PromptError("this model has no heads")
    if pattern == "strongest":
        scores = site.row_top.mean(-1)
    else:
        ids, pieces = np.array(reading.ids), reading.checkpoint.tokenizer.pieces(reading.ids)
        scores = patterns(site.maps("weights"), ids, site.visible, pieces)[pattern]
    if np.isnan(scores).all():
        raise PromptError(f"no token of this text can be looked at as {pattern!r} says")
    return largest_first(scores)[0]


PATTERNS = (*NAMES, "strongest")
"""What `head_with` can look for."""
