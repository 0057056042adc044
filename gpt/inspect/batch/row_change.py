"""Rows of a batch never talk to each other: change a token in one, and see whose logits move.

The B rows of a batch go through the same matrices side by side; no product ever adds numbers of two
rows, so the others come out bit for bit as before. Source: lecture, 1:13:16.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.nn.model import GPT


@dataclass(frozen=True, eq=False)
class RowChange:
    """What a changed token of one row does to all rows' logits.

    Fields:
        row, position: where the token stands.
        before, after: its id.
        moved: (B, T), the largest |change| of a logit at each place.
        shape: of the logits: (B, T, V).
    """

    row: int
    position: int
    before: int
    after: int
    moved: np.ndarray
    shape: tuple[int, int, int]

    @property
    def on_other_rows(self) -> float:
        """The largest |change| in the other rows; 0 if there is no other row."""
        others = np.arange(len(self.moved)) != self.row
        return float(self.moved[others].max(initial=0.0))

    @property
    def on_earlier_tokens(self) -> float:
        """The largest |change| in the same row, before the changed token; 0 if it is the first."""
        return float(self.moved[self.row, : self.position].max(initial=0.0))


@torch.no_grad()
def change_one_token(model: GPT, x: np.ndarray, row: int, position: int, id: int) -> RowChange:
    """Read a batch twice, the second time with one token changed.

    Args:
        model: a decoder; read in evaluation mode, since dropout would draw anew.
        x: (B, T) ids.
        id: the new token.

    Raises:
        PromptError: no such row, or no such position in it.
    """
    B, T = x.shape
    if not (0 <= row < B and 0 <= position < T):
        raise PromptError(
            f"row {row}, position {position} is not in this batch: it has rows 0 to {B - 1} and "
            f"positions 0 to {T - 1}"
        )
    changed = x.copy()
    changed[row, position] = id
    model.eval()
    device = next(model.parameters()).device
    before, after = (model(torch.tensor(ids, device=device)).float() for ids in (x, changed))
    moved = (after - before).abs().amax(-1).cpu().numpy()  # (B, T, V) -> (B, T)
    return RowChange(row, position, int(x[row, position]), id, moved, (B, T, before.shape[-1]))
