"""The state of Home, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import gpt
from gpt.nn.switches import DEFAULT
from pages.shared.parameters import Reads, whole
from pages.shared.url_fields import parameter


@dataclass(frozen=True)
class HomeState(Reads):
    """The page's controls.

    Fields:
        position: of the prompt, the token that is followed; None: the last.
    """

    page: ClassVar[str] = "home"
    position: int | None = parameter(None, whole(), label="Token", nothing="the last token")

    def first_traced(self) -> gpt.Switches:
        """The model as it was trained."""
        return DEFAULT
