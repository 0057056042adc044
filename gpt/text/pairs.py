"""Pairs: a source and its target, such as a sentence in French and the same in English.

They come from a table with a column of each, from two files whose lines belong together, or from a
generator of ours.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gpt import bounded
from gpt.errors import CheckpointError, TextError
from gpt.numerals import brief
from gpt.text import corpus as corpora
from gpt.text.builtin import generated
from gpt.text.builtin.draw import sample
from gpt.text.example_files import check_writable, decoded, lines_have, one_line, stored_lines
from gpt.text.example_tables import is_tabbed, is_table, read_table, refuse_columns
from gpt.text.normal_form import normal_forms

KIND = "pairs"
FILE = "examples.tsv"
SIDES = ("source", "target")
LANGUAGES = frozenset(
    "source target src tgt trg input output question answer en eng english fr fra fre french "
    "français francais anglais allemand espagnol italien de deu ger german deutsch englisch "
    "französisch spanisch es spa spanish español inglés ingles francés frances it ita italian "
    "italiano nl nld dutch pt por portuguese ru rus russian".split()
)
NEEDS = {True: "a source, a tab and a target", False: "a source and a target"}


@dataclass(frozen=True)
class PairExamples:
    """N pairs of a source and its target.

    Fields:
        name: how people call them.
        sources, targets: N each, every one on one line.
        sides: the names of the two, of columns or files.
        origin: how to get them again, as plain JSON types; empty if they are only in memory.
        notes: what a person should know about how their files were read, a sentence each.
        parts: N, the part of the split that each belongs to ("training", "validation" or "test";
            "any" if that is free); empty if all are free.
    """

    name: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    sides: tuple[str, str] = SIDES
    origin: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def source_text(self) -> str:
        """All sources, one a line: what a source's own tokenizer is trained on."""
        return "".join(f"{text}\n" for text in self.sources)

    @property
    def target_text(self) -> str:
        """All targets, one a line: what a target's own tokenizer is trained on."""
        return "".join(f"{text}\n" for text in self.targets)

    @property
    def text(self) -> str:
        """Both sides: what a tokenizer that they share is trained on."""
        return self.source_text + self.target_text

    def swapped(self) -> PairExamples:
        """The other direction: the targets as sources."""
        origin = {**self.origin, "swapped": not self.origin.get("swapped", False)}
        return replace(
            self,
            sources=self.targets,
            targets=self.sources,
            sides=(self.sides[1], self.sides[0]),
            origin=origin if self.origin else {},
        )

    def take(self, rows: Iterable[int]) -> PairExamples:
        """Some of the pairs, by their numbers; they are only in memory."""
        rows = list(rows)
        return PairExamples(
            self.name,
            tuple(self.sources[i] for i in rows),
            tuple(self.targets[i] for i in rows),
            self.sides,
            parts=tuple(self.parts[i] for i in rows) if self.parts else (),
        )

    def one_source_each(self, rows: Iterable[int], seed: int) -> list[int]:
        """One pair for each target, case and punctuation aside, drawn at random, by number.

        A score over them counts no target twice. They are in the order of `rows`.
        """
        rows = list(rows)
        drawn = sample(random.Random(seed), rows, len(rows))
        forms = normal_forms([self.targets[i] for i in drawn])
        chosen = set(dict(zip(reversed(forms), reversed(drawn), strict=True)).values())
        return [i for i in rows if i in chosen]

    def describe(self) -> dict[str, Any]:
        """What a run's config says of its data, as plain JSON types."""
        return {
            "kind": KIND,
            "name": self.name,
            **self.origin,
            "sides": list(self.sides),
            "examples": len(self),
            "characters": sum(map(len, self.sources)) + sum(map(len, self.targets)),
            "sha256": hashlib.sha256(self._content()).hexdigest(),
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    def files(self) -> dict[str, bytes]:
        """The files that a run keeps to read them again; none if they can be generated."""
        return {} if self.origin else {FILE: self._content()}

    def _content(self) -> bytes:
        rows = zip(self.sources, self.targets, strict=True)
        return "".join(f"{source}\t{target}\n" for source, target in rows).encode()


def from_builtin(
    name: str, seed: int = 1, count: int = 20_000, swapped: bool = False
) -> PairExamples:
    """Generated pairs; the same for the same arguments.

    Raises:
        TextError: no such generator, or a count that cannot be.
    """
    rows = generated.write(name, KIND, seed, count)
    pairs = PairExamples(
        name,
        tuple(source for source, _, _ in rows),
        tuple(target for _, target, _ in rows),
        origin={"builtin": name, "seed": seed, "count": count},
        parts=tuple(part for *_, part in rows),
    )
    return pairs.swapped() if swapped else pairs


def from_files(
    paths: Sequence[str | Path],
    source_column: str | None = None,
    target_column: str | None = None,
) -> PairExamples:
    """Read pairs from files; see `from_bytes`.

    Raises:
        TextError: as `from_bytes`, or a file that is missing.
    """
    return from_bytes(corpora.contents(paths), source_column, target_column)


def from_bytes(
    files: Sequence[tuple[str, bytes]],
    source_column: str | None = None,
    target_column: str | None = None,
) -> PairExamples:
    """Uploaded files, (name, content) each, as pairs.

    Tables (TSV, CSV, JSONL) have a column of sources and one of targets, by name or by number from
    1; the first two, if no others are given. Two other files are the sources and the targets, line
    by line.

    Raises:
        TextError: a file that cannot be read, a column that is not there, a line without a source
            or a target, two files of different lengths, or two sides that are the same.
    """
    parts, notes = decoded(files)
    tables = [is_table(name) for name, _ in parts]
    name = corpora.joint_name([name for name, _ in files])
    if len(parts) == 1 or all(tables):
        read = [_rows(*part, source_column, target_column) for part in parts]
        sides, rows = read[0][0], [row for _, part, _ in read for row in part]
        notes = (*notes, *(note for *_, of_table in read for note in of_table))
    elif len(parts) == 2 and not any(tables):
        refuse_columns(source_column, target_column)
        sides, rows = _aligned(*parts)
    else:
        raise TextError(
            f"{len(parts)} files are no pairs: give tables (.tsv, .csv, .jsonl) with a column of "
            "sources and one of targets, or two text files whose lines belong together"
        )
    check_writable(name, rows)
    if all(source == target for source, target in rows):
        raise TextError(f"in {name} every target is the same as its source; choose two columns")
    sources, targets = zip(*rows, strict=True)
    return PairExamples(name, sources, targets, sides, notes=notes)


def columns(name: str, content: bytes) -> tuple[str, ...]:
    """The names of a table's columns, to choose from.

    Raises:
        TextError: a file that cannot be read.
    """
    [(_, text)], _ = decoded([(name, content)])
    return read_table(name, text, (LANGUAGES, LANGUAGES)).columns


def _rows(
    name: str, text: str, source_column: str | None, target_column: str | None
) -> tuple[tuple[str, str], list[tuple[str, str]], tuple[str, ...]]:
    """The names of one table's two sides, its (source, target) rows, notes on how it was read."""
    wanted = {column for column in (source_column, target_column) if column}
    table = read_table(name, text, (LANGUAGES, LANGUAGES), wanted)
    needs = NEEDS[is_tabbed(name)]
    if len(table.columns) < 2:
        raise TextError(
            f"{name} has one column; each line needs {needs}. Or give two files whose lines belong "
            "together."
        )
    source = table.number_of(source_column) if source_column else None
    target = table.number_of(target_column) if target_column else None
    if source is None:
        source = 1 if target == 0 else 0
    if target is None:
        target = 0 if source == 1 else 1
    if source == target:
        raise TextError(
            f"{name}: the sources and the targets are both in the column "
            f"{brief(table.columns[source])}; choose two columns"
        )
    rows = [(source, target) for source, target in table.cells((source, target), needs)]
    is_named = table.columns[0] != "1"
    names = (table.columns[source], table.columns[target])
    return names if is_named else SIDES, rows, table.notes


def _aligned(
    sources: tuple[str, str], targets: tuple[str, str]
) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    """The names of two files and their rows, line by line; lines blank in both are left out."""
    lines = [text.rstrip("\n").split("\n") for _, text in (sources, targets)]
    if len(lines[0]) != len(lines[1]):
        raise TextError(
            f"{sources[0]} has {len(lines[0]):,} lines and {targets[0]} has {len(lines[1]):,}; "
            "line n of the second must belong to line n of the first, so both need as many"
        )
    rows = [(one_line(a), one_line(b)) for a, b in zip(*lines, strict=True)]
    for side, (name, _) in enumerate((sources, targets)):
        if empty := [n for n, row in enumerate(rows, 1) if not row[side] and row[1 - side]]:
            raise TextError(
                f"{name}: {lines_have(empty)} nothing in it, unlike the same line of "
                f"{(targets, sources)[side][0]}; each source needs a target"
            )
    names = (one_line(corpora.stem(sources[0])), one_line(corpora.stem(targets[0])))
    return names if names[0] != names[1] else (sources[0], targets[0]), [r for r in rows if r[0]]


def from_stored(description: dict[str, Any], folder: Path) -> PairExamples:
    """Read what a run keeps, exactly as it was.

    Args:
        description: what `describe` returned.
        folder: holds what `files` returned.

    Raises:
        CheckpointError: the file is missing or damaged.
        TextError: a description of no generator that is known here.
    """
    if "builtin" in description:
        name, seed, count = generated.arguments(description)
        return from_builtin(name, seed, count, bool(description.get("swapped", False)))
    path = folder / FILE
    rows = [line.split("\t", 2) for line in stored_lines(path)]
    if not rows or any(len(row) != 2 for row in rows):
        raise CheckpointError(f"{bounded.where(path)} does not hold the pairs of this run")
    first, second = description.get("sides", SIDES)
    return PairExamples(
        description["name"],
        tuple(source for source, _ in rows),
        tuple(target for _, target in rows),
        (first, second),
        notes=tuple(description.get("notes", ())),
    )
