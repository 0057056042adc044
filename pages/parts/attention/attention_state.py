"""The state of Attention, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import gpt
from gpt.inspect.heads import edits
from pages.parts.attention import attention_pictures
from pages.parts.attention.head_list_text import read_heads
from pages.shared.parameters import (
    AtSite,
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
class AttentionState(Reads, AtSite, Switched, OneHead):
    """The page's controls.

    Fields:
        view, sort: what the maps draw, and their order.
        cell: the locked query and key, if any.
        edit: the replaced weights, as `edits.parse` reads them.
        solo, hide, pin: the heads with these marks, as `read_heads` reads them.
        ref_run and so on: the pinned reference; no run, no reference.
        analysis: the analysis below the picture, if any.
        over, heldout, speaker: the prompt or a held-out text, which text, and whose words of it.
        token: the next token (or label) whose logit the analysis follows; None: the likeliest.
    """

    page: ClassVar[str] = "attention"
    view: str = choice(attention_pictures.VIEWS)
    sort: str = choice(attention_pictures.SORTS)
    cell: Cell | None = cell()
    edit: str = parameter("", checked(edits.parse), of_site=True)
    solo: str = parameter("", checked(read_heads), of_site=True)
    hide: str = parameter("", checked(read_heads), of_site=True)
    pin: str = parameter("", checked(read_heads), of_site=True)
    ref_run: str = parameter("")
    ref_prompt: str = parameter("")
    ref_source: str = parameter("")
    ref_site: str = parameter("")
    ref_mask: str = parameter("")
    ref_scale: str = parameter("")
    ref_edit: str = parameter("")
    analysis: str | None = parameter(None, one_of(CHOICES), nothing="no analysis")
    over: str = choice(OVERS)
    heldout: str | None = parameter(nothing="the first text")
    speaker: str = parameter(EVERYONE)
    token: int | None = parameter(None, whole(), nothing="the likeliest")

    def first_traced(self) -> gpt.Switches | None:
        """The controls' switches.

        None if weights are edited, because that needs the model first.
        """
        return None if self.edit else self.switches()
