"""Run: a training run on disk, the one thing that training and the app share.

The folder's files are described in the README of `checkpoints/`. Reading is forgiving (a last
line half-written is left out), writing is atomic.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from gpt import run_files, run_lines
from gpt.errors import CheckpointError, RunGoneError, TrainingError
from gpt.text import corpus as corpora
from gpt.text import examples
from gpt.text.corpus import Corpus
from gpt.text.labelled import LabelledExamples
from gpt.text.pairs import PairExamples
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.text.splitting import Counts
from gpt.text.tokenizer import Tokenizer
from gpt.training import status as statuses
from gpt.training.files import Writer, commit_group, recover, write_bytes
from gpt.training.lock import TRAINING, WAITING, Lock, is_held, take
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status
from gpt.weights_file import WEIGHTS

OPTIMIZER = "optimizer.safetensors"
INITIAL = "initial.safetensors"
"""The first weights of a run, where its seed alone does not decide them."""
REWARD = "reward.safetensors"
"""The reward model that a run of PPO follows."""
TEXT = "text"
"""The folder in which a run keeps a text or examples that cannot be generated again."""
RESUME = (OPTIMIZER, run_files.TRAINER)
"""What a run needs besides its weights to go on."""

Kind = TypeVar("Kind", LabelledExamples, PairExamples, Demonstrations, Comparisons)


class Run:
    """One run folder.

    Args:
        path: the folder.
        lock: the lock of whoever trains it; what they write then goes into the folder that they
            locked, or nowhere.
    """

    def __init__(self, path: str | Path, lock: Lock | None = None) -> None:
        self.path = Path(path)
        self._lock = lock

    @property
    def name(self) -> str:
        """The folder's name, which is the run's."""
        return self.path.name

    def config(self) -> dict[str, Any]:
        """The content of config.json.

        Raises:
            CheckpointError: it is missing, not JSON, or not of a run.
        """
        return run_files.read_config(self.path)

    def tokenizer(self) -> Tokenizer:
        """Its tokenizer.

        Raises:
            CheckpointError: tokenizer.json is missing, damaged or of another kind.
        """
        return run_files.read_tokenizer(self.path)

    def training_config(self) -> TrainingConfig:
        """How it is trained, out of its config.json.

        Raises:
            CheckpointError: as `config`.
            TrainingError: there are no training settings.
        """
        settings = self.config().get("training")
        if not isinstance(settings, dict):
            raise TrainingError(
                f"{self.name}/config.json has no training settings: it was not trained here, and "
                "cannot be trained on"
            )
        return TrainingConfig.from_dict(settings)

    def corpus(self) -> Corpus:
        """The text that the run learns from.

        Raises:
            CheckpointError: the folder was shared without its text, or keeps only its tokens.
        """
        data = self.config().get("data") or {}
        if data.get("kind") in examples.KINDS:
            raise CheckpointError(
                f"the run {self.name!r} learns from {data['kind']}, not from one text"
            )
        if "builtin" in data:
            return corpora.from_description(data)
        if "stored" in data:
            raise CheckpointError(
                f"the run {self.name!r} keeps the tokens of its text ({data.get('name')}), and not "
                "the text, which is larger than is read at once"
            )
        names = data.get("documents", [])
        speakers = data.get("speakers") or [None] * len(names)
        files = [self.path / TEXT / f"{i}.txt" for i in range(len(names))]
        if not files or len(speakers) != len(names) or not all(file.is_file() for file in files):
            raise self._without_text(data)
        return Corpus(
            data.get("name", self.name),
            tuple(map(corpora.Document, names, corpora.read_texts(files), speakers)),
            notes=tuple(data.get("notes", ())),
        )

    def source_tokenizer(self) -> Tokenizer:
        """The tokenizer of a translation's sources: the targets', if they share a vocabulary.

        Raises:
            CheckpointError: its file is damaged or of another kind.
        """
        has_own = (self.path / run_files.SOURCE_TOKENIZER).exists()
        return run_files.read_tokenizer(
            self.path, run_files.SOURCE_TOKENIZER if has_own else run_files.TOKENIZER
        )

    def examples(self, kind: type[Kind]) -> Kind:
        """The labelled texts or the pairs that the run learns from.

        Args:
            kind: LabelledExamples, PairExamples, Demonstrations or Comparisons.

        Raises:
            CheckpointError: the folder was shared without them, or it has others, or a text.
        """
        data = self.config().get("data") or {}
        if "builtin" not in data and not (self.path / TEXT).is_dir():
            raise self._without_text(data)
        stored = examples.from_stored(data, self.path / TEXT)
        if not isinstance(stored, kind):
            raise CheckpointError(f"the run {self.name!r} learns from other examples than these")
        return stored

    def _without_text(self, data: Mapping[str, Any]) -> CheckpointError:
        return CheckpointError(
            f"the run {self.name!r} was shared without its text "
            f"({data.get('name', 'unknown')}); give it again to train on"
        )

    def continues_text(self) -> bool:
        """Whether its losses are of the next token of a text, not of labels or hidden tokens."""
        return (self.config().get("training") or {}).get("task", "next") == "next"

    def counts(self) -> Counts | None:
        """How many tokens its text has, and how long they are.

        None if the run does not say, or if its losses are not of the next token.
        """
        split = self.config().get("split")
        if (
            not self.continues_text()
            or split is None
            or set(split) != set(Counts.__dataclass_fields__)
        ):
            return None
        counts = Counts(**split)
        return counts if counts.held_out_tokens > 0 < counts.held_out_characters else None

    def status(self) -> Status:
        """What status.json says; a folder without one counts as done, a damaged one as failed."""
        return statuses.read_or_failed(self.path)

    def write_status(self, status: Status) -> None:
        """Replace status.json; on a full disk, overwrite it in place.

        Raises:
            RunGoneError: the folder that this process locked is not there any more.
        """
        self.check_there()
        try:
            statuses.write(self.path, status)
        except OSError:
            self.check_there()
            raise

    def metrics(self) -> list[run_lines.Line]:
        """The lines of metrics.jsonl, oldest first; of very many, every n-th.

        Raises:
            CheckpointError: the file cannot be read.
        """
        return run_lines.read_metrics(self.path)

    def samples(self) -> list[run_lines.Sample]:
        """Every line of samples.jsonl, {"step", "text"}, oldest first.

        Raises:
            CheckpointError: the file cannot be read.
        """
        return run_lines.read_samples(self.path)

    def append_metrics(self, line: dict[str, Any]) -> None:
        """Add one line to metrics.jsonl.

        Raises:
            RunGoneError: the folder that this process locked is not there any more.
        """
        self.check_there()
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def forget_after(self, step: int) -> None:
        """Drop the metrics of steps that no checkpoint holds: they will be taken again.

        Raises:
            RunGoneError: the folder that this process locked is not there any more.
        """
        self.check_there()
        recover(self.path)
        write_bytes(self.path / "metrics.jsonl", run_lines.metrics_until(self.path, step))

    def commit(self, writers: Mapping[str, Writer]) -> None:
        """Write several files so that all of them change, or none.

        Raises:
            RunGoneError: the folder that this process locked is not there any more.
        """
        commit_group(self.path, writers, self.check_there)

    def lock(self) -> Run:
        """The same run, of which this process alone now writes the files.

        Raises:
            TrainingError: another process trains it.
        """
        lock = take(self.path, TRAINING)
        if lock is None:
            status = self.status()
            by = f" (pid {status.pid} on {status.host})" if status.pid else ""
            raise TrainingError(f"the run {self.name!r} is being trained already{by}")
        return Run(self.path, lock)

    def release(self) -> None:
        """Let other processes write its files again."""
        if self._lock is not None:
            self._lock.release()

    def check_there(self) -> None:
        """Refuse to write if the folder that this process locked is gone.

        Raises:
            RunGoneError: it was deleted, and perhaps made anew.
        """
        if self._lock is not None and not self._lock.stands:
            raise RunGoneError(
                f"the folder of the run {self.name!r} was deleted while it was trained. Training "
                "has stopped, and nothing was saved."
            )

    @property
    def has_checkpoint(self) -> bool:
        """Whether training has something to go on from."""
        names = (WEIGHTS["latest"], run_files.TRAINER)
        return all((self.path / name).is_file() for name in names)

    @property
    def is_shared(self) -> bool:
        """Whether it came to be looked at: with weights, but without what it takes to go on."""
        return (self.path / WEIGHTS["latest"]).is_file() and bool(self._lacking())

    def _lacking(self) -> list[str]:
        return [name for name in RESUME if not (self.path / name).is_file()]

    def check_resumable(self) -> None:
        """Refuse a run that holds weights, but not what is needed to go on from them.

        Raises:
            TrainingError: it was shared to be looked at; to begin again would overwrite it.
        """
        recover(self.path)
        if self.is_shared:
            raise TrainingError(
                f"the run {self.name!r} was shared to be looked at and cannot be resumed: "
                f"{' and '.join(self._lacking())} did not come with it. Train a new run instead."
            )

    def delete(self) -> None:
        """Remove the folder and all that is in it.

        Raises:
            TrainingError: a process is training it, or has it in line.
        """
        self.check_idle()
        shutil.rmtree(self.path)

    def check_idle(self) -> None:
        """Refuse a run that moves.

        Raises:
            TrainingError: a process is training it, or has it in line.
        """
        if self.status().alive or is_held(self.path, TRAINING):
            raise TrainingError(f"the run {self.name!r} is training; stop it first")
        if is_held(self.path, WAITING):
            raise TrainingError(f"the run {self.name!r} waits in line; take it out first")


def evaluated(run: Run) -> list[dict[str, Any]]:
    """The lines of a run's metrics at which both losses were estimated, with all their numbers.

    Raises:
        CheckpointError: the file cannot be read.
    """
    needed = ("train_loss", "val_loss", "seconds")
    lines: list[Any] = run.metrics()
    return [line for line in lines if all(line.get(name) is not None for name in needed)]


def list_runs(root: Path) -> list[Run]:
    """Every run folder below `root`, by name; a hidden one, or without a config.json, is none."""
    if not root.is_dir():
        return []
    paths = sorted(path for path in root.iterdir() if path.name[:1] != ".")
    return [Run(path) for path in paths if (path / "config.json").is_file()]
