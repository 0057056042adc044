"""A person's own ratings: which of two answers is better, kept in a run's folder.

`preferences.jsonl` has one rating a line, {"prompt": …, "chosen": …, "rejected": …, "tie": …}.
It is a file of comparisons like any other: `python -m gpt train --task reward --text
RUN/preferences.jsonl` learns from it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gpt import bounded
from gpt.bounded import MIB
from gpt.errors import CheckpointError, TextError, TrainingError
from gpt.text.answer_layouts import comparisons_of
from gpt.text.example_files import one_line
from gpt.text.prompted import Comparisons, contradictions
from gpt.text.template import ANSWER, PROMPT, is_writable
from gpt.training import lock
from gpt.training.files import write_bytes

PREFERENCES = "preferences.jsonl"
FEWEST = 20
"""Decided ratings from which something can be learned and measured."""
MOST_BYTES = 16 * MIB
LOCK = ".rating.lock"


class Rating(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of two answers to a prompt a person prefers.

    Fields:
        chosen, rejected: the answers.
        tie: whether neither is better; then their order means nothing.
    """

    prompt: str
    chosen: str
    rejected: str
    tie: bool = False


@dataclass(frozen=True)
class Ratings:
    """N ratings in the order in which they were given."""

    rows: tuple[Rating, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def decided(self) -> tuple[Rating, ...]:
        """Those that prefer one of two different answers."""
        return tuple(row for row in self.rows if not row.tie and row.chosen != row.rejected)

    @property
    def ties(self) -> int:
        """How many prefer neither answer."""
        return len(self) - len(self.decided)

    @property
    def contradictions(self) -> int:
        """How many pairs of answers are preferred both ways."""
        return contradictions((row.prompt, row.chosen, row.rejected) for row in self.decided)

    @property
    def missing(self) -> int:
        """How many more decided ratings are needed before anything is learned from them."""
        return max(0, FEWEST - len(self.decided))

    def comparisons(self) -> Comparisons:
        """What a stage learns from, ties left out.

        Raises:
            TextError: fewer than `FEWEST` decided ratings.
        """
        if self.missing:
            raise TextError(
                f"{len(self.decided):,} ratings prefer one of two answers, {self.ties:,} are ties; "
                f"what can be learned from fewer than {FEWEST} cannot be told. Rate "
                f"{self.missing:,} more"
            )
        return comparisons_of([(PREFERENCES, _content(self.rows))])


def read(folder: Path) -> Ratings:
    """The ratings in a run's folder; none if it has no file of them.

    Raises:
        CheckpointError: a line that is no rating, named by its number, or a file that is too large.
    """
    path = folder / PREFERENCES
    if not path.exists():
        return Ratings(())
    content = bounded.read_bytes(path, MOST_BYTES)
    lines = enumerate(content.split(b"\n"), 1)
    return Ratings(tuple(_rating(path, n, line) for n, line in lines if line.strip()))


def append(folder: Path, rating: Rating) -> Ratings:
    """Add a rating to those of a run's folder; the file is replaced in one step.

    Returns:
        All ratings, the new one last.

    Raises:
        CheckpointError: as `read`; then the file stays as it is.
        TextError: a text that is empty, or an answer that has a sign of the template.
        TrainingError: another process is writing one, and did not end.
    """
    for name in ("prompt", "chosen", "rejected"):
        if not getattr(rating, name).strip():
            raise TextError(f"the {name} of a rating is empty; nothing can be learned from it")
    if not all(is_writable(one_line(text)) for text in (rating.chosen, rating.rejected)):
        raise TextError(
            f"an answer has {PROMPT} or {ANSWER} in it, by which an assistant knows where the next "
            "one begins; no stage could learn from this rating. Rate other answers"
        )
    held = lock.take(folder, LOCK)
    if held is None:
        raise TrainingError(f"another rating of {folder.name!r} is being written; rate again")
    try:
        ratings = Ratings((*read(folder).rows, rating))
        write_bytes(folder / PREFERENCES, _content(ratings.rows))
        return ratings
    finally:
        held.release()


def _content(rows: tuple[Rating, ...]) -> bytes:
    lines = (json.dumps(msgspec.to_builtins(row), ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _rating(path: Path, number: int, line: bytes) -> Rating:
    try:
        return msgspec.json.decode(line, type=Rating)
    except msgspec.MsgspecError as error:
        raise CheckpointError(
            f"line {number:,} of {bounded.where(path)} is no rating ({error}); mend it, or take it "
            "out"
        ) from None
