"""The files of a run, read in one place: types, ranges, depth and size are checked here.

A page can use the values without further checks. A missing, damaged or foreign file raises a
CheckpointError that names it, and no other error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Required, TypedDict

import msgspec
from msgspec import Meta

from gpt import bounded
from gpt.bounded import MIB
from gpt.errors import CheckpointError, ConfigError, HeadlightError
from gpt.setting_ranges import check_settings
from gpt.text.tokenizer import Tokenizer, from_json

CONFIG, TOKENIZER, STATUS = "config.json", "tokenizer.json", "status.json"
SOURCE_TOKENIZER = "source_tokenizer.json"
METRICS, SAMPLES, TRAINER = "metrics.jsonl", "samples.jsonl", "trainer.json"
EVALUATION = "evaluation.json"

MOST_FILE = {  # bytes
    CONFIG: 8 * MIB,
    TOKENIZER: 64 * MIB,
    SOURCE_TOKENIZER: 64 * MIB,
    STATUS: MIB,
    TRAINER: MIB,
    EVALUATION: MIB,
    METRICS: 256 * MIB,
    SAMPLES: 64 * MIB,
}
MOST_MEMORY = 64 * MIB
MOST_TOKENIZER_MEMORY = 640 * MIB
"""That of Gemma, with a quarter of a million tokens the largest that is common, takes 420 MiB."""

Count = Annotated[int, Meta(ge=0, le=10**15)]
Number = Annotated[float, Meta(ge=-1e300, le=1e300)]
Seconds = Annotated[float, Meta(ge=0, le=1e12)]
Word = Annotated[str, Meta(max_length=1000)]
Name = Annotated[str, Meta(max_length=4000)]


class Split(TypedDict, total=False):
    """How long a split text is, or how many examples each part has.

    See `gpt.text.splitting.Counts` and `gpt.text.leak_free.Split.describe`.
    """

    tokens: Count
    held_out_tokens: Count
    held_out_characters: Count
    training: Count
    validation: Count
    test: Count
    groups: Count
    largest_group: Count
    duplicates: Count
    contradictions: Count


class Data(TypedDict, total=False):
    """The text or the examples of a run: see their `describe`."""

    kind: Word
    name: Required[Name]
    builtin: Word
    seed: Count
    length: Count
    count: Count
    swapped: bool
    labels: list[Name]
    sides: Annotated[list[Name], Meta(min_length=2, max_length=2)]
    examples: Count
    counts: list[Count]
    only: list[Name]
    documents: list[Name]
    stored: Word
    labelled_by: Name
    speakers: list[Name | None]
    notes: list[Name]
    characters: Count
    sha256: Word
    probe: Name


class Imported(TypedDict, total=False):
    """Where a model of others came from."""

    kind: Word
    name: Name
    notes: list[Name]


class BegunFrom(TypedDict, total=False):
    """The run whose weights a run began from."""

    run: Required[Name]
    step: Count
    added: Name
    new_rows: Name
    reward: Name
    reward_model: dict[str, Any]


class Teacher(TypedDict, total=False):
    """A run whose predictions a run learned from."""

    run: Required[Name]
    step: Count
    model: Required[dict[str, Any]]


class Expected(TypedDict, total=False):
    """The loss that was foretold, in nats a character."""

    loss: Required[Number]
    within: Required[Number]
    characters: Number
    counted: Annotated[list[Number], Meta(max_length=16)]


class Generation(TypedDict, total=False):
    """The tokens that begin and end what an imported model of two texts writes, or never do."""

    start: Required[Annotated[list[Count], Meta(min_length=1, max_length=16)]]
    end: Required[Count]
    never: Annotated[list[Count], Meta(max_length=1000)]


class Config(TypedDict, total=False):
    """The part of config.json that is checked; the rest is kept as it is.

    The settings in `training` are checked by `gpt.setting_ranges`, each that is known by itself.
    """

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
    labels: Annotated[list[Name], Meta(max_length=1 << 16)]
    generation: Generation
    begun_from: BegunFrom | None
    teachers: Annotated[list[Teacher], Meta(max_length=64)] | None
    expected: Expected | None


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
    best_worth: Number | None
    owed: dict[str, int | Number | None] | None


class TokenizerFile(TypedDict):
    """The part that every tokenizer.json of ours has; the rest depends on its kind."""

    type: Word


Interval = Annotated[list[Number], Meta(min_length=3, max_length=3)]
"""A measured number, and the ends of its 95 % confidence interval."""


class Evaluation(TypedDict, total=False):
    """evaluation.json: a loss over a whole validation split, or scores of held-out examples."""

    val_loss: Required[Number]
    positions: Count
    step: Count
    which: Word
    text_sha256: Word
    part: Word
    examples: Count
    accuracy: Interval
    confusion: list[list[Count]]
    counting: dict[str, Interval]
    beams: Count
    bleu: Interval
    chrf: Interval
    exact_match: Interval
    signatures: list[Word]


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
    return checked_config(value, bounded.where(folder / CONFIG))


def checked_config(value: Any, name: str = CONFIG) -> dict[str, Any]:
    """The content of a config.json, if it is one of ours.

    Raises:
        CheckpointError: it is not.
    """
    if not isinstance(value, dict) or not isinstance(value.get("model"), dict):
        raise CheckpointError(f'{name} has no "model" section; it is not of a Headlight run')
    try:
        msgspec.convert(value, Config)
        check_settings(value.get("training") or {})
    except (msgspec.ValidationError, ConfigError) as error:
        raise CheckpointError(f"{name} is not of a Headlight run: {error}") from None
    return value


def read_tokenizer(folder: Path, name: str = TOKENIZER) -> Tokenizer:
    """The tokenizer of a run.

    Args:
        name: of the file: `TOKENIZER`, or `SOURCE_TOKENIZER` for a source of its own vocabulary.

    Raises:
        CheckpointError: the file is missing, not JSON, or of no tokenizer known here.
    """
    value = read_json(folder / name)
    try:
        return from_json(value)
    except HeadlightError as error:
        raise CheckpointError(f"{name} of {folder.name!r}: {error}") from None


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


def read_evaluation(folder: Path) -> Evaluation | None:
    """The result of `python -m gpt evaluate --save`; None if there is none.

    Raises:
        CheckpointError: evaluation.json is damaged or of another kind.
    """
    if not (folder / EVALUATION).exists():
        return None
    content: Evaluation = read_json(folder / EVALUATION, Evaluation, MOST_MEMORY)
    return content
