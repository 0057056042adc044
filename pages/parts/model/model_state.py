"""The state of Model, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pages.shared.parameters import OfRun, flag
from pages.shared.url_fields import parameter

ALL = "all"


@dataclass(frozen=True)
class ModelState(OfRun):
    """The page's controls.

    Fields:
        part: of the model, by its name.
        tensor: by its name; None: the part's first.
        scaled: whether known sizes stand beside the model's.
    """

    page: ClassVar[str] = "model"
    part: str = parameter(ALL)
    tensor: str | None = parameter(nothing="the part's first")
    scaled: bool = parameter(False, flag)
