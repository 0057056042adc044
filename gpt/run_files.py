"""The files of a run, read in one place: types, ranges, depth and size are checked here.

What is read is what a run of ours holds; a page can use it without looking again. A file that is
missing, damaged or a stranger's raises a CheckpointError that names it, and no other error.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, Required, TypedDict

import msgspec
from msgspec import Meta

from gpt import bounded
from gpt.bounded import MIB
from gpt.errors import CheckpointError, HeadlightError
from gpt.text.tokenizer import Tokenizer, from_json

CONFIG, TOKENIZER, STATUS = "config.json", "tokenizer.json", "status.json"
METRICS, SAMPLES, TRAINER = "metrics.jsonl", "samples.jsonl", "trainer.json"
EVALUATION = "evaluation.json"

MOST_FILE = {  # bytes
    CONFIG: 8 * MIB,
    TOKENIZER: 64 * MIB,
    STATUS: MIB,
    TRAINER: MIB,
    EVALUATION: MIB,
    METRICS: 256 * MIB,
    SAMPLES: 64 * MIB,
}
MOST_MEMORY = 64 * MIB
MOST_TOKENIZER_MEMORY = 640 * MIB
"""That of Gemma, with a quarter of a million tokens the largest that is common, takes 420 MiB."""
LONGEST_LINE = 4 * MIB
MOST_LINES = 100_000
"""Of metrics: a curve has no more points than that, so those of a longer run are thinned."""

Count = Annotated[int, Meta(ge=0, le=10**15)]
Number = Annotated[float, Meta(ge=-1e300, le=1e300)]
Seconds = Annotated[float, Meta(ge=0, le=1e12)]
Word = Annotated[str, Meta(max_length=1000)]
Name = Annotated[str, Meta(max_length=4000)]


class Split(TypedDict, total=False):
    """How long the split text is: see `gpt.text.splitting.Counts`."""

    tokens: Required[Count]
    held_out_tokens: Required[Count]
    held_out_characters: Required[Count]


class Data(TypedDict, total=False):
    """The text of a run: see `Corpus.describe`."""

    name: Name
    builtin: Word
    seed: Count
    length: Count
    only: list[Name]
    documents: list[Name]
    speakers: list[Name | None]
    notes: list[Name]
    characters: Count
    sha256: Word


class Imported(TypedDict, total=False):
    """Where a model of others came from."""

    kind: Word
    name: Name
    notes: list[Name]


class Config(TypedDict, total=False):
    """What is read of config.json; what else it holds is kept as it is."""

    format: Count
    preset: Word | None
    model: Required[dict[str, Any]]
    training: dict[str, Any] | None
    data: Data | None
    split: Split | None
    versions: dict[str, Any]
    revision: Word | None
    created: Word
    plans: list[dict[str, Count]]
    imported: Imported | None


class StatusFile(TypedDict, total=False):
    """status.json: see `gpt.training.status.Status`."""

    state: Required[Literal["queued", "running", "paused", "done", "failed"]]
    step: Count
    steps: Count
    reason: Annotated[str, Meta(max_length=10_000)]
    heartbeat: Seconds
    seconds_left: Seconds | None
    elapsed: Seconds
    best_val_loss: Number | None
    pid: Annotated[int, Meta(ge=1, lt=2**31)] | None
    host: Word


class Trainer(TypedDict, total=False):
    """trainer.json: see `gpt.training.progress.Progress`."""

    step: Required[Count]
    tokens: Count
    seconds: Seconds
    elapsed: Seconds
    best_val_loss: Number | None
    owed: dict[str, int | Number | None] | None


class TokenizerFile(TypedDict):
    """What every tokenizer.json of ours says; what else it holds is its kind's own."""

    type: Word


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


class Sample(TypedDict):
    """A line of samples.jsonl."""

    step: Count
    text: str


class Evaluation(TypedDict, total=False):
    """evaluation.json: a loss over a whole validation split."""

    val_loss: Required[Number]
    positions: Count
    step: Count
    which: Word
    text_sha256: Word


def read_json(path: Path, kind: Any = Any, most: int = MOST_TOKENIZER_MEMORY) -> Any:
    """Read a JSON file, of a run or of others.

    Args:
        kind: the type that it has to have.
        most: bytes of memory that it may take.

    Raises:
        CheckpointError: the file is missing, too large, or not JSON of that type.
    """
    content = bounded.read_bytes(path, MOST_FILE.get(path.name, MOST_FILE[TOKENIZER]))
    return bounded.json_value(content, bounded.where(path), most, kind)


def read_config(folder: Path) -> dict[str, Any]:
    """The content of config.json, whole.

    Raises:
        CheckpointError: it is missing, not JSON, or not of a run.
    """
    value: Any = read_json(folder / CONFIG, most=MOST_MEMORY)
    return checked_config(value, f"{folder.name}/{CONFIG}")


def checked_config(value: Any, name: str = CONFIG) -> dict[str, Any]:
    """The content of a config.json, if it is one of ours.

    Raises:
        CheckpointError: it is not.
    """
    if not isinstance(value, dict) or not isinstance(value.get("model"), dict):
        raise CheckpointError(f'{name} has no "model" section; it is not of a Headlight run')
    try:
        msgspec.convert(value, Config)
    except msgspec.ValidationError as error:
        raise CheckpointError(f"{name} is not of a Headlight run: {error}") from None
    return value


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a run.

    Raises:
        CheckpointError: tokenizer.json is missing, not JSON, or of no tokenizer known here.
    """
    value = read_json(folder / TOKENIZER)
    try:
        return from_json(value)
    except HeadlightError as error:
        raise CheckpointError(f"{TOKENIZER} of {folder.name!r}: {error}") from None


def tokenizer_kind(folder: Path) -> str:
    """What kind of tokenizer a run has ("characters"), without making it.

    Raises:
        CheckpointError: tokenizer.json is missing, damaged or of another kind.
    """
    content: TokenizerFile = read_json(folder / TOKENIZER, TokenizerFile)
    return content["type"]


def read_status(folder: Path) -> StatusFile:
    """The content of status.json.

    Raises:
        CheckpointError: it is missing, damaged or of another kind.
    """
    content: StatusFile = read_json(folder / STATUS, StatusFile, MOST_MEMORY)
    return content


def read_trainer(folder: Path) -> Trainer:
    """The content of trainer.json.

    Raises:
        CheckpointError: it is missing, damaged or of another kind.
    """
    content: Trainer = read_json(folder / TRAINER, Trainer, MOST_MEMORY)
    return content


def read_metrics(folder: Path) -> list[Line]:
    """Every line of metrics.jsonl, oldest first; empty where nothing was measured yet.

    A line that is damaged is left out: a process that is killed may leave one. Of more than
    `MOST_LINES`, every n-th is read, and all evaluations.

    Raises:
        CheckpointError: the file cannot be read or is too large.
    """
    content = _lines_of(folder / METRICS)
    every = 1 + content.count(b"\n") // MOST_LINES
    lines = (line for n, line in enumerate(bounded.lines(content)) if _is_kept(n, every, line))
    return _decoded(lines, Line, 2 * MOST_LINES, folder / METRICS)


def _is_kept(number: int, every: int, line: bytes) -> bool:
    return number % every == 0 or (b'"val_loss"' in line and b'"val_loss": null' not in line)


def read_samples(folder: Path) -> list[Sample]:
    """Every line of samples.jsonl, oldest first; damaged ones are left out.

    Raises:
        CheckpointError: the file cannot be read or is too large.
    """
    return _decoded(
        bounded.lines(_lines_of(folder / SAMPLES)), Sample, MOST_LINES, folder / SAMPLES
    )


def metrics_until(folder: Path, step: int) -> bytes:
    """The content of metrics.jsonl up to a step, as it stands.

    Raises:
        CheckpointError: the file cannot be read or is too large.
    """
    lines: list[bytes] = []
    read: Callable[[bytes], Line] = msgspec.json.Decoder(Line).decode
    for line in bounded.lines(_lines_of(folder / METRICS)):
        value = _value(line, read)
        if value is not None and value["step"] <= step:
            lines.append(line + b"\n")
    return b"".join(lines)


def read_evaluation(folder: Path) -> Evaluation | None:
    """What `python -m gpt evaluate --save` wrote; None where it was not asked.

    Raises:
        CheckpointError: evaluation.json is damaged or of another kind.
    """
    if not (folder / EVALUATION).exists():
        return None
    content: Evaluation = read_json(folder / EVALUATION, Evaluation, MOST_MEMORY)
    return content


def _lines_of(path: Path) -> bytes:
    """The content of a file of lines; empty where there is none."""
    try:
        path.lstat()
    except OSError:
        return b""
    return bounded.read_bytes(path, MOST_FILE[path.name])


def _decoded(lines: Any, kind: Any, most: int, path: Path) -> list[Any]:
    """The values of lines, without those of another kind."""
    values: list[Any] = []
    read = msgspec.json.Decoder(kind).decode
    for number, line in enumerate(lines):
        if number > most:
            raise CheckpointError(f"{bounded.where(path)} has more lines than one of ours")
        value = _value(line, read)
        if value is not None:
            values.append(value)
    return values


def _value(line: bytes, read: Callable[[bytes], Any]) -> Any:
    """The value of a line; None where it is damaged, cut or of another kind."""
    if len(line) > LONGEST_LINE:
        return None
    try:
        return read(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
