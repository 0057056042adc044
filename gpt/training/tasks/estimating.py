"""Losses of a model over batches of examples, and how often it is right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch

from gpt.nn.loss import counted, cross_entropy
from gpt.nn.padding import PADDING
from gpt.text.encoded import LabelledBatch, LabelledIds, PairBatch, PairIds
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.task import Batch, Numbers, Watched


@dataclass(frozen=True)
class Estimate:
    """What was measured over some batches.

    Fields:
        loss: mean over all targets, in nats.
        accuracy: share of the targets that the model finds likeliest.
    """

    loss: float
    accuracy: float


@torch.no_grad()
def estimate(batches: Iterable[Batch], watched: Watched) -> Estimate | None:
    """Mean loss and accuracy without dropout, every target counted alike.

    Returns:
        None if the evaluation was interrupted.
    """
    total, right, targets = 0.0, 0, 0
    watched.model.eval()
    try:
        for batch in batches:
            batch = batch.to(watched.device.name)
            with watched.device.autocast():
                logits = batch.logits(watched.forward)
            total += cross_entropy(logits, batch.targets).item() * counted(batch.targets)
            right += int((logits.argmax(-1) == batch.targets).sum())
            targets += counted(batch.targets)
            if watched.interrupted():
                return None
    finally:
        watched.model.train()
    return Estimate(total / targets, right / targets)


def losses_of(
    learned: LabelledIds | PairIds,
    held_out: LabelledIds | PairIds,
    config: TrainingConfig,
    watched: Watched,
    with_accuracy: bool = False,
) -> Numbers | None:
    """`train_loss` and `val_loss`, and the `accuracy` on what is held out if asked for.

    Returns:
        None if the evaluation was interrupted.
    """
    size, batches, seed = config.batch_size, config.eval_batches, config.seed
    first = evaluation_batches(learned, size, batches, seed)
    second = evaluation_batches(held_out, size, batches, seed)
    return losses_over(first, second, watched, with_accuracy)


def losses_over(
    learned: Iterable[Batch],
    held_out: Iterable[Batch],
    watched: Watched,
    with_accuracy: bool = False,
) -> Numbers | None:
    """The same as `losses_of`, over these batches."""
    trained = estimate(learned, watched)
    validated = estimate(held_out, watched) if trained is not None else None
    if trained is None or validated is None:
        return None
    losses = {"train_loss": trained.loss, "val_loss": validated.loss}
    return {**losses, "accuracy": validated.accuracy} if with_accuracy else losses


def evaluation_batches(
    examples: LabelledIds | PairIds, batch_size: int, batches: int, seed: int
) -> Iterator[Batch]:
    """Random batches, the same for the same seed; every example once if that takes no more."""
    if len(examples) <= batches * batch_size:
        yield from map(as_batch, examples.consecutive(batch_size))
        return
    generator = torch.Generator().manual_seed(seed)
    for _ in range(batches):
        yield as_batch(examples.random(batch_size, generator))


def as_batch(examples: LabelledBatch | PairBatch) -> Batch:
    """Some examples as the loop takes them."""
    if isinstance(examples, LabelledBatch):
        return Batch(examples.ids, examples.classes)
    return Batch(examples.ids, examples.targets, examples.source)


def with_hidden_tokens(
    ids: torch.Tensor, share: float, generator: torch.Generator, close_up: bool = False
) -> torch.Tensor:
    """Texts in which some tokens are hidden: padding stands there, which nobody sees.

    The first token of each text stays, so that no text is empty.

    Args:
        ids: (B, T).
        share: of the tokens, from 0 to 1.
        close_up: let the others move up, which is the same to a model without positions, and less
            work.
    """
    if not share:
        return ids
    hidden = torch.rand(ids.shape, generator=generator) < share
    hidden[:, 0] = False
    visible = ids.masked_fill(hidden, PADDING)
    return closed_up(visible) if close_up else visible


def closed_up(ids: torch.Tensor) -> torch.Tensor:
    """Move all padding, (B, T), to the end, and cut off what no text needs.

    >>> closed_up(torch.tensor([[3, PADDING, 2, PADDING], [PADDING, 1, PADDING, PADDING]]))
    tensor([[ 3,  2],
            [ 1, -1]])
    """
    is_padding = ids == PADDING
    order = is_padding.long().argsort(dim=1, stable=True)
    return ids.gather(1, order)[:, : int((~is_padding).sum(1).max())]
