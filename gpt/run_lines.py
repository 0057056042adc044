"""The files of a run that grow line by line: its metrics and its samples.

A process that is killed may leave a damaged line, so damaged lines are left out; `damaged_lines`
counts them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, Required, TypedDict

import msgspec

from gpt import bounded
from gpt.bounded import MIB
from gpt.errors import CheckpointError
from gpt.run_files import METRICS, MOST_FILE, SAMPLES, Count, Number, Seconds

LONGEST_LINE = 4 * MIB
MOST_LINES = 100_000
"""Of metrics: a curve has no more points, so a longer run is thinned."""
MOST_WRITTEN = 2_000_000
"""Lines of metrics beyond which a file is none of ours: no run that would write as many begins."""


class Line(TypedDict, total=False):
    """A line of metrics.jsonl."""

    step: Required[Count]
    tokens: Count | None
    seconds: Seconds | None
    loss: Number | None
    train_loss: Number | None
    val_loss: Number | None
    lr: Number | None
    tok_per_s: Number | None
    grad_norm: Number | None
    accuracy: Number | None
    exact_match: Number | None
    bleu: Number | None
    chrf: Number | None
    judged: Number | None
    win_rate: Number | None
    kl: Number | None
    answer_kl: Number | None
    held_out_reward: Number | None
    reward: Number | None
    mixed: Number | None
    entropy: Number | None
    length: Number | None


class Example(TypedDict, total=False):
    """One held-out example, and what the model makes of it.

    A text has `label`, which is right, and the `probability` that the model gives it; a source has
    its `reference` and the model's `output`.
    """

    text: Required[str]
    label: str
    probability: Number
    reference: str
    output: str


class Sample(TypedDict, total=False):
    """A line of samples.jsonl."""

    step: Required[Count]
    text: Required[str]
    examples: list[Example]


class _Lines(NamedTuple):
    """The values of a file's lines, and how many lines could not be read."""

    values: list[Any]
    damaged: int


def read_metrics(folder: Path) -> list[Line]:
    """Every line of metrics.jsonl, oldest first; empty if nothing was measured yet.

    Of more than `MOST_LINES`, every n-th is read, and all evaluations.

    Raises:
        CheckpointError: the file cannot be read or is too large.
    """
    return _metrics(folder).values


def _metrics(folder: Path) -> _Lines:
    content = _written(folder)
    every = 1 + content.count(b"\n") // MOST_LINES
    lines = (line for n, line in enumerate(bounded.lines(content)) if _is_kept(n, every, line))
    return _decoded(lines, Line, 2 * MOST_LINES, folder / METRICS)


def _written(folder: Path) -> bytes:
    """The content of metrics.jsonl.

    Raises:
        CheckpointError: it cannot be read, is too large, or has more lines than any of ours.
    """
    content = _lines_of(folder / METRICS)
    if max(map(content.count, (b"\n", b"\r"))) > MOST_WRITTEN:
        raise _too_many(folder / METRICS)
    return content


def _too_many(path: Path) -> CheckpointError:
    return CheckpointError(f"{bounded.where(path)} has more lines than one of ours")


def _is_kept(number: int, every: int, line: bytes) -> bool:
    return number % every == 0 or (b'"val_loss"' in line and b'"val_loss": null' not in line)


def read_samples(folder: Path) -> list[Sample]:
    """Every line of samples.jsonl, oldest first.

    Raises:
        CheckpointError: the file cannot be read or is too large.
    """
    return _samples(folder).values


def _samples(folder: Path) -> _Lines:
    lines = bounded.lines(_lines_of(folder / SAMPLES))
    return _decoded(lines, Sample, MOST_LINES, folder / SAMPLES)


def damaged_lines(folder: Path) -> dict[str, int]:
    """How many lines of a run's files could not be read, by the file's name; only where there are.

    Raises:
        CheckpointError: a file cannot be read at all, or is too large.
    """
    counts = {METRICS: _metrics(folder).damaged, SAMPLES: _samples(folder).damaged}
    return {name: count for name, count in counts.items() if count}


def metrics_until(folder: Path, step: int) -> bytes:
    """The content of metrics.jsonl up to a step, as it stands.

    Raises:
        CheckpointError: the file cannot be read or is too large.
    """
    lines: list[bytes] = []
    read: Callable[[bytes], Line] = msgspec.json.Decoder(Line).decode
    for line in bounded.lines(_written(folder)):
        value = _value(line, read)
        if value is not None and value["step"] <= step:
            lines.append(line + b"\n")
    return b"".join(lines)


def _lines_of(path: Path) -> bytes:
    """The content of a file of lines; empty if there is none."""
    try:
        path.lstat()
    except OSError:
        return b""
    return bounded.read_bytes(path, MOST_FILE[path.name])


def _decoded(lines: Iterable[bytes], kind: Any, most: int, path: Path) -> _Lines:
    """The values of lines, without those that are damaged or of another kind."""
    values: list[Any] = []
    damaged = 0
    read = msgspec.json.Decoder(kind).decode
    for number, line in enumerate(lines):
        if number > most:
            raise _too_many(path)
        value = _value(line, read)
        if value is None:
            damaged += 1
        else:
            values.append(value)
    return _Lines(values, damaged)


def _value(line: bytes, read: Callable[[bytes], Any]) -> Any:
    """The value of a line; None if it is damaged, cut or of another kind."""
    if len(line) > LONGEST_LINE:
        return None
    try:
        return read(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
