"""A text as one tokenizer cuts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from viz.given import Integers


@dataclass(frozen=True, eq=False)
class TokenRow:
    """A text as one tokenizer cuts it.

    Fields:
        title: of the tokenizer.
        facts: what stands beside the title.
        ids: (T,)
        pieces: the text of each token.
        places: (T, 2), first character and the one after the last; None if they are not known;
            then the row lights no other and is never lit.
        refused: why there are no tokens; empty if there are some.
    """

    title: str
    facts: str = ""
    ids: Sequence[int] = ()
    pieces: Sequence[str] = ()
    places: Integers | None = None
    refused: str = ""

    def __post_init__(self) -> None:
        lengths = {len(self.ids), len(self.pieces)}
        if self.places is not None:
            lengths.add(len(self.places))
        if len(lengths) > 1:
            raise ValueError(f"ids, pieces and places must be equally many, got {sorted(lengths)}")
