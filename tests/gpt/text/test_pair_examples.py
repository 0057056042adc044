"""Pairs: what is read from files, and which files are refused with which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gpt.errors import CheckpointError, TextError
from gpt.text import examples, pairs
from gpt.text.pairs import from_builtin, from_bytes, from_files

FEW = "Go.\tVa !\nHi.\tSalut\u202f!\n"


def test_a_tsv_has_sources_and_targets(tmp_path: Path) -> None:
    (tmp_path / "eng-fra.tsv").write_text(FEW, encoding="utf-8")
    read = from_files([tmp_path / "eng-fra.tsv"])
    assert read.sources == ("Go.", "Hi.")
    assert read.targets == ("Va !", "Salut\u202f!")
    assert (read.name, read.sides) == ("eng-fra", ("source", "target"))
    assert read.text == "Go.\nHi.\nVa !\nSalut\u202f!\n"
    assert read.source_text + read.target_text == read.text


def test_the_direction_can_be_swapped() -> None:
    read = from_bytes([("a.tsv", f"English\tFrench\n{FEW}".encode())])
    assert read.sides == ("English", "French")
    swapped = read.swapped()
    assert (swapped.sources, swapped.targets) == (read.targets, read.sources)
    assert swapped.sides == ("French", "English")
    assert from_bytes([("a.tsv", f"English\tFrench\n{FEW}".encode())], "French") == swapped
    assert from_bytes([("a.tsv", FEW.encode())], "2", "1").sources == read.targets
    assert from_bytes([("a.tsv", FEW.encode())], None, "1").sources == read.targets


def test_quotation_marks_in_a_tsv_are_characters() -> None:
    read = from_bytes([("a.tsv", '"Go," he said.\t« Va »\nHi.\t"Salut\n'.encode())])
    assert read.sources == ('"Go," he said.', "Hi.")
    assert read.targets[1] == '"Salut'


def test_two_files_are_aligned_by_line() -> None:
    read = from_bytes([("fr.txt", b"Va !\n\nSalut !\n"), ("en.txt", b"Go.\r\n\r\nHi.\r\n\r\n")])
    assert read.sources == ("Va !", "Salut !")
    assert read.targets == ("Go.", "Hi.")
    assert read.sides == ("fr", "en")
    assert from_bytes([("a.fr", b"x\n"), ("a.en", b"y\n")]).sides == ("a.fr", "a.en")


def test_other_columns_are_left_out() -> None:
    read = from_bytes([("a.jsonl", b'{"id": 7, "fr": "Va !", "en": "Go."}\n')], "fr", "en")
    assert (read.sources, read.targets) == (("Va !",), ("Go.",))
    assert from_bytes([("a.tsv", b"Go.\tVa !\tCC-BY\n")]).targets == ("Va !",)
    assert pairs.columns("a.jsonl", b'{"fr": "Va !", "en": "Go."}\n') == ("fr", "en")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            [("a.tsv", b"Go.\tVa !\nHi.\nNo.\tNon.\nRun!\n")],
            "a.tsv: lines 2 and 4 have no tab; each line needs a source, a tab and a target",
        ),
        ([("a.tsv", b"a\tb\n" + b"no\n" * 1200)], "1,200 lines (2, 3, 4, …) have no tab"),
        ([("a.tsv", b"Go.\nHi.\n")], "a.tsv has one column; each line needs a source, a tab"),
        ([("a.tsv", b"Go.\tVa !\nHi.\t \n")], "a.tsv: line 2 has an empty cell"),
        ([("en.txt", b"Go.\nHi.\n"), ("fr.txt", b"Va !\n")], "en.txt has 2 lines and fr.txt has 1"),
        (
            [("en.txt", b"Go.\n\nHi.\n"), ("fr.txt", b"Va !\nCours !\nSalut !\n")],
            "en.txt: line 2 has nothing in it, unlike the same line of fr.txt",
        ),
        (
            [("en.txt", b"Go.\nRun.\nHi.\n"), ("fr.txt", b"Va !\n\nSalut !\n")],
            "fr.txt: line 2 has nothing in it, unlike the same line of en.txt",
        ),
        ([("en.txt", b"Go.\n"), ("fr.txt", b" \n")], "fr.txt is empty"),
        ([("a.tsv", b"Go.\tGo.\nHi.\tHi.\n")], "every target is the same as its source"),
        ([("a.txt", b"a\n"), ("b.txt", b"b\n"), ("c.txt", b"c\n")], "3 files are no pairs"),
        ([("a.csv", b"one\ntwo\n")], "a.csv has one column"),
    ],
)
def test_bad_files_are_refused_in_words(files: list[tuple[str, bytes]], said: str) -> None:
    with pytest.raises(TextError) as caught:
        from_bytes(files)
    assert said in str(caught.value)


def test_numbered_pairs_may_have_columns_of_any_name() -> None:
    rows = "".join(f"{n}\tphrase {n} ici\tsentence {n} here\n" for n in range(12))
    read = from_bytes([("a.tsv", f"nr\tlangue\tlanguage\n{rows}".encode())], "2", "3")
    assert read.sides == ("langue", "language")
    assert (read.sources[0], len(read)) == ("phrase 0 ici", 12)
    assert "names of its columns: 'nr', 'langue', 'language'" in read.notes[0]


def test_columns_that_cannot_be_are_refused() -> None:
    content = f"English\tFrench\n{FEW}".encode()
    with pytest.raises(TextError, match=r"no column 'German'; there are 'English', 'French'"):
        from_bytes([("a.tsv", content)], "German")
    with pytest.raises(TextError, match=r"are both in the column 'French'"):
        from_bytes([("a.tsv", content)], "French", "2")


def test_a_run_reads_its_pairs_again_as_they_were(tmp_path: Path) -> None:
    read = from_bytes([("a.tsv", f"English\tFrench\n{FEW}x\x85y\tz\r\n".encode())]).swapped()
    for name, content in read.files().items():
        (tmp_path / name).write_bytes(content)
    description = json.loads(json.dumps(read.describe()))
    assert examples.from_stored(description, tmp_path) == read
    assert description["sides"] == ["French", "English"]
    (tmp_path / pairs.FILE).write_bytes(b"no tab\n")
    with pytest.raises(CheckpointError, match="does not hold the pairs of this run"):
        examples.from_stored(description, tmp_path)


@pytest.mark.parametrize("name", ["numbers-en", "numbers-fr", "reverse", "sort"])
def test_generated_pairs_are_generated_again(name: str, tmp_path: Path) -> None:
    written = from_builtin(name, seed=3, count=300)
    assert len(set(written.sources)) == 300
    assert written.files() == {}
    for direction in (written, written.swapped(), written.swapped().swapped()):
        again = examples.from_stored(json.loads(json.dumps(direction.describe())), tmp_path)
        assert (again.sources, again.targets) == (direction.sources, direction.targets)
        assert again.describe()["sha256"] == direction.describe()["sha256"]
    assert from_builtin(name, seed=4, count=300).sources != written.sources


def test_one_source_is_drawn_for_each_target() -> None:
    read = from_bytes([("a.tsv", b"Va.\tGo.\nMarche.\tgo!\nSalut.\tHi.\nPars.\tGo\nNon.\tNo.\n")])
    drawn = {tuple(read.one_source_each([0, 1, 2, 3], seed)) for seed in range(40)}
    assert drawn == {(0, 2), (1, 2), (2, 3)}
