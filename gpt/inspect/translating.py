"""translate: what an encoder-decoder writes for a source, greedily or by beam search."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gpt.checkpoint import Checkpoint
from gpt.checks import check_whole
from gpt.errors import PromptError
from gpt.nn.cache import KVCache
from gpt.nn.encoder_decoder import EncoderDecoder
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.nn.padding import PADDING

PENALTY = 0.6
"""Source: Wu et al., 2016 (arXiv 1609.08144), section 7, and the paper's section 6.1."""
MOST_BEAMS = 32


def translate(checkpoint: Checkpoint, text: str, beams: int = 1) -> str:
    """The target that a model of two texts writes for a source.

    Args:
        beams: continuations that are kept at each step; with 1, the likeliest token is taken.

    Raises:
        PromptError: the model reads one text only, or the source is empty or too long.
        UnknownCharacterError: a character that the vocabulary lacks.
        ConfigError: a number of beams that cannot be.
    """
    model = encoder_decoder(checkpoint.model)
    source, start, end = checkpoint.source_ids(text), checkpoint.target_start, checkpoint.end
    never = checkpoint.never
    assert end is not None  # a model of two texts has one
    if check_whole("beams", beams, 1, MOST_BEAMS) == 1:
        ids = greedy(model, [source], start, end, never=never)[0]
    else:
        ids = beam_search(model, source, start, end, beams, never=never).best
    return checkpoint.tokenizer.decode(ids)


def encoder_decoder(model: GPT) -> EncoderDecoder:
    """The model, if it reads a source and writes a target.

    Raises:
        PromptError: it does not.
    """
    if isinstance(model, EncoderDecoder):
        return model
    raise PromptError("this model reads one text; choose an encoder-decoder to translate with")


@torch.no_grad()
def target_loss(
    model: EncoderDecoder, source: Sequence[int], start: Sequence[int], target: Sequence[int]
) -> float:
    """How unlikely a target is for a source: the mean over its tokens, in nats.

    Args:
        start: the tokens that begin it, which are given.
        target: the others, its end among them; at least one.
    """
    ids = torch.tensor([[*start, *target]])
    logits = model.eval()(ids[:, :-1], source=torch.tensor([list(source)]))[0, len(start) - 1 :]
    return cross_entropy(logits, ids[0, len(start) :]).item()


@torch.no_grad()
def greedy(
    model: EncoderDecoder,
    sources: Sequence[Sequence[int]],
    start: Sequence[int],
    end: int,
    most: int | None = None,
    batch_size: int = 64,
    never: Sequence[int] = (),
) -> list[list[int]]:
    """For each source, the target whose every token is the likeliest one.

    Args:
        sources: the ids of each; sources of like length are read together.
        start, end: the tokens that begin and end a target.
        most: tokens of a target; None: as many as the model can write.
        never: tokens that are not written, however likely they are.

    Returns:
        The ids of each target, in the order of the sources, without `start` and `end`.
    """
    model.eval()
    order = sorted(range(len(sources)), key=lambda n: len(sources[n]))
    targets: list[list[int]] = [[] for _ in sources]
    for first in range(0, len(order), batch_size):
        rows = order[first : first + batch_size]
        written = _greedy_batch(model, [sources[n] for n in rows], start, end, most, never)
        for n, target in zip(rows, written, strict=True):
            targets[n] = target
    return targets


def _greedy_batch(
    model: EncoderDecoder,
    sources: Sequence[Sequence[int]],
    start: Sequence[int],
    end: int,
    most: int | None,
    never: Sequence[int],
) -> list[list[int]]:
    source = padded(sources).to(model.wte.weight.device)  # (B, S)
    states, cache = model.encode(source), _cache(model, len(sources))
    new = torch.tensor([list(start)] * len(sources), device=source.device)  # (B, T)
    open_rows = torch.ones(len(sources), dtype=torch.bool, device=source.device)
    columns: list[torch.Tensor] = []
    for _ in range(_room(model, start, most)):
        logits = _last_logits(model, new, cache, source, states, never)  # (B, V)
        chosen = torch.where(open_rows, logits.argmax(-1), end)  # (B,)
        columns.append(chosen)
        open_rows &= chosen != end
        if not open_rows.any():
            break
        new = chosen[:, None]  # (B,) -> (B, 1)
    written = torch.stack(columns, 1).tolist() if columns else [[] for _ in sources]
    return [_until(row, end) for row in written]


@dataclass(frozen=True)
class Beam:
    """One continuation that a beam search kept at one step.

    Fields:
        id: its last token.
        parent: rank of the beam that it continues, among those of the step before.
        log_prob: natural logarithm of the probability of all its tokens.
        score: `log_prob` over the length penalty, by which whole targets are compared.
        is_done: whether its last token ends the target.
    """

    id: int
    parent: int
    log_prob: float
    score: float
    is_done: bool


@dataclass(frozen=True)
class Beams:
    """A whole beam search, as a tree.

    Fields:
        steps: of each step, the beams that were kept, best first; those that are done have no
            children. Those of the first step continue the start, whose rank is 0.
        done: (step, rank) of every target that came to its end, best first.
        best: the ids of the best target, without start and end.
    """

    steps: tuple[tuple[Beam, ...], ...]
    done: tuple[tuple[int, int], ...]
    best: list[int]

    def path(self, step: int, rank: int) -> list[int]:
        """The ranks of the beams that lead to one, from the first step on."""
        ranks: list[int] = []
        for level in range(step, -1, -1):
            ranks.append(rank)
            rank = self.steps[level][rank].parent
        return ranks[::-1]

    def ids(self, step: int, rank: int) -> list[int]:
        """The tokens of a beam, without those of the start; the end is left out too."""
        path = enumerate(self.path(step, rank))
        beams = [self.steps[level][at] for level, at in path]
        return [beam.id for beam in beams if not beam.is_done]


@torch.no_grad()
def beam_search(
    model: EncoderDecoder,
    source: Sequence[int],
    start: Sequence[int],
    end: int,
    beams: int = 4,
    most: int | None = None,
    length_penalty: float = PENALTY,
    never: Sequence[int] = (),
) -> Beams:
    """Keep the likeliest continuations at each step, until enough of them have ended.

    A target that ends takes one of the places for good: with one beam, the search is greedy.

    Args:
        beams: continuations that are kept at each step.
        most: tokens of a target, its end included; None: as many as the model can write.
        length_penalty: α of ((5 + n) / 6)^α, by which the logarithm of the probability of n tokens
            is divided; 0 compares probabilities.
        never: tokens that are not written, however likely they are.
    """
    model.eval()
    text = torch.tensor([list(source)], device=model.wte.weight.device)  # (1, S)
    states, cache = model.encode(text), _cache(model, 1)
    new = torch.tensor([list(start)], device=text.device)  # (1, T)
    alive, steps = [(0, 0.0)], []  # of each open beam, its place and the logarithm
    done: list[tuple[float, int, int]] = []
    for step in range(_room(model, start, most)):
        rows = len(alive)
        logits = _last_logits(
            model, new, cache, text.expand(rows, -1), states.expand(rows, -1, -1), never
        )  # (B, V)
        log_probs = torch.log_softmax(logits.double(), -1).cpu().numpy()
        kept = _best(log_probs, alive, beams - len(done), step + 1, end, length_penalty)
        steps.append(tuple(kept))
        done += [(beam.score, step, rank) for rank, beam in enumerate(kept) if beam.is_done]
        going = [(rank, beam) for rank, beam in enumerate(kept) if not beam.is_done]
        if not going or len(done) >= beams:
            break
        row_of = {rank: row for row, (rank, _) in enumerate(alive)}
        cache.pick(torch.tensor([row_of[beam.parent] for _, beam in going], device=text.device))
        new = torch.tensor([[beam.id] for _, beam in going], device=text.device)  # (B, 1)
        alive = [(rank, beam.log_prob) for rank, beam in going]
    ends = sorted(done, key=lambda end: (-end[0], end[1], end[2]))
    order = [(step, rank) for _, step, rank in ends]
    tree = Beams(tuple(steps), tuple(order), [])
    last = order[0] if order else (len(steps) - 1, 0)
    return Beams(tree.steps, tree.done, tree.ids(*last) if steps else [])


def _best(
    log_probs: np.ndarray,
    alive: Sequence[tuple[int, float]],
    count: int,
    length: int,
    end: int,
    length_penalty: float,
) -> list[Beam]:
    """The likeliest continuations of all open beams, best first."""
    penalty = ((5 + length) / 6) ** length_penalty
    candidates: Iterator[tuple[float, int, int]] = (
        (float(before + row[id]), parent, int(id))
        for (parent, before), row in zip(alive, log_probs, strict=True)
        for id in np.argpartition(-row, min(count, len(row)) - 1)[:count]
    )
    best = heapq.nsmallest(count, candidates, key=lambda c: (-c[0], c[1], c[2]))
    return [Beam(id, parent, total, total / penalty, id == end) for total, parent, id in best]


def padded(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """(B, S): rows of ids, filled with `PADDING` to the length of the longest."""
    longest = max(len(row) for row in rows)
    return torch.tensor([[*row, *([PADDING] * (longest - len(row)))] for row in rows])


def _cache(model: EncoderDecoder, batch: int) -> KVCache:
    return KVCache(model.config, like=model.wte.weight, batch=batch)


def _room(model: EncoderDecoder, start: Sequence[int], most: int | None) -> int:
    """How many tokens may be written."""
    room = model.config.block_size - len(start) + 1
    return room if most is None else min(room, most)


def _last_logits(
    model: EncoderDecoder,
    new: torch.Tensor,
    cache: KVCache,
    source: torch.Tensor,
    states: torch.Tensor,
    never: Sequence[int],
) -> torch.Tensor:
    """(B, V): what may follow the latest token of each target."""
    read = model.read(new, cache=cache, source=source, states=states)
    logits = model.lm_head(read[:, -1])
    if never:
        logits[:, list(never)] = -torch.inf
    return logits


def _until(ids: Sequence[int], end: int) -> list[int]:
    """The ids before the end."""
    ids = list(ids)
    return ids[: ids.index(end)] if end in ids else ids
