"""--source: the text that a model of two texts translates."""

from __future__ import annotations

import gpt
from gpt.errors import PromptError


def check_source(checkpoint: gpt.Checkpoint, source: str | None) -> None:
    """Refuse a source for a model of one text, and a model of two texts without one.

    Raises:
        PromptError: either.
    """
    is_pair = checkpoint.kind == "encoder-decoder"
    if is_pair and source is None:
        raise PromptError(
            f"{checkpoint.path.name} reads one text and writes another; name the first: --source"
        )
    if not is_pair and source is not None:
        raise PromptError(f"{checkpoint.path.name} reads one text only; leave --source out")
