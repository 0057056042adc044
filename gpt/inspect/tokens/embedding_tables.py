"""Embeddings: the tables that a model reads its tokens and positions from, and who is near whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.nn.model import GPT
from gpt.nn.positions import rotate

ROWS = 4096
"""Of a table, in double precision at once: GPT-2's whole one would be 300 MB, twice."""


@dataclass(frozen=True)
class Tables:
    """What a model adds up before its first block, and what it reads logits off with.

    Fields:
        token: (V, C), one row a token. With sinusoidal positions the model multiplies it by √C
            when it reads; the table here is the one that is stored.
        position: (block_size, C), learned or sinusoidal; None if nothing is added.
        output: (V, C), the rows of lm_head; None if it is the token table (tied weights), or if the
            model is a classifier or an encoder before a decoder, which have none.
    """

    token: np.ndarray
    position: np.ndarray | None
    output: np.ndarray | None


@torch.no_grad()
def tables(model: GPT) -> Tables:
    """A model's tables, float32, copied."""
    has_own = hasattr(model, "lm_head") and not model.config.tie_weights
    output = _copied(model.lm_head.weight) if has_own else None
    positions = model.positions(0, model.config.block_size, like=model.wte.weight)
    return Tables(
        _copied(model.wte.weight), None if positions is None else _copied(positions), output
    )


def _copied(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy().copy()


def rotations(block_size: int, head_size: int) -> np.ndarray:
    """What rotary positions do to queries and keys: (block_size, D), cosines, then sines.

    Row t, columns d and d + D/2, is where position t turns the pair (1, 0). RoFormer, 3.2.
    """
    pairs = torch.zeros(1, 1, block_size, head_size)
    pairs[..., : head_size // 2] = 1
    return rotate(pairs, start=0)[0, 0].numpy()


def similarity(rows: np.ndarray) -> np.ndarray:
    """Cosine of every row with every row, (N, C) to (N, N), −1 to 1; nan for a row of zeros."""
    unit = _unit(rows)
    return np.clip(unit @ unit.T, -1, 1)


def cosines(table: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Cosine of every row of (N, C) with a vector (C,); nan where either is all zeros."""
    unit = _unit(vector)
    starts = range(0, len(table), ROWS)
    return np.clip(np.concatenate([_unit(table[at : at + ROWS]) @ unit for at in starts]), -1, 1)


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1, in float64."""
    rows = rows.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@dataclass(frozen=True)
class Ranked:
    """Tokens in falling order of their cosine with something.

    Fields:
        ids: (k,).
        cosines: (k,), −1 to 1.
    """

    ids: np.ndarray
    cosines: np.ndarray


def neighbours(table: np.ndarray, token: int, k: int) -> Ranked:
    """The k tokens whose rows point most nearly where the row of `token` does, itself left out.

    Raises:
        PromptError: a token that the table does not have.
    """
    _check(table, token)
    return _ranked(table, table[token], k, leave_out=[token])


def analogy(table: np.ndarray, a: int, b: int, c: int, k: int) -> Ranked:
    """The k tokens nearest to row a − row b + row c; a, b and c themselves are left out.

    Left out because they nearly always win: the sum still points mostly where a and c do.
    Source: Mikolov, Yih and Zweig (2013), "Linguistic Regularities in Continuous Space Word
    Representations", section 4; there the rows are scaled to length 1 first, here they are not.

    Raises:
        PromptError: a token that the table does not have.
    """
    _check(table, a, b, c)
    wide = table.astype(np.float64)
    return _ranked(table, wide[a] - wide[b] + wide[c], k, leave_out=[a, b, c])


def _ranked(table: np.ndarray, vector: np.ndarray, k: int, leave_out: list[int]) -> Ranked:
    values = cosines(table, vector)
    order = np.argsort(-values, kind="stable")  # nan, a row of zeros, comes last
    kept = order[~np.isin(order, leave_out)][:k]
    return Ranked(kept, values[kept])


def _check(table: np.ndarray, *tokens: int) -> None:
    for token in tokens:
        if not 0 <= token < len(table):
            raise PromptError(f"token {token} is not among this model's, 0 to {len(table) - 1:,}")
