"""What Attention shows, as its URL says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import gpt
from gpt.inspect.heads import edits
from pages.parts.attention import attention_pictures
from pages.parts.attention.head_list_text import read_heads
from pages.shared.parameters import (
    Cell,
    OneHead,
    Reads,
    Switched,
    cell,
    checked,
    choice,
    one_of,
    whole,
)
from pages.shared.url_fields import parameter

PATTERNS, OFF, EDIT, REFERENCE = "Patterns", "Switch heads off", "Edit a weight", "Reference"
CHOICES = (PATTERNS, OFF, EDIT, REFERENCE)
OVERS = ("this prompt", "held-out text")
EVERYONE = "everyone"


@dataclass(frozen=True)
class AttentionState(Reads, Switched, OneHead):
    """The page's controls.

    Fields:
        view, sort: what the maps draw, and their order.
        cell: query and key that are locked, if any.
        edit: weights that are replaced, as `edits.parse` reads them.
        solo, hide, pin: the heads that are marked so, as `read_heads` reads them.
        ref_run and so on: the pinned reference; without a run there is none.
        analysis: what is asked below the picture, if anything.
        over, heldout, speaker: what its scores are over, which text, whose words of it.
        token: the next token whose logit is followed; None: the likeliest.
    """

    page: ClassVar[str] = "attention"
    view: str = choice(attention_pictures.VIEWS)
    sort: str = choice(attention_pictures.SORTS)
    cell: Cell | None = cell()
    edit: str = parameter("", checked(edits.parse))
    solo: str = parameter("", checked(read_heads))
    hide: str = parameter("", checked(read_heads))
    pin: str = parameter("", checked(read_heads))
    ref_run: str = parameter("")
    ref_prompt: str = parameter("")
    ref_mask: str = parameter("")
    ref_scale: str = parameter("")
    ref_edit: str = parameter("")
    analysis: str | None = parameter(None, one_of(CHOICES))
    over: str = choice(OVERS)
    heldout: str | None = parameter()
    speaker: str = parameter(EVERYONE)
    token: int | None = parameter(None, whole())

    def first_traced(self) -> gpt.Switches | None:
        """Those of the controls; edited weights need the model first."""
        return None if self.edit else self.switches()
