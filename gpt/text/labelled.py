"""Labelled examples: texts, each with the class it belongs to.

They come from several files (a class a file, an example a line, the class named by the file), from
a table with a column of texts and one of labels, or from a generator of ours.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpt import bounded
from gpt.errors import CheckpointError, TextError
from gpt.numerals import brief
from gpt.text import corpus as corpora
from gpt.text.builtin import generated
from gpt.text.example_files import check_writable, decoded, one_line, stored_lines
from gpt.text.example_tables import Table, is_table, read_table, refuse_columns

KIND = "labelled"
FILE = "examples.tsv"
MOST_LABELS = 200
TEXTS = frozenset("text sentence review comment content tweet message title phrase body".split())
LABELS = frozenset("label class sentiment category target polarity rating stars score".split())
NEEDS = "a text and a label"


@dataclass(frozen=True)
class LabelledExamples:
    """N texts, each of one of K classes.

    Fields:
        name: how people call them.
        texts: N, each on one line.
        classes: N, the class of each text, as its place in `labels`.
        labels: K, the names of the classes.
        origin: how to get them again, as plain JSON types; empty if they are only in memory.
        notes: what a person should know about how their files were read, a sentence each.
        parts: N, the part of the split that each belongs to ("training", "validation" or "test";
            "any" if that is free); empty if all are free.
    """

    name: str
    texts: tuple[str, ...]
    classes: tuple[int, ...]
    labels: tuple[str, ...]
    origin: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def text(self) -> str:
        """All texts, one a line: what a tokenizer is trained on."""
        return "".join(f"{text}\n" for text in self.texts)

    @property
    def counts(self) -> dict[str, int]:
        """How many texts each label has."""
        counts = Counter(self.classes)
        return {label: counts[k] for k, label in enumerate(self.labels)}

    def take(self, rows: Iterable[int]) -> LabelledExamples:
        """Some of the examples, by their numbers; they are only in memory."""
        rows = list(rows)
        return LabelledExamples(
            self.name,
            tuple(self.texts[i] for i in rows),
            tuple(self.classes[i] for i in rows),
            self.labels,
            parts=tuple(self.parts[i] for i in rows) if self.parts else (),
        )

    def describe(self) -> dict[str, Any]:
        """What a run's config says of its data, as plain JSON types."""
        return {
            "kind": KIND,
            "name": self.name,
            **self.origin,
            "labels": list(self.labels),
            "examples": len(self),
            "counts": list(self.counts.values()),
            "characters": sum(map(len, self.texts)),
            "sha256": hashlib.sha256(self._content()).hexdigest(),
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    def files(self) -> dict[str, bytes]:
        """The files that a run keeps to read them again; none if they can be generated."""
        return {} if self.origin else {FILE: self._content()}

    def _content(self) -> bytes:
        rows = zip(self.classes, self.texts, strict=True)
        return "".join(f"{self.labels[k]}\t{text}\n" for k, text in rows).encode()


def from_builtin(name: str, seed: int = 1, count: int = 20_000) -> LabelledExamples:
    """Generated examples; the same for the same arguments.

    Raises:
        TextError: no such generator, or a count that cannot be.
    """
    rows = generated.write(name, KIND, seed, count)
    labels = sorted({label for _, label, _ in rows})
    places = {label: k for k, label in enumerate(labels)}
    return LabelledExamples(
        name,
        tuple(text for text, _, _ in rows),
        tuple(places[label] for _, label, _ in rows),
        tuple(labels),
        {"builtin": name, "seed": seed, "count": count},
        parts=tuple(part for *_, part in rows),
    )


def from_files(
    paths: Sequence[str | Path], text_column: str | None = None, label_column: str | None = None
) -> LabelledExamples:
    """Read examples from files; see `from_bytes`.

    Raises:
        TextError: as `from_bytes`, or a file that is missing.
    """
    return from_bytes(corpora.contents(paths), text_column, label_column)


def from_bytes(
    files: Sequence[tuple[str, bytes]],
    text_column: str | None = None,
    label_column: str | None = None,
) -> LabelledExamples:
    """Uploaded files, (name, content) each, as examples.

    Tables (TSV, CSV, JSONL) have a column of texts and a column of labels, by name or by number
    from 1; columns that are not given are guessed from their names, or from what is in them. Of
    several other files each is a class, named by the file, an example a line.

    Raises:
        TextError: a file that cannot be read, a column that is not there, a line without a text or
            a label, a single class, or a label that appears once.
    """
    parts, notes = decoded(files)
    tables = [is_table(name) for name, _ in parts]
    if any(tables) and not all(tables):
        raise TextError(
            "give tables (.tsv, .csv, .jsonl), or a text file for each class; these files are both"
        )
    if len(parts) == 1 or all(tables):
        read = [_rows(*part, text_column, label_column) for part in parts]
        rows = [row for of_table, _ in read for row in of_table]
        notes = (*notes, *(note for _, of_table in read for note in of_table))
        labels = sorted({label for _, label in rows})
    else:
        refuse_columns(text_column, label_column)
        rows = _of_classes(parts)
        labels = list(dict.fromkeys(label for _, label in rows))
    return _checked(corpora.joint_name([name for name, _ in files]), rows, labels, notes)


def columns(name: str, content: bytes) -> tuple[str, ...]:
    """The names of a table's columns, to choose from.

    Raises:
        TextError: a file that cannot be read.
    """
    [(_, text)], _ = decoded([(name, content)])
    return read_table(name, text, (TEXTS, LABELS)).columns


def _rows(
    name: str, text: str, text_column: str | None, label_column: str | None
) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """The (text, label) rows of one table, and notes on how it was read."""
    wanted = {column for column in (text_column, label_column) if column}
    table = read_table(name, text, (TEXTS, LABELS), wanted)
    if len(table.columns) < 2:
        raise TextError(
            f"{name} has one class only, and no column of labels. Give a file for each class, or a "
            "table (.tsv, .csv, .jsonl) with a column of texts and one of labels."
        )
    label = table.number_of(label_column) if label_column else None
    if text_column:
        at = table.number_of(text_column)
        label = _guess_label(table, {at}) if label is None else label
    else:
        label = _guess_label(table, set()) if label is None else label
        at = _guess_text(table, label)
    if at == label:
        raise TextError(
            f"{name}: the texts and the labels are both in the column "
            f"{brief(table.columns[at])}; choose two columns"
        )
    return [(text, label) for text, label in table.cells((at, label), NEEDS)], table.notes


def _guess_label(table: Table, others: set[int]) -> int:
    """The column whose name says so, or else the one with the fewest different, short cells."""
    free = [i for i in range(len(table.columns)) if i not in others]
    if named := [i for i in free if table.columns[i].casefold() in LABELS]:
        return named[0]
    cells = {i: [row[i] for _, row in table.rows if len(row) > i] for i in free}
    different = {i: len(set(cells[i])) for i in free}
    usable = [i for i in free if 2 <= different[i] <= len(table.rows) / 2]
    return min(usable or free, key=lambda i: (different[i], sum(map(len, cells[i]))))


def _guess_text(table: Table, label: int) -> int:
    """The column whose name says so, or else the one with the most characters."""
    free = [i for i in range(len(table.columns)) if i != label]
    if named := [i for i in free if table.columns[i].casefold() in TEXTS]:
        return named[0]
    return max(free, key=lambda i: sum(len(row[i]) for _, row in table.rows if len(row) > i))


def _of_classes(parts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The (text, label) rows of several files, each a class."""
    labels = [one_line(corpora.stem(name)) for name, _ in parts]
    if twice := [label for label, count in Counter(labels).items() if count > 1]:
        raise TextError(
            f"two files are named {twice[0]!r}; each file is a class, named by the file, so give "
            "them different names"
        )
    return [
        (one_line(line), label)
        for label, (_, text) in zip(labels, parts, strict=True)
        for line in text.split("\n")
        if line.strip()
    ]


def _checked(
    name: str, rows: Sequence[tuple[str, str]], labels: Sequence[str], notes: tuple[str, ...]
) -> LabelledExamples:
    check_writable(name, rows)
    counts = Counter(label for _, label in rows)
    if len(labels) < 2:
        raise TextError(
            f"there is one class only, {brief(labels[0])}, in {name}; a model learns to tell "
            "classes apart, so give at least two"
        )
    if once := [label for label in labels if counts[label] == 1]:
        more = f", like {len(once) - 1} more" if len(once) > 1 else ""
        raise TextError(
            f"the label {brief(once[0])} appears once{more}; each needs at least two examples, one "
            f"to learn from and one to test with. There are {len(labels):,} labels in all: if "
            "they are no classes, choose another column; if the first line names the columns, "
            "give their names."
        )
    if len(labels) > MOST_LABELS:
        raise TextError(
            f"there are {len(labels):,} labels, {', '.join(map(brief, labels[:3]))}, …; up to "
            f"{MOST_LABELS} are taken. Choose a column with fewer different values."
        )
    places = {label: k for k, label in enumerate(labels)}
    texts = tuple(text for text, _ in rows)
    return LabelledExamples(
        name, texts, tuple(places[label] for _, label in rows), tuple(labels), notes=notes
    )


def from_stored(description: dict[str, Any], folder: Path) -> LabelledExamples:
    """Read what a run keeps, exactly as it was.

    Args:
        description: what `describe` returned.
        folder: holds what `files` returned.

    Raises:
        CheckpointError: the file is missing or damaged.
        TextError: a description of no generator that is known here.
    """
    if "builtin" in description:
        return from_builtin(*generated.arguments(description))
    path = folder / FILE
    labels = tuple(description.get("labels", ()))
    places = {label: k for k, label in enumerate(labels)}
    rows = [line.split("\t", 2) for line in stored_lines(path)]
    if any(len(row) != 2 or row[0] not in places for row in rows):
        raise CheckpointError(f"{bounded.where(path)} does not hold the examples of this run")
    return LabelledExamples(
        description["name"],
        tuple(text for _, text in rows),
        tuple(places[label] for label, _ in rows),
        labels,
        notes=tuple(description.get("notes", ())),
    )
