"""Examples of any kind (labelled texts, pairs, prompts with answers), as a run describes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gpt.errors import CheckpointError
from gpt.text import labelled, pairs
from gpt.text.labelled import LabelledExamples
from gpt.text.pairs import PairExamples
from gpt.text.prompted import Comparisons, Demonstrations

KINDS = (labelled.KIND, pairs.KIND, Demonstrations.KIND, Comparisons.KIND)


def from_stored(
    description: dict[str, Any], folder: Path
) -> LabelledExamples | PairExamples | Demonstrations | Comparisons:
    """Read or generate the examples that a run learns from, exactly as they were.

    Args:
        description: what their `describe` returned.
        folder: holds what their `files` returned, if they cannot be generated.

    Raises:
        CheckpointError: a file that is missing or damaged, or a description of another kind.
        TextError: a description of no generator that is known here.
    """
    kind = description.get("kind")
    if kind == labelled.KIND:
        return labelled.from_stored(description, folder)
    if kind == pairs.KIND:
        return pairs.from_stored(description, folder)
    if kind == Demonstrations.KIND:
        return Demonstrations.from_stored(description, folder)
    if kind == Comparisons.KIND:
        return Comparisons.from_stored(description, folder)
    raise CheckpointError(f"examples of the kind {kind!r} are not known; known: {', '.join(KINDS)}")
