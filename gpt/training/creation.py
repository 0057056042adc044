"""Creation: the folder of a new run, written whole or not at all."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import torch

from gpt import version
from gpt.errors import ConfigError, TrainingError
from gpt.names import check_name, check_new
from gpt.nn.config import GPTConfig
from gpt.run_files import CONFIG, SOURCE_TOKENIZER, TOKENIZER
from gpt.text.corpus import Corpus
from gpt.text.labelled import LabelledExamples
from gpt.text.large_text import LargeText
from gpt.text.prompted import PREFERENCE
from gpt.text.tokenizer import Tokenizer
from gpt.training import probes
from gpt.training.beginning import Beginning
from gpt.training.counting_start import first_weights
from gpt.training.data import AnyData, check_task, split_counts
from gpt.training.files import write_json
from gpt.training.needs import check_memory
from gpt.training.runs import TEXT, Run
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status
from gpt.training.stored_text import store
from gpt.training.teachers import Teachers, check_teachers
from gpt.weights_file import save_weights

FORMAT = 1


def create_run(
    path: str | Path,
    model: GPTConfig,
    training: TrainingConfig,
    data: AnyData,
    tokenizer: Tokenizer,
    preset: str | None = None,
    state: str = "queued",
    source_tokenizer: Tokenizer | None = None,
    begun_from: Beginning | None = None,
    expected: dict[str, Any] | None = None,
    probe: str | None = None,
    teachers: Teachers | None = None,
) -> Run:
    """Write the folder of a new run, ready to be trained.

    Args:
        data: the text, the labelled texts or the pairs that it learns from. The tokens of a text
            that is larger than is read at once are written now, which takes minutes for a gigabyte.
        source_tokenizer: of a translation's sources, if they have a vocabulary of their own.
        begun_from: the first weights; None draws them from the seed, and counts the tokens of
            labelled texts if `counting_start` is set.
        expected: the loss that was foretold, as `gpt.training.expected_loss` writes it.
        probe: the prompt of the snapshots; None takes text that is held out.
        teachers: the models whose predictions it learns from, with `teacher_share`.

    Raises:
        ConfigError: a model, data, teachers or a probe that the task has no use for.
        PromptError: a probe that the model cannot read.
        TrainingError: a name that cannot be, a folder that exists already, or a model that this
            machine has no memory for.
        TextError: a text too short for the model's block, or examples too long for it.
    """
    run = Run(path)
    check_name(run.name)
    check_new(run.path)
    check_memory(model, training)
    check_task(training.task, model, data)
    check_teachers(teachers, model, training, tokenizer)
    if begun_from and training.counting_start:
        raise ConfigError(
            "counting_start has no effect on a run that begins with the weights of another one; "
            "leave it at 0"
        )
    if teachers and isinstance(data, LargeText):
        raise ConfigError(
            f"{data.name} is larger than is read at once, and what teachers expect takes more room "
            "than the text; learn from a shorter one, or without teachers"
        )
    of_probe = probes.described(probe, training.task, tokenizer, model)
    if not isinstance(data, LargeText):  # whose counts come with its tokens
        counts = split_counts(data, model, training, tokenizer, source_tokenizer)
        described = data.describe()
    _make_folder(run)
    try:
        if isinstance(data, LargeText):
            described, counts = store(data, tokenizer, model, training, run.path)
        info = {
            "format": FORMAT,
            "preset": preset,
            "model": model.to_dict(),
            "training": training.to_dict(),
            "data": {**described, **of_probe},
            "split": counts,
            **({"labels": _labels(data)} if model.is_classifier else {}),
            **({"begun_from": begun_from.describe()} if begun_from else {}),
            **({"teachers": teachers.describe()} if teachers else {}),
            **({"expected": expected} if expected else {}),
            **_origin(),
        }
        _write(run.path, info, _stored(data), tokenizer)
        if source_tokenizer is not None:
            write_json(run.path / SOURCE_TOKENIZER, source_tokenizer.to_json())
        counted = first_weights(model, training, data, tokenizer)
        first = begun_from.weights if begun_from else counted
        for name, kept in {**first, **(teachers.weights if teachers else {})}.items():
            save_weights(kept, run.path / name, {"step": "0"})
        run.write_status(Status(state, steps=training.steps))
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)
        raise
    return run


def _labels(data: AnyData) -> list[str]:
    """The labels of a classifier, in the order of its logits."""
    return list(data.labels if isinstance(data, LabelledExamples) else PREFERENCE)


def _make_folder(run: Run) -> None:
    try:
        run.path.mkdir(parents=True)
    except FileExistsError:
        raise TrainingError(
            f"there is a run {run.name!r} already; choose another name, resume it, or delete it"
        ) from None


def _stored(data: AnyData) -> dict[str, bytes]:
    """The files by which a run keeps what it cannot generate again."""
    if isinstance(data, LargeText):
        return {}  # its tokens are there already
    if not isinstance(data, Corpus):
        return data.files()
    if "builtin" in data.source:
        return {}
    # As bytes: reading and writing as text would translate line ends.
    return {f"{i}.txt": part.text.encode() for i, part in enumerate(data.documents)}


def _write(
    folder: Path, info: dict[str, Any], files: dict[str, bytes], tokenizer: Tokenizer
) -> None:
    if files:
        (folder / TEXT).mkdir()
    for name, content in files.items():
        (folder / TEXT / name).write_bytes(content)
    write_json(folder / TOKENIZER, tokenizer.to_json())
    write_json(folder / CONFIG, info)


def _origin() -> dict[str, Any]:
    """When a run was made, and with which versions."""
    return {
        "versions": {"headlight": version.VERSION, "torch": torch.__version__},
        "revision": _revision(),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _revision() -> str | None:
    """The git revision of this project if it is a checkout."""
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
