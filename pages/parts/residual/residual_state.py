"""The state of Residual stream, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import gpt
from pages.shared.parameters import AtSite, Reads, Switched, choice, one_of, whole
from pages.shared.url_fields import parameter

PARTS = (
    "Logit lens",
    "Direct effects",
    "Neurons",
    "Two contexts",
    "Norms",
    "Gradients",
    "Normalization",
)
COLORS = ("probability", "rank", "entropy")
ROWS = ("each branch", "each layer")
OVER = ("mean over positions", "one position")
BARS = ("each part", "each branch")
TRAINED, BEGINNING = "trained", "at the start"
WEIGHTS = (BEGINNING, TRAINED, "both")
SKIPS = {"with skips": True, "without skips": False}
STARTS = ("as the run's", "drawn")


@dataclass(frozen=True)
class ResidualState(Reads, AtSite, Switched):
    """The page's controls.

    Fields:
        position, channel: of the prompt and of the stream; None: the last, the first.
        state: of the stream; None: the last one in the picture.
        color, rows: of the logit lens; None: the fitting ones for the vocabulary.
        norm_of: the mean over positions, or one position.
        logit, minus: tokens; None: the prompt's own next one, none.
        bars: of the direct effects; None: the fitting ones for the model.
        mlp: the layer whose neurons are shown; None: the last.
        other: the second context; None: the second half of the prompt.
        trained, matrices, projections: the choice of gradients.
    """

    page: ClassVar[str] = "residual"
    offered_sites: ClassVar[tuple[str, ...]] = ("encoder", "decoder")
    part: str = choice(PARTS)
    position: int | None = parameter(None, whole(), label="Position", nothing="the last token")
    channel: int = parameter(0, whole(), label="Channel")
    state: int | None = parameter(None, whole(), nothing="the last state")
    color: str = choice(COLORS)
    rows: str | None = parameter(None, one_of(ROWS), nothing="what fits the vocabulary")
    norm_of: str = choice(OVER)
    logit: int | None = parameter(None, whole(), nothing="the prompt's own next token")
    minus: int | None = parameter(None, whole(), nothing="no token")
    bars: str | None = parameter(None, one_of(BARS), nothing="what fits the number of layers")
    mlp: int | None = parameter(None, whole(), label="MLP of layer", nothing="the last layer")
    other: str | None = parameter(nothing="the second half of the prompt")
    trained: str | None = parameter(None, one_of(WEIGHTS), nothing="what the size allows")
    matrices: str = choice(SKIPS)
    projections: str = choice(STARTS)

    def first_traced(self) -> gpt.Switches:
        """The controls' switches."""
        return self.switches()
