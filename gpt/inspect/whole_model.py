"""whole_model: what every part of a model gave to every token, as one number each.

The number is a length: the Euclidean norm of the vector that the part adds to the token's residual
stream. Lengths of different parts can be compared; they do not add up, since vectors point in
different directions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gpt.inspect.sampling import softmax
from gpt.inspect.site import AttentionSite, StreamSite, is_small
from gpt.inspect.stream.stream_lengths import stream_norms
from gpt.inspect.trace import Trace
from gpt.nn.config import GPTConfig


@dataclass(frozen=True, eq=False)
class AttentionLengths:
    """What one attention site gave.

    Fields:
        name: of the site.
        added: (L, T), the length of what each layer's attention added.
        heads: (L, H, T), the length of what each head contributed to it.
        top_weight: (L, H, T), the largest weight of each query.
        top_key: (L, H, T), the key with that weight; None if the weights are too large to keep.
    """

    name: str
    added: np.ndarray
    heads: np.ndarray
    top_weight: np.ndarray
    top_key: np.ndarray | None


@dataclass(frozen=True, eq=False)
class StackLengths:
    """An encoder or a decoder, from its embeddings to its last state.

    Fields:
        token, position: (T,), the lengths of the two embeddings.
        stream: (L+1, T), the length of the stream after the embeddings and after each layer.
        attentions: the stack's own, and its cross-attention if it has one, in their order.
        mlp: (L, T), the length of what each MLP added.
    """

    token: np.ndarray
    position: np.ndarray
    stream: np.ndarray
    attentions: tuple[AttentionLengths, ...]
    mlp: np.ndarray

    @property
    def name(self) -> str:
        """That of its own attention site: "encoder" or "decoder"."""
        return self.attentions[0].name


@dataclass(frozen=True, eq=False)
class NextTokens:
    """The likeliest next tokens after some positions.

    Fields:
        positions: (n,), of the prompt.
        ids, probs: (n, k), the likeliest first.
    """

    positions: np.ndarray
    ids: np.ndarray
    probs: np.ndarray


def stack_lengths(trace: Trace) -> list[StackLengths]:
    """Every stack of a model; of a model of two texts, the encoder first."""
    return [_stack(trace, site) for site in _stacks(trace)]


def next_tokens(trace: Trace, count: int, position: int) -> NextTokens:
    """The likeliest next tokens after each position; of a large model, after one position only.

    Args:
        count: k; or as many as there are.
        position: the one that is always there.

    Raises:
        PromptError: a classifier predicts no token.
    """
    T = len(trace.ids)
    positions = np.arange(T) if every_position(T, trace.config) else np.array([position])
    logits = [trace.logits_at(int(p)) for p in positions] if len(positions) == 1 else trace.logits
    probs = softmax(np.asarray(logits))
    ids = np.argsort(-probs, axis=-1, kind="stable")[:, :count]
    return NextTokens(positions, ids, np.take_along_axis(probs, ids, -1))


def label_probs(trace: Trace) -> np.ndarray:
    """(K,): how probable a classifier holds each label to be."""
    return softmax(trace.class_logits)


def every_position(T: int, config: GPTConfig) -> bool:
    """Whether `next_tokens` is about each of T positions, or about one only."""
    return is_small(T * config.vocab_size)


def contribution_lengths(site: AttentionSite) -> np.ndarray:
    """(L, H, T): the length of each head's contribution, one head in memory at a time."""
    L, H, T, _ = site.shape
    lengths = np.zeros((L, H, T), np.float32)
    for l, h in np.ndindex(L, H):
        if (l, h) not in site.switches.heads_off:
            lengths[l, h] = np.linalg.norm(site.head_out[l, h] @ site.projections[l, h], axis=-1)
    return lengths


def _stacks(trace: Trace) -> Iterator[StreamSite]:
    if "encoder" in trace.sites and trace.name != "encoder":
        yield trace.encoder
    yield trace


def _stack(trace: Trace, stack: StreamSite) -> StackLengths:
    cross = trace.cross if "cross" in trace.sites and stack is trace else None
    norms = stream_norms(stack, cross)
    sites: Sequence[AttentionSite] = [stack] if cross is None else [stack, cross]
    added = [norms.attention] if norms.cross is None else [norms.attention, norms.cross]
    branches = len(sites) + 1
    return StackLengths(
        token=np.linalg.norm(stack.token_embedding, axis=-1),
        position=np.linalg.norm(stack.position_embedding, axis=-1),
        stream=norms.stream[::branches],
        attentions=tuple(map(_attention, sites, added)),
        mlp=norms.mlp,
    )


def _attention(site: AttentionSite, added: np.ndarray) -> AttentionLengths:
    kept = "weights" in vars(site)
    return AttentionLengths(
        name=site.name,
        added=added,
        heads=contribution_lengths(site),
        top_weight=site.row_top,
        top_key=site.weights.argmax(-1) if kept else None,
    )
