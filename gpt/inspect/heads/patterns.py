"""Head patterns: how much of its attention a head gives to keys of a known kind.

Each score is a mean over the queries to which its question can be put; 1 means "always". Scores
of several texts are added up as sums and counts, so that every query counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gpt.inspect.heads.analyses import row_entropy
from gpt.inspect.maps import Maps, each

LOCAL = 4
"""Tokens that count as local: itself and the ones just before."""

WORDS: Mapping[str, str] = {
    "previous token": "The weight on the token just before the query.",
    "first token": "The weight on the first token, where a head rests that has nothing to do.",
    "duplicate token": "The weight on earlier occurrences of the query's own token.",
    "induction": "The weight on tokens that follow an earlier occurrence of the query's token: "
    "what came next last time.",
    "local": f"The weight on the {LOCAL} latest tokens, the query's own included, of queries that "
    "may see more.",
    "uniform": "How even a row is: its entropy over the largest that it could have. 1 is the plain "
    "average of all that the query may see.",
}
"""Each pattern's name and what it measures."""

FORMULAS: Mapping[str, str] = {
    "previous token": r"\mathrm{mean}_{i \ge 1}\; w_{i,\,i-1}",
    "first token": r"\mathrm{mean}_{i \ge 1}\; w_{i,\,0}",
    "duplicate token": r"\mathrm{mean}_i \sum_{j < i,\; x_j = x_i} w_{ij}",
    "induction": r"\mathrm{mean}_i \sum_{0 < j < i,\; x_{j-1} = x_i} w_{ij}",
    "local": rf"\mathrm{{mean}}_i \sum_{{i - {LOCAL} < j \le i}} w_{{ij}}",
    "uniform": r"\mathrm{mean}_i \frac{-\sum_j w_{ij} \ln w_{ij}}{\ln n_i}",
}
"""The same in LaTeX: w the weights, x the tokens, query i, key j, n_i keys that query i may see;
sums run over visible keys, means over queries that have such keys (for "uniform": two or more)."""

NAMES = tuple(WORDS)


@dataclass(frozen=True, eq=False)
class Patterns:
    """The scores of every head over one text or several.

    Fields:
        sums: (6, L, H), over queries, in the order of `NAMES`.
        queries: (6,), how many there were.
    """

    sums: np.ndarray
    queries: np.ndarray

    def __add__(self, other: Patterns) -> Patterns:
        return Patterns(self.sums + other.sums, self.queries + other.queries)

    def __getitem__(self, name: str) -> np.ndarray:
        """(L, H): a pattern's score, 0 to 1; nan where no query could be asked."""
        place = NAMES.index(name)
        count = self.queries[place]
        return self.sums[place] / count if count else np.full(self.sums.shape[1:], np.nan)


def patterns(weights: np.ndarray | Maps, ids: np.ndarray, visible: np.ndarray) -> Patterns:
    """Score every head on one text.

    Args:
        weights: (L, H, T, T).
        ids: (T,), the tokens that were read.
        visible: (T, T) bool, True where query i may see key j.

    Source: the names and definitions are those of A Mathematical Framework for Transformer
    Circuits (Elhage et al., 2021) and In-context Learning and Induction Heads (Olsson et al.,
    2022, "prefix matching").
    """
    wanted = targets(ids, visible)
    cells = [np.flatnonzero(wanted[name]) for name in NAMES[:-1]]
    asked = [int(wanted[name].any(-1).sum()) for name in NAMES[:-1]]
    seen = visible.sum(-1)
    many = seen >= 2
    most = np.log(seen[many])
    sums = np.array(
        [
            [*(one.reshape(-1)[of].sum() for of in cells), (row_entropy(one)[many] / most).sum()]
            for one in each(weights)
        ],
        np.float64,
    )
    by_pattern = sums.reshape(*weights.shape[:2], len(NAMES)).transpose(2, 0, 1)
    return Patterns(by_pattern, np.array([*asked, int(many.sum())]))


def targets(ids: np.ndarray, visible: np.ndarray) -> dict[str, np.ndarray]:
    """The keys that each pattern asks for: (T, T) bool by name, of all but "uniform"."""
    ids = np.asarray(ids)
    T = len(ids)
    i, j = np.indices((T, T))
    earlier = (j < i) & visible
    same = ids[:, None] == ids
    after_same = np.zeros_like(same)
    after_same[:, 1:] = same[:, :-1]  # key j follows a token that is the query's
    near = (j <= i) & (j > i - LOCAL) & visible
    sees_more = (visible & ~near).any(-1, keepdims=True)
    return {
        "previous token": earlier & (j == i - 1),
        "first token": earlier & (j == 0),
        "duplicate token": earlier & same,
        "induction": earlier & after_same,
        "local": near & sees_more,
    }
