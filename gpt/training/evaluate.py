"""Losses of a model: an estimate over random batches, and the exact loss of a whole text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import nn

from gpt.checkpoint import Checkpoint
from gpt.errors import TextError
from gpt.nn.loss import counted, cross_entropy
from gpt.text.batches import consecutive_blocks, overlapping_blocks, random_blocks, split
from gpt.text.corpus import Corpus, Document, check_length
from gpt.text.documents import Documents, draw
from gpt.text.splitting import Ids, split_ids
from gpt.text.token_file import TokenFile
from gpt.training.device import Device


@torch.no_grad()
def estimate_loss(
    model: nn.Module,
    forward: Callable[..., torch.Tensor],
    ids: Ids,
    block_size: int,
    batch_size: int,
    batches: int,
    device: Device,
    seed: int = 0,
    interrupted: Callable[[], bool] = lambda: False,
) -> float | None:
    """Mean loss over random batches, without dropout, in nats. Lecture, 39:47.

    Every target counts alike, also where batches of short documents hold more or fewer of them.
    The same seed gives the same batches, so that estimates of one run can be compared. `forward`
    computes the logits: the model itself, or the model compiled.

    Returns:
        The mean, or None if `interrupted` returned True.
    """
    generator = torch.Generator().manual_seed(seed)
    total, targets = 0.0, 0
    model.eval()
    try:
        for _ in range(batches):
            x, y = draw(ids, block_size, batch_size, generator)
            with device.autocast():
                logits = forward(x.to(device.name))
            total += cross_entropy(logits, y.to(device.name)).item() * counted(y)
            targets += counted(y)
            if interrupted():
                return None
    finally:
        model.train()
    return total / targets


def full_loss(model: nn.Module, ids: Ids, block_size: int, batch_size: int = 16) -> float:
    """Exact mean loss over a whole text in consecutive blocks, every position counted, in nats."""
    return _mean_loss(model, _consecutive(ids, block_size, batch_size))


def overlapping_loss(
    model: nn.Module, ids: torch.Tensor, block_size: int, batch_size: int = 16
) -> float:
    """The same with half a block before each token, or all that there is: nats, at twice the cost.

    In consecutive blocks the first tokens of each block have little before them.
    """
    return _mean_loss(model, overlapping_blocks(ids, block_size, batch_size))


@torch.no_grad()
def _mean_loss(model: nn.Module, batches: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Mean over every target of some batches, without dropout."""
    training, total, targets = model.training, 0.0, 0
    model.eval()
    for x, y in batches:
        total += cross_entropy(model(x), y).item() * counted(y)
        targets += counted(y)
    model.train(training)
    return total / targets


def _consecutive(
    ids: Ids, block_size: int, batch_size: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    if isinstance(ids, Documents | TokenFile):
        return ids.consecutive(block_size, batch_size)
    return consecutive_blocks(ids, block_size, batch_size)


def validation_loss(checkpoint: Checkpoint, text: str | Corpus) -> tuple[float, int]:
    """Exact mean loss in nats over a text's validation split, and the number of its positions.

    The text is split in the same way as the run's own: by lines if its lines are documents.

    Raises:
        TextError: the validation split has nothing to predict.
        UnknownCharacterError: the text has characters that the vocabulary lacks.
    """
    corpus = Corpus("text", (Document("text", text),)) if isinstance(text, str) else text
    return validation_loss_of(
        checkpoint, split_ids(corpus, checkpoint.tokenizer, checkpoint.documents)
    )


def validation_loss_of(checkpoint: Checkpoint, parts: tuple[Ids, Ids]) -> tuple[float, int]:
    """The same as `validation_loss`, over the ids that are learned from and those held out.

    Raises:
        TextError: the validation split has nothing to predict.
    """
    learned, validation = parts
    targets = validation.targets if isinstance(validation, Documents) else len(validation) - 1
    if targets < 1:
        raise TextError(
            f"a text of {len(learned) + len(validation):,} tokens leaves nothing to validate on: "
            "the last tenth must hold a token and the one that follows it"
        )
    block_size = checkpoint.config.block_size
    batch_size = max(16, 4096 // block_size)  # short blocks, many at a time
    return full_loss(checkpoint.model, validation, block_size, batch_size), targets


def prompt_loss(logits: np.ndarray, ids: np.ndarray) -> float | None:
    """Mean loss in nats over the tokens of a prompt that have one before them.

    Args:
        logits: (T, V), of a trace.
        ids: (T,), the prompt.

    Returns:
        The mean over T - 1 predictions; None if the prompt is a single token.
    """
    if len(ids) < 2:
        return None
    predicted, targets = torch.tensor(logits[:-1])[None], torch.tensor(ids[1:])[None]
    return cross_entropy(predicted, targets).item()


@torch.no_grad()
def unseen_loss(
    checkpoint: Checkpoint, text: str, batch_size: int, batches: int, seed: int
) -> float:
    """Mean loss in nats of the token after a context that ends before it, as in generation.

    The blocks of the validation split are those of `estimate_loss`, each cut at every length from
    1 to `block_size`; only the last position counts. A causal model's is thus its ordinary loss;
    a model that may look ahead finds nothing there to look at.

    Raises:
        TextError: the validation split is shorter than one block.
    """
    T = checkpoint.config.block_size
    validation = split(torch.tensor(checkpoint.tokenizer.encode_part(text)))[1]
    check_length(10 * len(validation), T)
    generator = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(batches):
        x, y = random_blocks(validation, T, batch_size, generator)
        lasts = [checkpoint.model(x[:, :n])[:, -1:] for n in range(1, T + 1)]
        losses.append(cross_entropy(torch.cat(lasts, dim=1), y).item())
    return sum(losses) / len(losses)
