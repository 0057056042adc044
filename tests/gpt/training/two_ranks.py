"""What two processes do in the tests of `gpt.training.ranks`: `python -m … FOLDER`, in each.

Each run of the folder is trained; what the run is called says how.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import torch

import gpt
from gpt.inspect.heads.head_statistics import HeadStatistics
from gpt.training import ranks
from gpt.training.control import Wish
from gpt.training.corpus_statistics import head_statistics
from gpt.training.loop import Trainer, train
from gpt.training.runs import Run
from gpt.training.tasks.task import Batch
from tests.gpt.training.comparing import AskAt

HALF = 25


def orthogonal_in_float32() -> None:
    """Let torch's Muon orthogonalize in float32: in bfloat16 the last bits decide much."""
    module = sys.modules["torch.optim._muon"]
    original = module._zeropower_via_newtonschulz  # type: ignore[attr-defined]

    def in_float32(grad: torch.Tensor, *arguments: object) -> torch.Tensor:
        class Kept(torch.Tensor):
            """A gradient that stays in float32."""

            def bfloat16(self, *_: object, **__: object) -> torch.Tensor:  # type: ignore[override]
                return self.as_subclass(torch.Tensor).clone()

        return original(grad.as_subclass(Kept), *arguments)

    module._zeropower_via_newtonschulz = in_float32  # type: ignore[attr-defined]


class DyingTrainer(Trainer):
    """One that ends without a word in the middle of its eighth step, in the second process."""

    def _backward(self, batch: Batch, share: float = 1.0) -> float:
        if self.ranks.rank == 1 and self.progress.step == 7:
            os._exit(9)
        return super()._backward(batch, share)


def statistics_of(path: Path, own: ranks.Alone) -> HeadStatistics:
    """The statistics of a run's heads over three blocks, of which one process has two."""
    checkpoint = gpt.load(path)
    rows = np.arange(3 * 5).reshape(3, 5) % checkpoint.config.vocab_size
    return head_statistics(checkpoint.model, rows, 2, own)


def write_statistics(path: Path, own: ranks.Alone) -> None:
    """Write what every process has of the same statistics beside the runs."""
    sums = statistics_of(path, own)
    patterns, queries = sums.patterns.sums, sums.patterns.queries
    arrays = [patterns, queries, sums.entropies, sums.activations, sums.peaks]
    np.savez(path.parent.parent / f"statistics-{own.rank}.npz", *arrays, sums.queries)


def main(folder: Path) -> None:
    """Train every run of a folder, together with the other process."""
    orthogonal_in_float32()
    with ranks.start() as own:
        for path in sorted(folder.iterdir()):
            if path.name == "z-dies":
                sys.modules["gpt.training.loop"].Trainer = DyingTrainer  # type: ignore[attr-defined]
            pauses = path.name == "pauses" and own.rank == 1
            control = AskAt(Wish.PAUSE, HALF + 1) if pauses else None
            if path.name == "z-dies":
                write_statistics(folder / "adamw", own)
            print(path.name, own.rank, train(Run(path), control, ranks=own).state, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
