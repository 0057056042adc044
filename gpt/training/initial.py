"""The model as it was before its first step, drawn again from the run's seed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gpt.checkpoint import model_config
from gpt.errors import CheckpointError
from gpt.inspect.trace import trace
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.training import snapshots
from gpt.training.runs import INITIAL, Run
from gpt.weights_file import load_weights

EIGHT_BITS = 0.5 / 255 + 1e-4
"""What rounding costs the square root of a weight in a snapshot, and a little for arithmetic."""


_DRAWING = threading.Lock()  # torch has one source of random numbers for all threads


@dataclass(frozen=True)
class Initial:
    """A run's first weights.

    Fields:
        model: in evaluation mode.
        confirmed: whether its attention on the probe prompt equals the snapshot that the run took
            before its first step; False if there is no such snapshot.
    """

    model: GPT
    confirmed: bool


def initial(run: Run) -> Initial:
    """Draw a run's first weights again, as `gpt.training.loop` draws them.

    A run that began with the weights of another one, or with what counting tells, has kept them.
    Else the seed, the architecture and the version of torch decide them. If the run has a snapshot
    of step 0, the drawn model has to reproduce it, whatever the version.

    Raises:
        CheckpointError: they cannot be drawn; the message says why.
    """
    info = run.config()
    if (run.path / INITIAL).is_file():
        model, _ = load_weights(run.path / INITIAL, model_config(info))
        return Initial(model.eval(), confirmed=True)
    if info.get("begun_from"):
        raise CheckpointError(
            "it began with the weights of another run, and these did not come with it"
        )
    if _counted(info):
        raise CheckpointError(
            "it began with what counting the tokens of its texts tells, and these weights did not "
            "come with it"
        )
    seed, config = _seed(info), model_config(info)
    if config.n_layer == 0 or 0 not in snapshots.steps(run.path):  # a snapshot is of heads
        _check_version(info)
        return Initial(draw(config, seed), confirmed=False)
    model = draw(config, seed)
    if not _reproduces(model, snapshots.read(run.path, 0)):
        raise CheckpointError(
            "the model drawn again from its seed does not attend as the run's own did at step 0"
        )
    return Initial(model, confirmed=True)


def draw(config: GPTConfig, seed: int) -> GPT:
    """The model that a run of this config and seed starts from, in evaluation mode."""
    # The first thing that training does; other people's random numbers stay as they are.
    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(config).eval()


def _counted(info: dict[str, Any]) -> bool:
    training = info.get("training")
    return isinstance(training, dict) and bool(training.get("counting_start"))


def _seed(info: dict[str, Any]) -> int:
    training = info.get("training")
    seed = training.get("seed") if isinstance(training, dict) else None
    if not isinstance(seed, int) or seed < 0:
        raise CheckpointError(
            "its config.json has no seed of a training: the run was imported, or made elsewhere"
        )
    return seed


def _check_version(info: dict[str, Any]) -> None:
    """Another torch may draw other numbers; what it was built for (cpu, cu126) does not matter."""
    versions = info.get("versions")
    theirs = str(versions.get("torch")) if isinstance(versions, dict) else "unknown"
    if theirs.split("+")[0] != torch.__version__.split("+")[0]:
        raise CheckpointError(
            f"it was drawn by torch {theirs}, here is {torch.__version__}, and the run has no "
            "snapshot of step 0 to check against"
        )


def _reproduces(model: GPT, snapshot: snapshots.Snapshot) -> bool:
    source = None if snapshot.source is None else snapshot.source.tolist()
    traced = trace(model, snapshot.ids.tolist(), source=source)
    sites = {site: traced.site(site).weights for site in snapshot.others}
    pairs = [(traced.weights, snapshot.weights)]
    pairs += [(weights, snapshot.others[site]) for site, weights in sites.items()]
    return all(_same(ours[:], kept) for ours, kept in pairs)


def _same(ours: np.ndarray, kept: np.ndarray) -> bool:
    """Whether weights are those of a snapshot, to its eight bits."""
    if ours.shape != kept.shape:
        return False
    return bool(np.abs(np.sqrt(ours) - np.sqrt(kept)).max() <= EIGHT_BITS)
