"""Head patterns: how much of its attention a head gives to keys of a known kind.

Each score is a mean over the queries that have such keys; 1 means "always". The scores of several
texts are added up as sums and counts, so that every query counts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gpt.errors import ConfigError
from gpt.inspect.heads.head_entropy import row_entropy
from gpt.inspect.heads.word_targets import word_targets
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
    "word before": "The weight on the tokens of the word before the query's own word.",
    "earlier mention": "The weight on earlier occurrences of the query's word, of queries that end "
    "a name, mostly: a word with a capital letter that begins no sentence.",
    "name to come": "The weight on earlier occurrences of the name that comes next, of queries "
    "right before it: where a model looks up who is spoken of.",
    "opening quotation mark": "The weight on the mark that opened the quotation in which the query "
    "stands.",
    "uniform": "How even a row is: its entropy over the largest that it could have. 1 is the plain "
    "average of all that the query may see.",
}
"""By the name of a pattern, what it measures."""

FORMULAS: Mapping[str, str] = {
    "previous token": r"\mathrm{mean}_{i \ge 1}\; w_{i,\,i-1}",
    "first token": r"\mathrm{mean}_{i \ge 1}\; w_{i,\,0}",
    "duplicate token": r"\mathrm{mean}_i \sum_{j < i,\; x_j = x_i} w_{ij}",
    "induction": r"\mathrm{mean}_i \sum_{0 < j < i,\; x_{j-1} = x_i} w_{ij}",
    "local": rf"\mathrm{{mean}}_i \sum_{{i - {LOCAL} < j \le i}} w_{{ij}}",
    "word before": r"\mathrm{mean}_i \sum_{j < i,\; n_j = n_i - 1} w_{ij}",
    "earlier mention": r"\mathrm{mean}_i \sum_{j < i,\; s_j = s_i,\; n_j \ne n_i} w_{ij}",
    "name to come": r"\mathrm{mean}_i \sum_{j < i,\; s_j = s_{i+1}} w_{ij}",
    "opening quotation mark": r"\mathrm{mean}_i\; w_{i,\,o_i}",
    "uniform": r"\mathrm{mean}_i \frac{-\sum_j w_{ij} \ln w_{ij}}{\ln m_i}",
}
"""The same in LaTeX: w the weights, x the tokens, query i, key j; n the number of a token's word, s
its spelling, o_i the opening mark, m_i how many keys query i may see. Sums run over visible keys,
means over queries that have such keys (for "uniform": two or more)."""

NAMES = tuple(WORDS)


@dataclass(frozen=True, eq=False)
class Patterns:
    """The scores of every head over one text or several.

    Fields:
        sums: (10, L, H), over queries, in the order of `NAMES`.
        queries: (10,), how many queries have such keys.
    """

    sums: np.ndarray
    queries: np.ndarray

    def __add__(self, other: Patterns) -> Patterns:
        return Patterns(self.sums + other.sums, self.queries + other.queries)

    def __getitem__(self, name: str) -> np.ndarray:
        """(L, H): a pattern's score, 0 to 1; nan if no query has such keys."""
        index = NAMES.index(name)
        count = self.queries[index]
        return self.sums[index] / count if count else np.full(self.sums.shape[1:], np.nan)


def patterns(
    weights: np.ndarray | Maps,
    ids: np.ndarray,
    visible: np.ndarray,
    pieces: Sequence[str] | None = None,
) -> Patterns:
    """Score every head on one text.

    Args:
        weights: (L, H, T, T), of self-attention: the patterns compare the places of query and key.
        ids: (T,), the tokens that were read.
        visible: (T, T) bool, True where query i may see key j.
        pieces: (T,), the tokens' texts. Without them the patterns of words have no queries.

    Raises:
        ConfigError: a map that is not square, as cross-attention's, whose keys are of another text.

    Source: the names and definitions are those of A Mathematical Framework for Transformer
    Circuits (Elhage et al., 2021) and In-context Learning and Induction Heads (Olsson et al.,
    2022, "prefix matching").
    """
    L, H, T, S = weights.shape
    if visible.shape != (len(ids), len(ids)) or T != S:
        raise ConfigError(
            f"head patterns compare the places of query and key in one text; this map has "
            f"{T:,} queries and {S:,} keys"
        )
    keys = targets(ids, visible, pieces)
    cells = [np.flatnonzero(keys[name]) for name in NAMES[:-1]]
    queries = [int(keys[name].any(-1).sum()) for name in NAMES[:-1]]
    n_visible = visible.sum(-1)
    has_choice = n_visible >= 2
    highest = np.log(n_visible[has_choice])
    sums = np.array(
        [
            [
                *(head.reshape(-1)[where].sum() for where in cells),
                (row_entropy(head)[has_choice] / highest).sum(),
            ]
            for head in each(weights)
        ],
        np.float64,
    )
    by_pattern = sums.reshape(L, H, len(NAMES)).transpose(2, 0, 1)
    return Patterns(by_pattern, np.array([*queries, int(has_choice.sum())]))


def targets(
    ids: np.ndarray, visible: np.ndarray, pieces: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """The keys of each pattern but "uniform", by its name: (T, T) bool."""
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
        **word_targets([""] * T if pieces is None else pieces, visible),
    }
