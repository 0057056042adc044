"""The state of Mask and scale, as in its URL: both sides' settings, the drawn mask, the sliders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import gpt
from gpt.errors import SwitchError
from gpt.inspect.trace_difference import STAGES
from gpt.nn.masks import parse_mask, refuse_blind
from pages.shared.pair_panel import Paired
from pages.shared.parameters import (
    AtSite,
    Cell,
    OneHead,
    Reads,
    cell,
    choice,
    real,
    scale,
    seed,
    whole,
)
from pages.shared.switch_text import is_drawn, read_mask, switches
from pages.shared.url_fields import parameter

SECTIONS = {
    "compare": "Side by side",
    "write": "What it says",
    "draw": "Draw a mask",
    "softmax": "Sharpness of the softmax",
    "train": "Train it and see",
}
EDITED = "edited"
SIDES = ("a", "b")


@dataclass(frozen=True)
class Setting:
    """One side: the text of a mask, or "edited", and the text of a scale, as in the URL."""

    mask: str
    scale: str


def _read_mask(text: str) -> str:
    if is_drawn(text):
        raise SwitchError(f"a drawn mask belongs under edit; then choose {EDITED!r} here")
    if text != EDITED:
        parse_mask(text)
    return text


def _read_edit(text: str) -> str:
    mask = read_mask(text)
    if not isinstance(mask, str):
        refuse_blind(mask)
    return text


@dataclass(frozen=True)
class MaskScaleState(Reads, AtSite, OneHead, Paired):
    """The page's controls, known before they are drawn.

    Fields:
        show: the stage of the head that both sides draw.
        mask_a, scale_a, mask_b, scale_b: both sides' settings.
        edit: the last usable drawn mask: a name, or a matrix as text.
        cell: the held query and key, if any.
        node: the token whose arrows the graph draws; None: every token's.
        start: the tokens of the prompt before a continuation; None: all but the last ones.
        seed: of the Gaussian draws.
        times: multiplies the lecture's logits.
        multiple: of 1/sqrt(D), the scale of this model's run.
    """

    page: ClassVar[str] = "mask_scale"
    section: str = choice(SECTIONS)
    show: str = choice(STAGES)
    mask_a: str = parameter("model", _read_mask, of_site=True)
    scale_a: str = parameter("model", scale, of_site=True)
    mask_b: str = parameter("none", _read_mask, of_site=True)
    scale_b: str = parameter("model", scale, of_site=True)
    edit: str = parameter("causal", _read_edit, of_site=True)
    cell: Cell | None = cell()
    node: int | None = parameter(None, whole(), nothing="every token")
    start: int | None = parameter(None, whole(1), nothing="all but the last tokens")
    seed: int = seed(1)
    times: float = parameter(8.0, real(0.0, 32.0))
    multiple: float = parameter(1.0, real(0.0, 64.0))

    def first_traced(self) -> gpt.Switches | None:
        """The left side's switches; None for a drawn mask, which is fitted to the prompt first."""
        return None if self.mask_a == EDITED else switches(self.mask_a, self.scale_a)

    @property
    def a(self) -> Setting:
        """The left side's setting."""
        return Setting(self.mask_a, self.scale_a)

    @property
    def b(self) -> Setting:
        """The right side's setting."""
        return Setting(self.mask_b, self.scale_b)
