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
        hidden: the token that a model without labels fills in; None: the one in the middle.
        cell: the held query and key, if any.
    """

    page: ClassVar[str] = "encoder"
    label: int | None = parameter(None, whole(), label="Label", nothing="the likeliest")
    hidden: int | None = parameter(
        None, whole(), label="Hidden token", nothing="the token in the middle"
    )
    cell: Cell | None = cell()
