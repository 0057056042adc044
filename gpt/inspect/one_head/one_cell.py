"""story: one cell of one head, step by step, from D products to what it adds to the logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpt.errors import PromptError
from gpt.inspect.one_head.matrices import OneHead
from gpt.inspect.stream.frozen_norm import frozen_norm, state_after, to_logits
from gpt.inspect.trace import Trace
from gpt.nn.model import GPT

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Story:
    """What query i takes from key j, in float64, step by step.

    Fields:
        query, key: i and j.
        products: (D,), q_i[d] · k_j[d]; they add up to `score`.
        score: q_i · k_j.
        scale: what multiplies it.
        scaled: score × scale.
        visible: whether query i may see key j; if not, everything below `exps` is 0.
        temperature: what the row is divided by before the softmax.
        largest: the row's largest masked score / temperature; taken off before exp, so that no
            exponential overflows. It changes no weight.
        exps: (S,), exp(masked / temperature − largest) of the row; 0 for a masked key.
        total: their sum.
        weight: exps[j] / total, or the weight that a person put in its place.
        edited: whether a person did.
        value: (D,), v_j.
        look: (D,), weight × v_j.
        added: (C,), `look` through the head's slice of the output projection: what this one look
            adds to the residual stream of position i.
    """

    query: int
    key: int
    products: Numbers
    score: float
    scale: float
    scaled: float
    visible: bool
    temperature: float
    largest: float
    exps: Numbers
    total: float
    weight: float
    edited: bool
    value: Numbers
    look: Numbers
    added: Numbers


@dataclass(frozen=True, eq=False)
class LogitShares:
    """The next-token logits of position i, split in three: their direct effects.

    Every norm on the way is held at this input, see `gpt.inspect.stream.frozen_norm`.

    Fields:
        look: (V,), what this one look adds.
        head: (V,), what the head's other looks add.
        rest: (V,), everything else; the three add up to `logits`.
        logits: (V,), as the model computed them.
        norms: how many norms lie between the head and the logits.
        spreads: (norms,), what each divides by at position i: the square root of variance + eps.
        reaches: whether what the head adds stays in the stream up to the logits; without skip
            connections only the last branch does.
    """

    look: Numbers
    head: Numbers
    rest: Numbers
    logits: Numbers
    norms: int
    spreads: Numbers
    reaches: bool


def story(head: OneHead, query: int, key: int) -> Story:
    """Work out one cell of a head, step by step.

    Raises:
        PromptError: a query or key that the prompt does not have.
    """
    T, S = head.weights.shape
    if not (0 <= query < T and 0 <= key < S):
        ranges = f"queries and keys are 0 to {T - 1:,}"
        if T != S:
            ranges = f"queries are 0 to {T - 1:,}, keys 0 to {S - 1:,}"
        raise PromptError(f"there is no cell ({query}, {key}): {ranges}")
    products = _wide(head.queries[query]) * _wide(head.keys[key])
    row = _wide(head.masked[query]) / head.temperature
    exps = np.exp(row - row.max())
    weight = float(head.weights[query, key])
    value = _wide(head.values[key])
    added = weight * value @ _wide(head.projection)
    return Story(
        query=query,
        key=key,
        products=products,
        score=float(products.sum()),
        scale=head.scale,
        scaled=float(products.sum()) * head.scale,
        visible=bool(head.visible[query, key]),
        temperature=head.temperature,
        largest=float(row.max()),
        exps=exps,
        total=float(exps.sum()),
        weight=weight,
        edited=head.edited,
        value=value,
        look=weight * value,
        added=np.zeros_like(added) if head.off else added,
    )


def logit_shares(model: GPT, trace: Trace, head: OneHead, cell: Story) -> LogitShares:
    """What one look adds to the logits of its query's next token.

    Args:
        head: of the decoder, or of its cross-attention.

    Raises:
        ConfigError: the logits of this model are no sum over the parts of the stream.
    """
    branch = "attention" if head.y is None else "cross"
    i, state = cell.query, state_after(model.config, head.layer, branch)
    norm = frozen_norm(model, trace).at(i)
    parts = np.stack([cell.added, _wide(head.contribution[i])])
    look, whole = to_logits(model, norm.apply(parts[:, None], state)[:, 0])
    logits = _wide(trace.logits_at(i))
    passed = [held for held in norm.norms if held.state >= state]
    return LogitShares(
        look=look,
        head=whole - look,
        rest=logits - whole,
        logits=logits,
        norms=len(passed),
        spreads=np.array([held.spread[0, 0] for held in passed]),
        reaches=norm.skip or state >= norm.last,
    )


def strongest_key(head: OneHead, query: int) -> int:
    """The key that a query gives most to."""
    return int(head.weights[query].argmax())


def promoted(effect: Numbers, count: int) -> tuple[list[int], list[int]]:
    """The tokens that an effect (V,) raises most, then those that it lowers most, strongest first.

    A token is raised only by a number above 0, and lowered only by one below.
    """
    order = np.argsort(effect, kind="stable")
    up = [int(t) for t in order[::-1][:count] if effect[t] > 0]
    return up, [int(t) for t in order[:count] if effect[t] < 0]


def _wide(array: np.ndarray) -> Numbers:
    return array.astype(np.float64)
