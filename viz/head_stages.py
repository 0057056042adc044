"""The matrices of one head: their order, shapes and formulas, and which numbers made which.

In a formula `{T}`, `{S}`, `{C}` and `{D}` are names of dimensions, which the view can light up. In
self-attention the keys are the same tokens as the queries, and their dimension is T too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Axis = Literal["row", "column", "pair", "all"]
"""Which rows (or columns) of a source made the number at (row, column): the one with the number's
own row or column, that column and the one half a head size away, or all."""


@dataclass(frozen=True)
class Facts:
    """What about a head changes its formulas.

    Fields:
        layer, head: its place in the model. n_embd, head_size: C and D.
        normed: x went through a norm.
        qk_norm, rotated: queries and keys did, and were turned by their positions.
        bias: queries, keys and values carry a bias.
        projected: there is an output projection.
        scale: the number; None: any.
        scale_name: "head_size", "n_embd", "none", or "" for another number.
        temperature: divides the masked scores.
        edited: the weights were put in by hand.
        cross: keys and values come from another text, y.
    """

    layer: int
    head: int
    n_embd: int
    head_size: int
    normed: bool = True
    qk_norm: bool = False
    rotated: bool = False
    bias: bool = True
    projected: bool = True
    scale: float | None = 1.0
    scale_name: str = ""
    temperature: float = 1.0
    edited: bool = False
    cross: bool = False

    @property
    def keys(self) -> str:
        """The dimension of the keys."""
        return "S" if self.cross else "T"


@dataclass(frozen=True)
class Source:
    """The numbers of another matrix that a number was made of."""

    of: str
    rows: Axis
    columns: Axis


@dataclass(frozen=True)
class Stage:
    """One matrix.

    Fields:
        name: of the array, as in DESIGN.md.
        step: 1 to 8, in the order of the data; what happens at once shares a step.
        dims: of rows and columns: T, S, C, D, or 1.
        roles: what a row and a column is called.
        formula: how it was made.
        sources: what a number of it was made of; none: it came from before, or was learned.
        accent: "queries", "keys", "values", "target", "source", or "" for none.
    """

    name: str
    step: int
    dims: tuple[str, str]
    roles: tuple[str, str]
    formula: str
    sources: tuple[Source, ...] = ()
    accent: str = ""

    @property
    def masks(self) -> bool:
        """Whether cells that the mask hides are drawn as masked."""
        return self.name in ("masked", "weights")

    @property
    def is_map(self) -> bool:
        """Whether it has a row for each query and a column for each key."""
        return self.roles == ("query", "key")


def stages(facts: Facts) -> list[Stage]:
    """The matrices of one head in the order in which the data flows."""
    of = "target’s residual stream" if facts.cross else "residual stream"
    read_from = f"LayerNorm({of})" if facts.normed else f"{of}, no norm before"
    accent = "target" if facts.cross else ""
    x = Stage("x", 1, ("T", "C"), ("token", "channel"), read_from, accent=accent)
    parts = (("q", "queries", "query"), ("k", "keys", "key"), ("v", "values", "key"))
    columns = f"learned, columns of head {facts.head}"
    matrix = ("C", "D"), ("channel", "dimension"), columns
    learned = [Stage(f"W{letter}", 2, *matrix, accent=accent) for letter, accent, _ in parts]
    biases = [
        Stage(f"b{letter}", 2, ("1", "D"), ("bias", "dimension"), "learned", accent=accent)
        for letter, accent, _ in parts
        if facts.bias
    ]
    vectors = [_vectors(letter, name, role, facts) for letter, name, role in parts]
    last = "what the encoder made of the source"
    y = Stage("y", 1, ("S", "C"), ("key", "channel"), last, accent="source")
    read = [x, y] if facts.cross else [x]
    return [*read, *learned, *biases, *vectors, *_maps(facts), *_out(facts)]


def _vectors(letter: str, name: str, role: str, facts: Facts) -> Stage:
    """Queries, keys or values: x or y times a matrix, then what the model does to it."""
    read = "y" if facts.cross and name != "queries" else "x"
    product = f"{read} W{letter}" + (f" + b{letter}" if facts.bias else "")
    normed = facts.qk_norm and name != "values"
    rotated = facts.rotated and name != "values"
    after = [word for word, on in (("norm", normed), ("rotation", rotated)) if on]
    formula = f"{product}, after {' and '.join(after)}" if after else product
    # A norm divides by the whole row, and a rotation mixes a pair of channels.
    columns: Axis = "all" if normed else "pair" if rotated else "column"
    sources = [Source(read, "row", "all"), Source(f"W{letter}", "all", columns)]
    if facts.bias:
        sources.append(Source(f"b{letter}", "all", columns))
    rows = "T" if name == "queries" else facts.keys
    return Stage(name, 2, (rows, "D"), (role, "dimension"), formula, tuple(sources), name)


def _maps(facts: Facts) -> list[Stage]:
    """Scores, scaled, masked and weights, all (T, S)."""
    dims, roles = ("T", facts.keys), ("query", "key")
    cell: tuple[Axis, Axis] = ("row", "column")
    pair = (Source("queries", "row", "all"), Source("keys", "column", "all"))
    share = "put in by hand" if facts.edited else "softmax of each row of masked"
    if facts.temperature != 1 and not facts.edited:
        share += f" / {facts.temperature:g}"
    masked = () if facts.edited else (Source("masked", "row", "all"),)
    return [
        Stage("scores", 3, dims, roles, "queries @ keysᵀ", pair),
        Stage("scaled", 4, dims, roles, _scaling(facts), (Source("scores", *cell),)),
        Stage("masked", 5, dims, roles, "scaled, −∞ where masked", (Source("scaled", *cell),)),
        Stage("weights", 6, dims, roles, share, masked),
    ]


def _scaling(facts: Facts) -> str:
    if facts.scale is None:
        return "scores × scale"
    named = {"head_size": "1/√{D} = ", "n_embd": "1/√{C} = "}
    return f"scores × {named.get(facts.scale_name, '')}{facts.scale:.6g}"


def _out(facts: Facts) -> list[Stage]:
    """What the head takes, and what it adds to the stream."""
    D, h = facts.head_size, facts.head
    rows = f"rows {h * D} to {(h + 1) * D - 1} of the output projection"
    if not facts.projected:
        rows = "no output projection: the head's channels keep their place"
    taken = (Source("weights", "row", "all"), Source("values", "all", "column"))
    added = (Source("head_out", "row", "all"), Source("projection", "all", "column"))
    read, write = ("query", "dimension"), ("query", "channel")
    to_stream = "head_out @ projection, added to the stream"
    return [
        Stage("head_out", 7, ("T", "D"), read, "weights @ values", taken, "values"),
        Stage("projection", 8, ("D", "C"), ("dimension", "channel"), rows),
        Stage("contribution", 8, ("T", "C"), write, to_stream, added),
    ]
