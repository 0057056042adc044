"""Tables: what other programs write is read as it was, and lines are named by their numbers."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpt.errors import TextError
from gpt.text import example_tables, labelled, pairs
from gpt.text.decoding import decode
from gpt.text.example_files import lines_have, one_line
from gpt.text.example_tables import looks_like_names, read_table

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), min_size=1)
FILLED = CELL.filter(lambda cell: bool(cell.strip()))
ROWS = st.lists(st.tuples(FILLED, FILLED), min_size=1)


def read(name: str, content: str, rows: list[tuple[str, str]]) -> None:
    """Hold what is read of a file against the rows that were written."""
    table = read_table(name, decode(name, content.encode())[0])
    expected = [tuple(one_line(decode("", cell.encode())[0]) for cell in row) for row in rows]
    assert table.cells((0, 1), "two cells") == expected


@settings(deadline=None, max_examples=80)
@given(ROWS)
def test_csv_is_read_as_it_was_written(rows: list[tuple[str, str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    read("a.csv", file.getvalue(), rows)


@settings(deadline=None, max_examples=80)
@given(ROWS)
def test_json_lines_are_read_as_they_were_written(rows: list[tuple[str, str]]) -> None:
    content = "\n".join(json.dumps({"a": a, "b": b}, ensure_ascii=False) for a, b in rows)
    read("a.jsonl", content, rows)


@settings(deadline=None, max_examples=80)
@given(ROWS)
def test_tsv_is_read_as_it_was_written(rows: list[tuple[str, str]]) -> None:
    plain = [tuple("".join(c for c in cell if c not in "\t\r\n") for cell in row) for row in rows]
    kept = [(a, b) for a, b in plain if a.strip() and b.strip()]
    if kept:
        read("a.tsv", "".join(f"{a}\t{b}\n" for a, b in kept), kept)


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_what_a_run_keeps_is_what_was_read(rows: list[tuple[str, str]]) -> None:
    if all(one_line(a) == one_line(b) for a, b in rows):
        return
    content = "\n".join(json.dumps({"a": a, "b": b}) for a, b in rows)
    examples = pairs.from_bytes([("a.jsonl", content.encode())])
    kept = examples.files()[pairs.FILE].decode().split("\n")[:-1]
    assert [tuple(line.split("\t")) for line in kept] == [
        *zip(examples.sources, examples.targets, strict=True)
    ]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("a,b\nc,d\n", [("a", "b"), ("c", "d")]),
        ("a;b\nc, or d;e\n", [("a", "b"), ("c, or d", "e")]),
        ("a|b\nc|d\n", [("a", "b"), ("c", "d")]),
        ('"a; b",c\n"d; e",f\n', [("a; b", "c"), ("d; e", "f")]),
    ],
)
def test_the_delimiter_is_the_one_that_makes_even_rows(
    content: str, rows: list[tuple[str, str]]
) -> None:
    read("a.csv", content, rows)


def test_lines_are_numbered_as_an_editor_does() -> None:
    table = read_table("a.csv", '\n"two\nlines",b\n\nc,d\n')
    assert [line for line, _ in table.rows] == [2, 5]
    assert [line for line, _ in read_table("a.tsv", "\na\tb\n\nc\td\n").rows] == [2, 4]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([1_234], "line 1,234 has"),
        ([1, 2], "lines 1 and 2 have"),
        ([1, 2, 9], "lines 1, 2 and 9 have"),
        ([1, 2, 9, 10], "4 lines (1, 2, 9, …) have"),
    ],
)
def test_lines_are_named(lines: list[int], said: str) -> None:
    assert lines_have(lines) == said


REMARKS = "bland soup,up,4\nfine rice,down,2\nwarm pie,up,5\nold cake,down,1\n" * 3


@pytest.mark.parametrize(
    ("first", "is_names"),
    [
        ("remark,verdict,marks", True),  # no usual name, but none of the two kinds, and no number
        ("remark,verdict,5", False),  # a number among them
        ("remark,verdict,Verdict", False),  # twice the same
        ("A remark of more than three words,verdict,marks", False),
        ("remark,,marks", False),
        ("good soup,up,4", False),  # a row like the others
    ],
)
def test_a_first_row_that_is_unlike_the_others_names_the_columns(
    first: str, is_names: bool
) -> None:
    table = read_table("a.csv", f"{first}\n{REMARKS}", [{"text"}, {"label"}])
    assert (table.columns[0] == "remark") == is_names
    assert len(table.rows) == 12 + (not is_names)
    assert bool(table.notes) == is_names
    assert read_table("a.csv", f"{first}\n{REMARKS}").columns == ("1", "2", "3")


def test_texts_that_are_all_different_do_not_tell_a_first_row() -> None:
    rows = [(n, (f"phrase {n} ici", f"sentence {n} here")) for n in range(2, 14)]
    assert not looks_like_names(("phrase", "sentence"), rows)
    assert looks_like_names(("nr", "phrase"), [(n, (str(n), f"phrase {n}")) for n in range(2, 14)])


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl"])
def test_a_table_of_very_many_cells_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example_tables, "MOST_CELLS", 50)
    rows = {
        "a.tsv": "text\tlabel\n" + "\t".join("abcdefghij") + "\n" + "x\ty\n" * 30,
        "a.csv": "a" + "," * 51 + "\n",
        "a.jsonl": "".join(f'{{"k{n}": 1}}\n' for n in range(8)),
    }
    with pytest.raises(TextError, match=r"a table of \d+ cells, and up to 50"):
        labelled.from_bytes([(name, rows[name].encode())])
