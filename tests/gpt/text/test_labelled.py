"""Labelled examples: what is read from files, and which files are refused with which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gpt.errors import CheckpointError, TextError
from gpt.text import examples, labelled
from gpt.text.labelled import from_builtin, from_bytes, from_files

POSITIVE, NEGATIVE = b"a fine film .\nwell done\n", b"a dull film .\nbadly done\nboring\n"
ROWS = [("fine", "pos"), ("dull", "neg"), ("well, done", "pos"), ("bad", "neg")]


def rows_of(read: labelled.LabelledExamples) -> list[tuple[str, str]]:
    return [(text, read.labels[k]) for text, k in zip(read.texts, read.classes, strict=True)]


def test_each_file_is_a_class_and_each_line_an_example(tmp_path: Path) -> None:
    (tmp_path / "pos.txt").write_bytes(POSITIVE)
    (tmp_path / "neg.txt").write_bytes(b"\xef\xbb\xbf" + NEGATIVE.replace(b"\n", b"\r\n\r\n"))
    read = from_files([tmp_path / "pos.txt", tmp_path / "neg.txt"])
    assert read.labels == ("pos", "neg")
    assert read.texts == (
        *("a fine film .", "well done"),
        *("a dull film .", "badly done", "boring"),
    )
    assert read.classes == (0, 0, 1, 1, 1)
    assert read.counts == {"pos": 2, "neg": 3}
    assert "line ends" in read.notes[0]
    assert len(read) == 5


def test_only_a_line_break_ends_an_example() -> None:
    """Python's own splitlines cuts at U+0085 too, which stands in rt-polarity."""
    read = from_bytes([("a.txt", "one\x85two\u2028three\nfour\n".encode()), ("b.txt", b"x\ny\n")])
    assert read.texts[:2] == ("one\x85two\u2028three", "four")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "text\tlabel\nfine\tpos\ndull\tneg\nwell, done\tpos\nbad\tneg\n"),
        ("a.tsv", "fine\tpos\ndull\tneg\nwell, done\tpos\nbad\tneg\n"),
        ("a.tsv", "pos\tfine\nneg\tdull\n\npos\twell, done\nneg\tbad"),
        ("a.txt", "pos\tfine\nneg\tdull\n\npos\twell, done\nneg\tbad"),
        ("a.csv", 'id,Sentence,Label\n1,fine,pos\n2,dull,neg\n3,"well, done",pos\n4,bad,neg\n'),
        ("a.csv", "text;label\nfine;pos\ndull;neg\nwell, done;pos\nbad;neg\n"),
        ("a.csv", 'fine,pos\ndull,neg\n"well,\tdone ",pos\nbad,neg\n'.replace("\t", "\n")),
        (
            "a.jsonl",
            "\n".join(json.dumps({"n": 1, "label": b, "text": a}) for a, b in ROWS),
        ),
    ],
)
def test_the_columns_of_a_table_are_guessed(name: str, content: str) -> None:
    read = from_bytes([(name, content.encode())])
    assert rows_of(read) == ROWS
    assert read.labels == ("neg", "pos")


def test_columns_are_chosen_by_name_or_by_number() -> None:
    content = b"verdict,comment,stars\ngood,what fun,5\nbad,no,1\ngood,yes,1\nbad,so so,5\n"
    by_name = from_bytes([("a.csv", content)], "comment", "verdict")
    assert rows_of(by_name)[0] == ("what fun", "good")
    assert from_bytes([("a.csv", content)], "comment", "stars").labels == ("1", "5")
    numbered = from_bytes([("a.tsv", b"x\t0\ta b\nx\t1\tc d\ny\t0\te f\ny\t1\tg h\n")], "3", "2")
    assert numbered.labels == ("0", "1")
    assert numbered.texts == ("a b", "c d", "e f", "g h")
    assert labelled.columns("a.csv", b"text,label\na,b\n") == ("text", "label")
    assert labelled.columns("a.tsv", b"a\tb\tc\n") == ("1", "2", "3")


def test_a_first_line_of_unusual_names_is_no_example() -> None:
    rows = "".join(f"{n},{mood},a {mood} remark {n}\n" for n in range(4) for mood in ("up", "down"))
    content = f"nr,mood,remark\n{rows}".encode()
    read = from_bytes([("a.csv", content)])
    assert (read.labels, len(read)) == (("down", "up"), 8)
    assert rows_of(read)[0] == ("a up remark 0", "up")
    assert read.notes == (
        "The first line of a.csv is taken for the names of its columns: 'nr', 'mood', 'remark'.",
    )
    assert labelled.columns("a.csv", content) == ("nr", "mood", "remark")


def test_json_labels_may_be_numbers_or_truth_values() -> None:
    lines = [{"text": "a", "label": value} for value in (True, False, True, False)]
    read = from_bytes([("a.jsonl", "\n".join(map(json.dumps, lines)).encode())])
    assert read.labels == ("false", "true")


def test_several_tables_are_joined() -> None:
    read = from_bytes([("a.tsv", b"fine\tpos\ndull\tneg\n"), ("b.tsv", b"good\tpos\nbad\tneg\n")])
    assert read.counts == {"neg": 2, "pos": 2}
    assert read.name == "a and 1 more"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([("pos.txt", POSITIVE)], "pos.txt has one class only"),
        ([("a.tsv", b"fine\tpos\ndull\tpos\nso\tpos\n")], "there is one class only, 'pos', in a"),
        ([("a.tsv", b"a\tx\nb\tx\nc\ty\n")], "label 'y' appears once; each needs at least two"),
        ([("a.tsv", b"a\tx\nb\tx\nc\ty\nd\tz\n")], "appears once, like 1 more"),
        ([("a.txt", POSITIVE), ("b.txt", b"one\n")], "the label 'b' appears once"),
        ([("a.txt", POSITIVE), ("b.txt", b"\n")], "b.txt is empty"),
        ([("a/x.txt", POSITIVE), ("a/x.md", NEGATIVE)], "two files are named 'a/x'"),
        ([("a.txt", POSITIVE), ("b.tsv", b"a\tx\n")], "these files are both"),
        (
            [("a.tsv", b"a\tx\nb\nc\ty\nd\n")],
            "a.tsv: lines 2 and 4 have no tab; each line needs a text and a label",
        ),
        ([("a.csv", b"text,label\na,x\n,y\n")], "a.csv: line 3 has an empty cell"),
        ([("a.csv", b'text,label\n"a,x\nb,y\n')], "cannot be read as CSV: from line 2 on"),
        ([("a.csv", b"text,label\n")], "a line that names its columns, and no other row"),
        ([("a.jsonl", b'{"text": "a", "label": "x"}\n{text}\n')], "a.jsonl, line 2, is not JSON"),
        ([("a.jsonl", b"[1]\n")], "a.jsonl, line 1, is no JSON object"),
        ([("a.jsonl", b'{"text": "a", "label": "x"}\n{"text": "b"}\n')], "line 2 has an empty"),
        ([("a.jsonl", b'{"text": "\\ud800", "label": "x"}\n')], "half a character"),
    ],
)
def test_bad_files_are_refused_in_words(files: list[tuple[str, bytes]], said: str) -> None:
    with pytest.raises(TextError) as caught:
        from_bytes(files)
    assert said in str(caught.value)


def test_a_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    content = b"text,label\na,x\nb,y\n"
    with pytest.raises(TextError, match=r"no column 'sentiment'; there are 'text', 'label'"):
        from_bytes([("a.csv", content)], None, "sentiment")
    with pytest.raises(TextError, match=r"no column '3'"):
        from_bytes([("a.csv", content)], "3")
    with pytest.raises(TextError, match=r"both in the column 'text'; choose two"):
        from_bytes([("a.csv", content)], "text", "text")


def test_too_many_labels_are_no_classes() -> None:
    content = "".join(f"text {i}\t{i // 2}\n" for i in range(500))
    with pytest.raises(TextError, match=r"there are 250 labels, '0', '1', '10', …; up to 200"):
        from_bytes([("a.tsv", content.encode())])


def test_a_run_reads_its_examples_again_as_they_were(tmp_path: Path) -> None:
    read = from_bytes([("b.txt", "é\x85 two\nx\u202f!\n".encode()), ("a.txt", b"\r\nc\r\nd\r\n")])
    for name, content in read.files().items():
        (tmp_path / name).write_bytes(content)
    description = json.loads(json.dumps(read.describe()))
    assert examples.from_stored(description, tmp_path) == read
    assert description["examples"] == 4
    assert description["labels"] == ["b", "a"]
    (tmp_path / labelled.FILE).write_bytes(b"c\tunknown label\n")
    with pytest.raises(CheckpointError, match="does not hold the examples of this run"):
        examples.from_stored(description, tmp_path)
    (tmp_path / labelled.FILE).unlink()
    with pytest.raises(CheckpointError, match="is missing"):
        examples.from_stored(description, tmp_path)
    with pytest.raises(CheckpointError, match="kind 'riddles'"):
        examples.from_stored({"kind": "riddles"}, tmp_path)


def test_generated_examples_are_generated_again(tmp_path: Path) -> None:
    written = from_builtin("reviews", seed=3, count=200)
    assert written.files() == {}
    assert examples.from_stored(json.loads(json.dumps(written.describe())), tmp_path) == written
    assert from_builtin("reviews", seed=4, count=200).texts != written.texts
    with pytest.raises(TextError, match=r"no built-in labelled examples 'sort'; there are reviews"):
        from_builtin("sort")
    with pytest.raises(TextError, match=r"100 to 200,000, not 99"):
        from_builtin("reviews", count=99)
    with pytest.raises(TextError, match="lacks seed and count"):
        examples.from_stored({"kind": "labelled", "builtin": "reviews"}, tmp_path)


def test_some_examples_can_be_taken() -> None:
    read = from_bytes([("pos.txt", POSITIVE), ("neg.txt", NEGATIVE)])
    assert rows_of(read.take([4, 0])) == [("boring", "neg"), ("a fine film .", "pos")]
    assert read.take([2]).text == "a dull film .\n"
