"""The result of a conversion: a Checkpoint, which can be saved as a run folder."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from gpt import version
from gpt.checkpoint import Checkpoint
from gpt.errors import ConversionError
from gpt.names import check_name, check_new, check_storable
from gpt.nn.model import GPT
from gpt.run_files import SOURCE_TOKENIZER, TOKENIZER
from gpt.text.tokenizer import Tokenizer
from gpt.training.creation import FORMAT
from gpt.training.files import write_json
from gpt.training.runs import Run
from gpt.training.status import Status
from gpt.weights_file import save_weights

STORY = ("metrics.jsonl", "samples.jsonl", "evaluation.json", "snapshots/*.npz")


def checkpoint(
    kind: str,
    source: Path,
    model: GPT,
    tokenizer: Tokenizer,
    notes: Sequence[str] = (),
    step: int = 0,
    predicts: bool = True,
) -> Checkpoint:
    """A converted model as a Checkpoint whose `info` says where it came from.

    Args:
        kind: what it was ("gpt2").
        source: the file or folder it was read from.
        notes: what a person should know about the conversion, a sentence each.
        step: how many steps it was trained for, if its file says so.
        predicts: whether its logits mean anything.
    """
    origin: dict[str, Any] = {"kind": kind, "name": source.name, "notes": list(notes)}
    info: dict[str, Any] = {
        "format": FORMAT,
        "preset": None,
        "model": model.config.to_dict(),
        "imported": origin if predicts else {**origin, "predicts": False},
        "versions": {"headlight": version.VERSION, "torch": torch.__version__},
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "weights": {"step": str(step)},
    }
    return Checkpoint(model, tokenizer, model.config, info, source)


def of_run(
    source: Path,
    model: GPT,
    tokenizer: Tokenizer,
    info: Mapping[str, Any],
    notes: Sequence[str],
    source_tokenizer: Tokenizer | None = None,
) -> Checkpoint:
    """A run from elsewhere as a Checkpoint, with what its config.json says of it."""
    origin: Any = info.get("imported")
    if not isinstance(origin, dict):
        origin = {"kind": "run", "name": source.name, "notes": list(notes)}
    ours = {"format": FORMAT, "model": model.config.to_dict(), "imported": origin}
    changed = {**info, **ours}
    return Checkpoint(model, tokenizer, model.config, changed, source, source_tokenizer)


def save(checkpoint: Checkpoint, path: str | Path, run: Path | None = None) -> Run:
    """Write a Checkpoint as a run folder: all of it, or nothing.

    Args:
        path: the new folder.
        run: the folder of the run that it was; its curves, samples and snapshots are copied.

    Raises:
        TrainingError: the folder's name cannot be a run's.
        ConversionError: the folder exists already.
        OSError: it could not be written.
    """
    target = Path(path)
    check_name(target.name)
    config = {name: value for name, value in checkpoint.info.items() if name != "weights"}
    metadata = {name: str(value) for name, value in checkpoint.info.get("weights", {}).items()}
    step = int(metadata.get("step", 0))
    origin = checkpoint.info.get("imported", {})
    reason = f"imported: {origin.get('kind', 'a checkpoint')} {origin.get('name', '')}".strip()
    with new_folder(target) as folder:
        save_weights(checkpoint.model, folder / "model.safetensors", metadata)
        write_json(folder / TOKENIZER, checkpoint.tokenizer.to_json())
        if (
            checkpoint.source_tokenizer is not checkpoint.tokenizer
            or checkpoint.config.source_vocab_size
        ):
            write_json(folder / SOURCE_TOKENIZER, checkpoint.source_tokenizer.to_json())
        write_json(folder / "config.json", config)
        if run is not None:
            _copy_story(run, folder)
        Run(folder).write_status(Status("done", step=step, steps=step, reason=reason))
    return Run(target)


def _copy_story(run: Path, folder: Path) -> None:
    """Copy what a run recorded of its training, but not the files that resuming needs."""
    for pattern in STORY:
        for path in sorted(run.glob(pattern)):
            if path.is_file() and not path.is_symlink():
                target = folder / path.relative_to(run)
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, target)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A temporary folder to fill, which is renamed to `target` at the end, or deleted on an error.

    Raises:
        ConversionError: `target` exists already, or has a name that no folder may have.
    """
    check_storable(target.name, ConversionError)
    check_new(target, ConversionError)
    exists = ConversionError(f"{target.name!r} is there already; choose another name")
    if target.exists():
        raise exists
    target.parent.mkdir(parents=True, exist_ok=True)
    # One level deeper than run folders are, so that nothing lists it as a run.
    work = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        inside = work / target.name
        inside.mkdir()
        yield inside
        try:
            inside.rename(target)
        except FileExistsError:
            raise exists from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
