"""Findings: what a finished run of an experiment shows, in numbers."""

from __future__ import annotations

import calendar
import time
from dataclasses import dataclass

import numpy as np

import gpt
from gpt.checkpoint import model_config
from gpt.errors import CheckpointError
from gpt.inspect.heads.head_entropy import entropy
from gpt.training import snapshots
from gpt.training.evaluate import unseen_loss
from gpt.training.runs import Run, evaluated

CREATED = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, eq=False)
class Finding:
    """What one run showed.

    Fields:
        step: steps done.
        first_loss: validation loss before training, in nats.
        train_loss, val_loss: the last estimates, in nats.
        unseen_loss: loss of the next token where the context ends before it, in nats.
        seconds: of training, evaluations left out.
        total_seconds: from the making of its folder, waiting in line included, to its end.
        entropies: see `Entropies`.
    """

    step: int
    first_loss: float
    train_loss: float
    val_loss: float
    unseen_loss: float
    seconds: float
    total_seconds: float
    entropies: Entropies


@dataclass(frozen=True, eq=False)
class Entropies:
    """How widely the heads of a run spread their weights, over its training.

    Fields:
        steps: (N,) of the run's snapshots.
        heads: (N, L, H) mean entropy over the queries of the probe prompt, in nats.
        uniform: the same for a head that gives every key it may see an equal weight, in nats.
    """

    steps: np.ndarray
    heads: np.ndarray
    uniform: float

    @property
    def mean(self) -> np.ndarray:
        """(N,): the mean over all heads; nan for a model without heads."""
        if not self.heads[0:1].size:
            return np.full(len(self.heads), np.nan)
        mean: np.ndarray = self.heads.mean((1, 2))
        return mean


def finding(run: Run) -> Finding | None:
    """What a run showed; None if it was not evaluated yet.

    Raises:
        CheckpointError: a file of the run is missing or damaged.
    """
    lines = evaluated(run)
    if not lines or not (run.path / "model.safetensors").is_file():
        return None
    last = lines[-1]
    return Finding(
        step=last["step"],
        first_loss=lines[0]["val_loss"],
        train_loss=last["train_loss"],
        val_loss=last["val_loss"],
        unseen_loss=_unseen(run),
        seconds=last["seconds"],
        total_seconds=_total(run),
        entropies=entropies(run),
    )


def entropies(run: Run) -> Entropies:
    """Entropies of every head at every snapshot of a run.

    A snapshot holds 8 bits a weight; its rows are made to add up to 1 again.

    Raises:
        CheckpointError: the run has no snapshot, or one is damaged.
    """
    steps = snapshots.steps(run.path)
    config, T = model_config(run.config()), 0
    heads = []
    for step in steps:  # one at a time: all of them may be gigabytes
        snapshot = snapshots.read(run.path, step, config)
        heads.append(entropy(snapshot.weights / snapshot.weights.sum(-1, keepdims=True)))
        T = len(snapshot.ids)
    return Entropies(
        np.array(steps, dtype=int),
        np.array(heads) if heads else np.zeros((0, 1, 1)),
        uniform_entropy(T, config.mask == "causal"),
    )


def uniform_entropy(length: int, causal: bool) -> float:
    """Mean over the queries of ln(number of keys that each may see), in nats.

    >>> round(uniform_entropy(3, causal=True), 4)  # (ln 1 + ln 2 + ln 3) / 3
    0.5973
    """
    seen = np.arange(1, length + 1) if causal else np.full(length, length)
    return float(np.log(seen).mean()) if length else 0.0


def _unseen(run: Run) -> float:
    """The loss on the blocks of the run's own estimates, so that the two can be compared."""
    training = run.training_config()
    return unseen_loss(
        gpt.load(run.path),
        run.corpus().text,
        training.batch_size,
        training.eval_batches,
        training.seed,
    )


def _total(run: Run) -> float:
    created = run.config().get("created", "")
    try:
        begun = calendar.timegm(time.strptime(created, CREATED))
    except ValueError:
        raise CheckpointError(f"{run.name}/config.json says {created!r} for a time") from None
    return max(0.0, run.status().heartbeat - begun)
