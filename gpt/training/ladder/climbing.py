"""The runs of the ladder on a text: they are created, recognized and trained together."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch

from gpt.checkpoint import model_config
from gpt.errors import HeadlightError
from gpt.names import free_name
from gpt.text.corpus import Corpus
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.control import Control, Wish, pause_on_signals
from gpt.training.creation import create_run
from gpt.training.ladder.results import FILE, measure
from gpt.training.ladder.rungs import RUNGS, Rung
from gpt.training.loop import train
from gpt.training.runs import Run, list_runs
from gpt.training.settings import TrainingConfig

PREFIX = "ladder-"
POLL = 0.2  # seconds


@dataclass(frozen=True)
class Climb:
    """The runs of the ladder that learned from one text with one seed.

    Fields:
        text, sha256: the text's name, and its hash, as several texts may have one name.
        seed: of weights and batches.
        runs: of each rung of `RUNGS`, in their order; None if it was not started.
    """

    text: str
    sha256: str
    seed: int
    runs: tuple[Run | None, ...]


def climbs(root: Path, rungs: Sequence[Rung] = RUNGS) -> list[Climb]:
    """Every text and seed that `root` has a run of the ladder of; damaged runs are left out.

    A run counts if all of its settings are the rung's, whatever its name. One that was trained here
    comes before one that was shared, as those that come with Headlight are.
    """
    runs_of: dict[tuple[str, str, int], dict[str, Run]] = {}
    for run in sorted(list_runs(root), key=lambda run: run.is_shared):
        match = _rung_of(run, rungs)
        if match is not None:
            rung, key = match
            runs_of.setdefault(key, {}).setdefault(rung.name, run)
    return [
        Climb(*key, tuple(runs.get(rung.name) for rung in rungs))
        for key, runs in sorted(runs_of.items())
    ]


def find_run(root: Path, rung: Rung, corpus: Corpus, seed: int) -> Run | None:
    """The run of a rung on a text; None if it was not started."""
    sha256 = corpus.describe()["sha256"]
    for climb in climbs(root, [rung]):
        if (climb.sha256, climb.seed) == (sha256, seed):
            return climb.runs[0]
    return None


def prepare_all(root: Path, rungs: Sequence[Rung], corpus: Corpus, seed: int) -> list[Run]:
    """The run of each rung on a text; missing ones are created, and none is trained.

    A run that was only shared is a missing one: it cannot go on.

    Raises:
        ConfigError: a seed that cannot be.
        TextError: a text that is too short.
        TrainingError: a folder cannot be created.
    """
    return [prepare(root, rung, corpus, seed) for rung in rungs]


def prepare(root: Path, rung: Rung, corpus: Corpus, seed: int) -> Run:
    """Like `prepare_all`, for one rung."""
    tokenizer, there = CharacterTokenizer.of(corpus.text), find_run(root, rung, corpus, seed)
    if there is not None and not there.is_shared:
        return there
    return create_run(
        root / free_name(root, f"{PREFIX}{rung.name}-{seed}"),
        rung.model_config(tokenizer.vocab_size),
        rung.training_config(seed),
        corpus,
        tokenizer,
        f"{PREFIX}{rung.name}",
    )


def train_together(
    runs: Sequence[Run], processes: int, control: Control, ended: Callable[[Run], None]
) -> None:
    """Train runs to their end, several at a time with one thread each, and measure each.

    Models this small leave a second thread nothing to do, but a second process a whole core.

    Args:
        runs: the longest first, so that none is left to run alone.
        control: a wish to pause reaches those that train; the others are not begun.
        ended: called with each run when it is done, and in the end with the unfinished ones.
    """
    # Forked, a process has torch imported already, which takes seconds; elsewhere it has to.
    context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    taken = context.Value("i", 0)
    workers = [context.Process(target=_work, args=(runs, taken)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    waiting = list(runs)
    while any(worker.is_alive() for worker in workers):
        if control.wish() is not Wish.GO_ON:
            _tell(workers)
        for run in filter(_is_done, list(waiting)):
            waiting.remove(run)
            ended(run)
        time.sleep(POLL)
    for run in waiting:
        ended(run)


def train_alone(run: Run, control: Control) -> None:
    """Train a run to its end in this process, and measure it."""
    if train(run, control).state == "done":
        measure(run)


def _work(runs: Sequence[Run], taken: Any) -> None:
    """Train one run after the other, until none is left or a signal asks to pause."""
    torch.set_num_threads(1)
    control = Control()
    pause_on_signals(control)
    while control.wish() is Wish.GO_ON:
        with taken.get_lock():
            at, taken.value = taken.value, taken.value + 1
        if at >= len(runs):
            return
        try:
            train_alone(runs[at], control)
        except HeadlightError as error:
            print(f"{runs[at].name}: {error}", file=sys.stderr, flush=True)


def _tell(workers: Sequence[BaseProcess]) -> None:
    for worker in workers:
        if worker.is_alive():
            worker.terminate()  # which each takes as a wish to pause


def _is_done(run: Run) -> bool:
    """Whether a run is done and measured now; others may have paused or failed earlier."""
    return run.status().state == "done" and (run.path / FILE).is_file()


def _rung_of(run: Run, rungs: Sequence[Rung]) -> tuple[Rung, tuple[str, str, int]] | None:
    """The rung of a run, with the name and hash of its text and its seed; None if it has none."""
    try:
        info = run.config()
        rung = next((r for r in rungs if info.get("preset") == f"{PREFIX}{r.name}"), None)
        if rung is None:
            return None
        model, training = model_config(info), TrainingConfig.from_dict(info["training"])
        if model != rung.model_config(model.vocab_size):
            return None
        if training != rung.training_config(training.seed):
            return None
        return rung, (str(info["data"]["name"]), str(info["data"]["sha256"]), training.seed)
    except (HeadlightError, KeyError, TypeError):
        return None
