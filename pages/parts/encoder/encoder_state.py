"""The state of Encoder, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pages.shared.parameters import Cell, OneHead, Reads, cell, whole
from pages.shared.url_fields import parameter


@dataclass(frozen=True)
class EncoderState(Reads, OneHead):
    """The page's controls.

    Fields:
        label: the one that the tokens are weighed for; None: the likeliest.
        cell: the held query and key, if any.
    """

    page: ClassVar[str] = "encoder"
    label: int | None = parameter(None, whole(), label="Label", nothing="the likeliest")
    cell: Cell | None = cell()
