"""Run: a training run on disk, the one thing that training and the app share.

The folder's files are described in the README of `checkpoints/`. Reading is forgiving (a last
line half-written is left out), writing is atomic.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from gpt import version
from gpt.checkpoint import read_json
from gpt.errors import CheckpointError, TrainingError
from gpt.nn.config import GPTConfig
from gpt.text import corpus as corpora
from gpt.text import splitting
from gpt.text.corpus import Corpus
from gpt.text.splitting import Counts
from gpt.text.tokenizer import Tokenizer
from gpt.training.files import recover, write_atomic, write_json
from gpt.training.settings import TrainingConfig

FORMAT = 1
HEARTBEAT_LOST = 60.0  # seconds without a heartbeat after which a run counts as interrupted
PROCESS_LOST = 3600.0  # the same where its process number still exists: it may be another's now
STATES = ("queued", "running", "paused", "done", "failed")
RESUME = ("optimizer.safetensors", "trainer.json")  # besides the weights
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Status:
    """What status.json says.

    Fields:
        state: one of `STATES`.
        step, steps: done, and in all.
        reason: why it stopped, for a person.
        heartbeat: when the process last wrote, in seconds since 1970.
        seconds_left: estimated, while running.
        elapsed: seconds of work so far, pauses left out; 0 where no run of ours has written it.
        best_val_loss: lowest estimate so far, in nats.
        pid, host: the process that trains it, while running.
    """

    state: str
    step: int = 0
    steps: int = 0
    reason: str = ""
    heartbeat: float = 0.0
    seconds_left: float | None = None
    elapsed: float = 0.0
    best_val_loss: float | None = None
    pid: int | None = None
    host: str = ""

    @property
    def alive(self) -> bool:
        """Whether a process is training this run now."""
        if self.state != "running":
            return False
        silence = time.time() - self.heartbeat
        if self.host == socket.gethostname() and self.pid is not None:
            return silence < PROCESS_LOST and _process_exists(self.pid)
        return silence < HEARTBEAT_LOST

    @property
    def finished(self) -> bool:
        """Whether all steps are done, and not only those before it was stopped."""
        return self.state == "done" and self.step >= self.steps

    @property
    def shown_state(self) -> str:
        """The state as a person should see it: a run whose process is gone is interrupted."""
        return "interrupted" if self.state == "running" and not self.alive else self.state


def _process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):  # a zombie still has its number
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


class Run:
    """One run folder."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @property
    def name(self) -> str:
        """The folder's name, which is the run's."""
        return self.path.name

    @classmethod
    def create(
        cls,
        path: str | Path,
        model: GPTConfig,
        training: TrainingConfig,
        corpus: Corpus,
        tokenizer: Tokenizer,
        preset: str | None = None,
        state: str = "queued",
    ) -> Run:
        """Make the folder of a new run, ready to be trained.

        Raises:
            TrainingError: a name that cannot be, or a folder that is there already.
            TextError: a text too short for the model's block.
        """
        run = cls(path)
        check_name(run.name)
        counts = splitting.count(corpus, tokenizer, training.documents, model.block_size)
        try:
            run.path.mkdir(parents=True)
        except FileExistsError:
            raise TrainingError(
                f"there is a run {run.name!r} already; choose another name, resume it, or delete it"
            ) from None
        try:
            run._write_new(model, training, corpus, tokenizer, preset, counts)
            run.write_status(Status(state, steps=training.steps))
        except BaseException:
            shutil.rmtree(run.path, ignore_errors=True)
            raise
        return run

    def _write_new(
        self,
        model: GPTConfig,
        training: TrainingConfig,
        corpus: Corpus,
        tokenizer: Tokenizer,
        preset: str | None,
        counts: Counts,
    ) -> None:
        if "builtin" not in corpus.source:
            for i, document in enumerate(corpus.documents):
                (self.path / "text").mkdir(exist_ok=True)
                # As bytes: reading and writing as text would translate line ends.
                (self.path / "text" / f"{i}.txt").write_bytes(document.text.encode())
        write_json(self.path / "tokenizer.json", tokenizer.to_json())
        write_json(
            self.path / "config.json",
            {
                "format": FORMAT,
                "preset": preset,
                "model": model.to_dict(),
                "training": training.to_dict(),
                "data": corpus.describe(),
                "split": asdict(counts),
                "versions": {"headlight": version.VERSION, "torch": torch.__version__},
                "revision": _revision(),
                "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            },
        )

    def config(self) -> dict[str, Any]:
        """The content of config.json.

        Raises:
            CheckpointError: it is missing, not JSON, or not of a run.
        """
        value = read_json(self.path / "config.json")
        if not isinstance(value, dict) or not isinstance(value.get("model"), dict):
            raise CheckpointError(f"{self.name}/config.json is not of a Headlight run")
        return value

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
            CheckpointError: the folder was shared without its text.
        """
        data = self.config().get("data", {})
        if "builtin" in data:
            return corpora.from_description(data)
        names = data.get("documents", [])
        speakers = data.get("speakers") or [None] * len(names)
        files = [self.path / "text" / f"{i}.txt" for i in range(len(names))]
        if not files or not all(file.is_file() for file in files):
            raise CheckpointError(
                f"the run {self.name!r} was shared without its text "
                f"({data.get('name', 'unknown')}); give it again to train on"
            )
        documents = (
            corpora.Document(name, file.read_bytes().decode(), speaker)
            for name, file, speaker in zip(names, files, speakers, strict=True)
        )
        return Corpus(data["name"], tuple(documents))

    def counts(self) -> Counts | None:
        """How many tokens its text has, and how long they are; None of a run without them."""
        try:
            found = Counts(**self.config()["split"])
            return found if found.held_out_tokens > 0 < found.held_out_characters else None
        except (KeyError, TypeError):
            return None

    def status(self) -> Status:
        """What status.json says; a folder without one counts as done."""
        try:
            value = read_json(self.path / "status.json")
            known = {k: v for k, v in value.items() if k in Status.__dataclass_fields__}
            return Status(**known)
        except (CheckpointError, TypeError, AttributeError):
            return Status("done", reason="status.json is missing or unreadable")

    def write_status(self, status: Status) -> None:
        """Replace status.json; on a full disk, write over it where it stands."""
        value = {field: getattr(status, field) for field in Status.__dataclass_fields__}
        path = self.path / "status.json"
        try:
            write_json(path, value)
        except OSError:
            with path.open("r+", encoding="utf-8") as file:
                file.write(json.dumps(value))
                file.truncate()

    def metrics(self) -> list[dict[str, Any]]:
        """Every line of metrics.jsonl, oldest first."""
        return list(_json_lines(self.path / "metrics.jsonl"))

    def samples(self) -> list[dict[str, Any]]:
        """Every line of samples.jsonl, {"step", "text"}, oldest first."""
        return list(_json_lines(self.path / "samples.jsonl"))

    def append_metrics(self, line: dict[str, Any]) -> None:
        """Add one line to metrics.jsonl."""
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def forget_after(self, step: int) -> None:
        """Drop the metrics of steps that no checkpoint holds: they will be taken again."""
        recover(self.path)
        kept = [line for line in self.metrics() if line.get("step", 0) <= step]
        text = "".join(json.dumps(line) + "\n" for line in kept)
        write_atomic(self.path / "metrics.jsonl", text)

    def check_resumable(self) -> None:
        """Refuse a run that holds weights, but not what is needed to go on from them.

        Raises:
            TrainingError: it was shared to be looked at; to begin again would overwrite it.
        """
        recover(self.path)
        needed = [name for name in RESUME if not (self.path / name).is_file()]
        if needed and (self.path / "model.safetensors").is_file():
            raise TrainingError(
                f"the run {self.name!r} was shared to be looked at and cannot be resumed: "
                f"{' and '.join(needed)} did not come with it. Train a new run instead."
            )

    def delete(self) -> None:
        """Remove the folder and all that is in it.

        Raises:
            TrainingError: a process is training it.
        """
        if self.status().alive:
            raise TrainingError(f"the run {self.name!r} is training; stop it first")
        shutil.rmtree(self.path)


def check_name(name: str) -> None:
    """Refuse a run name that would not make a good folder name.

    Raises:
        TrainingError: saying what a name may contain.
    """
    if not NAME.fullmatch(name):
        raise TrainingError(
            f"{name!r} cannot name a run: use up to 64 letters, digits, dots, hyphens and "
            "underscores, a letter or digit first"
        )


def list_runs(root: Path) -> list[Run]:
    """Every run folder below `root`, by name; folders without a config.json are none."""
    if not root.is_dir():
        return []
    return [Run(path) for path in sorted(root.iterdir()) if (path / "config.json").is_file()]


def free_name(root: Path, wanted: str) -> str:
    """`wanted`, or `wanted-2`, `wanted-3`, … whichever names no run yet."""
    names = (wanted if n == 1 else f"{wanted}-{n}" for n in range(1, 10_000))
    return next(name for name in names if not (root / name).exists())


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            value = json.loads(line)
            if isinstance(value, dict):
                yield value


def _revision() -> str | None:
    """The git revision of this project, where it is a checkout."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
