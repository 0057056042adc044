"""Creation: the folder of a new run, written whole or not at all."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from gpt import version
from gpt.errors import TrainingError
from gpt.names import check_name, check_new
from gpt.nn.config import GPTConfig
from gpt.run_files import CONFIG, TOKENIZER
from gpt.text import splitting
from gpt.text.corpus import Corpus
from gpt.text.tokenizer import Tokenizer
from gpt.training.files import write_json
from gpt.training.needs import check_memory
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status

FORMAT = 1


def create_run(
    path: str | Path,
    model: GPTConfig,
    training: TrainingConfig,
    corpus: Corpus,
    tokenizer: Tokenizer,
    preset: str | None = None,
    state: str = "queued",
) -> Run:
    """Write the folder of a new run, ready to be trained.

    Raises:
        TrainingError: a name that cannot be, a folder that exists already, or a model that this
            machine has no memory for.
        TextError: a text too short for the model's block.
    """
    run = Run(path)
    check_name(run.name)
    check_new(run.path)
    check_memory(model, training)
    counts = splitting.count(corpus, tokenizer, training.documents, model.block_size)
    info = {
        "format": FORMAT,
        "preset": preset,
        "model": model.to_dict(),
        "training": training.to_dict(),
        "data": corpus.describe(),
        "split": asdict(counts),
        **_origin(),
    }
    _make_folder(run)
    try:
        _write(run.path, info, corpus, tokenizer)
        run.write_status(Status(state, steps=training.steps))
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)
        raise
    return run


def _make_folder(run: Run) -> None:
    try:
        run.path.mkdir(parents=True)
    except FileExistsError:
        raise TrainingError(
            f"there is a run {run.name!r} already; choose another name, resume it, or delete it"
        ) from None


def _write(folder: Path, info: dict[str, Any], corpus: Corpus, tokenizer: Tokenizer) -> None:
    if "builtin" not in corpus.source:
        (folder / "text").mkdir()
        for i, document in enumerate(corpus.documents):
            # As bytes: reading and writing as text would translate line ends.
            (folder / "text" / f"{i}.txt").write_bytes(document.text.encode())
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
