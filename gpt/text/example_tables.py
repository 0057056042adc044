"""Tables of examples: TSV, CSV and JSONL files as rows of cells, with the line of each row.

- TSV: a tab between two cells; a quotation mark is a character like any other.
- CSV: a comma, a semicolon, a bar or a tab between two cells, whichever makes the most even rows;
  quotation marks around a cell as in RFC 4180.
- JSONL: one object a line; its keys are the columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from gpt.errors import TextError
from gpt.numerals import brief
from gpt.text.example_files import check_writable, json_line, lines_have, one_line

JSON_LINES = (".jsonl", ".ndjson", ".json")
ENDINGS = (".tsv", ".tab", ".csv", *JSON_LINES)
MOST_CELLS = 20_000_000  # of a table: its rows times its columns
SAMPLED = 100_000  # characters, to choose a delimiter by
DELIMITERS = (",", ";", "\t", "|")
LONGEST_NAME = 30  # characters of a column's name
MOST_WORDS = 3  # of a column's name
REPEATED = 4  # times that a cell of a column stands there in the mean, if its cells are kinds
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")

Row = tuple[int, tuple[str, ...]]
"""The number of a line, from 1, and its cells."""


@dataclass(frozen=True)
class Table:
    """One file's rows.

    Fields:
        name: of the file.
        columns: their names; "1", "2", … if the file does not name them.
        rows: with the lines that they begin at; blank lines are left out.
        is_guessed: whether the first line is taken for names of columns that are not usual ones.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    is_guessed: bool = False

    def __post_init__(self) -> None:
        _check_cells(self.name, len(self.rows) * len(self.columns))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about how the file was read, a sentence each."""
        if not self.is_guessed:
            return ()
        names = ", ".join(map(brief, self.columns[:20]))
        return (f"The first line of {self.name} is taken for the names of its columns: {names}.",)

    def number_of(self, column: str) -> int:
        """Which column is meant by a name, or by a number from 1.

        Raises:
            TextError: there is no such column; the message names those that are there.
        """
        if column in self.columns:
            return self.columns.index(column)
        if column.isascii() and column.isdigit() and 0 < int(column[:9]) <= len(self.columns):
            return int(column) - 1
        raise TextError(
            f"{self.name} has no column {brief(column)}; there are "
            f"{', '.join(map(brief, self.columns[:20]))}"
        )

    def cells(self, columns: Sequence[int], what: str) -> list[tuple[str, ...]]:
        """The cells of some columns, in order, each as one line of text.

        Args:
            what: what each row needs, for the message: "a text and a label".

        Raises:
            TextError: rows in which a cell is missing or empty; the message says which lines.
        """
        most = max(columns)
        if short := [line for line, row in self.rows if len(row) <= most]:
            between = "no tab" if is_tabbed(self.name) and most == 1 else "too few cells"
            raise TextError(f"{self.name}: {lines_have(short)} {between}; each line needs {what}")
        rows = [tuple(one_line(row[i]) for i in columns) for _, row in self.rows]
        if empty := [
            line for (line, _), cells in zip(self.rows, rows, strict=True) if not all(cells)
        ]:
            raise TextError(
                f"{self.name}: {lines_have(empty)} an empty cell; each line needs {what}"
            )
        check_writable(self.name, rows)
        return rows


def is_table(name: str) -> bool:
    """Whether a file is a table by the ending of its name."""
    return name.lower().endswith(ENDINGS)


def refuse_columns(*columns: str | None) -> None:
    """Refuse columns that are asked of text files, which have none.

    Raises:
        TextError: naming them.
    """
    if named := [brief(column) for column in columns if column is not None]:
        raise TextError(
            f"{' and '.join(named)}: text files whose lines are examples have no columns; give "
            "tables (.tsv, .csv, .jsonl), or leave the columns out"
        )


def is_tabbed(name: str) -> bool:
    """Whether the cells of a file are separated by tabs: of anything but CSV and JSONL."""
    return not name.lower().endswith((".csv", *JSON_LINES))


def read_table(
    name: str, text: str, known: Sequence[Collection[str]] = (), wanted: Collection[str] = ()
) -> Table:
    """Read a file by the ending of its name; any other than CSV and JSONL is read as TSV.

    The first row names the columns if it has a column that is wanted by name, or else a known name
    of each kind, or if it looks like names (`looks_like_names`).

    Args:
        text: as `decoding.decode` returns it.
        known: the usual names of each column that is needed, in small letters; without them,
            every row is an example.
        wanted: the names of columns that a person asked for.

    Raises:
        TextError: no rows, too many cells, or a line that cannot be read.
    """
    if name.lower().endswith(JSON_LINES):
        return _json_lines(name, text)
    _check_cells(name, max(map(text.count, DELIMITERS)))
    rows = tuple(_tabbed(text) if is_tabbed(name) else _commas(name, text))
    if not rows:
        raise TextError(f"{name} has no rows: there is nothing to learn from")
    first = tuple(cell.strip() for cell in rows[0][1])
    small = [{cell.casefold() for cell in first} & set(names) for names in known]
    is_header = bool(set(wanted) & set(first)) or _are_distinct(small)
    is_guessed = not is_header and bool(known) and looks_like_names(first, rows[1:])
    if not (is_header or is_guessed):
        width = max(len(row) for _, row in rows)
        return Table(name, tuple(str(i + 1) for i in range(width)), rows)
    if len(rows) == 1:
        raise TextError(f"{name} has a line that names its columns, and no other row")
    return Table(name, first, rows[1:], is_guessed)


def looks_like_names(first: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether the cells of a first row name the columns of the others.

    They do if they are short and all different, none is a number, and in one column the first cell
    is unlike the others: they are numbers, or a few kinds of which it is none.
    """
    are_short = all(
        cell and len(cell) <= LONGEST_NAME and len(cell.split()) <= MOST_WORDS for cell in first
    )
    is_row = len({cell.casefold() for cell in first}) < len(first) or any(map(_is_number, first))
    return (
        are_short
        and not is_row
        and any(_names_column(j, first[j], rows) for j in range(len(first)))
    )


def _names_column(j: int, first: str, rows: Sequence[Row]) -> bool:
    """Whether a first cell is unlike those below it in column j."""
    cells = [row[j].strip() for _, row in rows if len(row) > j]
    kinds = set(cells)
    if len(cells) < REPEATED or first in kinds:
        return False
    return len(kinds) * REPEATED <= len(cells) or all(map(_is_number, kinds))


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _are_distinct(named: Sequence[set[str]]) -> bool:
    """Whether each kind of column has a name of its own."""
    return bool(named) and all(named) and len(set.union(*named)) >= len(named)


def _tabbed(text: str) -> Iterator[Row]:
    for line, content in enumerate(text.split("\n"), 1):
        if content.strip():
            yield line, tuple(content.split("\t"))


def _commas(name: str, text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield line, tuple(row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise TextError(
            f"{name} cannot be read as CSV: from line {line} on, {error}. A quotation mark inside "
            "a quoted cell is written twice; or save the file as TSV."
        ) from None


def _delimiter(text: str) -> str:
    """The delimiter that gives the most rows the same number of cells; of several the first."""

    def evenness(delimiter: str) -> float:
        reader = csv.reader(io.StringIO(text[:SAMPLED], newline=""), delimiter=delimiter)
        try:
            widths = Counter(len(row) for row in reader if row)
        except csv.Error:
            return 0.0
        usual, count = widths.most_common(1)[0] if widths else (1, 0)
        return count / widths.total() if usual > 1 else 0.0

    return max(DELIMITERS, key=evenness)


def _json_lines(name: str, text: str) -> Table:
    objects = [
        (line, _object(name, line, content))
        for line, content in enumerate(text.split("\n"), 1)
        if content.strip()
    ]
    if not objects:
        raise TextError(f"{name} has no rows: there is nothing to learn from")
    columns = tuple(dict.fromkeys(key for _, row in objects for key in row))
    _check_cells(name, len(objects) * len(columns))
    return Table(
        name,
        columns,
        tuple((line, tuple(row.get(key, "") for key in columns)) for line, row in objects),
    )


def _object(name: str, line: int, content: str) -> dict[str, str]:
    """The cells of a line, by the names of their columns."""
    try:
        value = json_line(content)
    except ValueError as error:
        raise TextError(
            f"{name}, line {line}, is not JSON ({str(error)[:80]}); each line is an object of its "
            "own"
        ) from None
    if not isinstance(value, dict):
        raise TextError(
            f'{name}, line {line}, is no JSON object; write {{"text": …, "label": …}}, say'
        )
    return {key: _cell(cell) for key, cell in value.items()}


def _cell(value: object) -> str:
    """A value of a JSON object as a cell; an object, a list and null are empty."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _check_cells(name: str, count: int) -> None:
    if count > MOST_CELLS:
        raise TextError(
            f"{name} is a table of {count:,} cells, and up to {MOST_CELLS:,} are read; leave out "
            "the columns that are not needed, or give fewer rows"
        )
