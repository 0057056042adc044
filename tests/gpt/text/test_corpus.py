"""Corpora: what is read from files, and which files are refused with which words."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch

from gpt.errors import CheckpointError, TextError
from gpt.text import corpus as corpora
from gpt.text.batches import random_blocks, split
from gpt.text.corpus import check_length, from_builtin, from_bytes, from_files


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "poem.of.mine.txt").write_bytes("Zwölf\tBoxkämpfer\n".encode())
    corpus = from_files([tmp_path / "poem.of.mine.txt"])
    assert corpus.text == "Zwölf\tBoxkämpfer\n"
    assert corpus.name == "poem.of.mine"


def test_several_files_are_one_text_in_the_order_given(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "c.txt"):
        (tmp_path / name).write_text(f"this is {name}\n")
    corpus = from_files([tmp_path / name for name in ("b.txt", "a.txt", "c.txt")])
    assert corpus.text == "this is b.txt\nthis is a.txt\nthis is c.txt\n"
    assert [document.name for document in corpus.documents] == ["b.txt", "a.txt", "c.txt"]
    assert corpus.name == "b and 2 more"


def test_a_byte_order_mark_is_no_character() -> None:
    assert from_bytes([("a.txt", b"\xef\xbb\xbfabc")]).text == "abc"


def test_windows_line_ends_become_line_breaks() -> None:
    assert from_bytes([("a.txt", b"one\r\ntwo\r\n")]).text == "one\ntwo\n"


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n ", b"\xef\xbb\xbf", "\u2003\n".encode()])
def test_an_empty_file_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(TextError, match=r"empty\.txt is empty: there is nothing to learn from"):
        from_bytes([("good.txt", b"text"), ("empty.txt", content)])


@pytest.mark.parametrize(
    ("content", "byte", "position"),
    [
        (b"caf\xe9 au lait", "0xe9", 3),
        (b"ab\xffa\x00b\x00", "0xff", 2),
        (b"abc\xc3", "0xc3", 3),
        (b"\x89PNG\r\n", "0x89", 0),
    ],
)
def test_what_is_not_utf8_is_refused_with_the_byte_and_its_position(
    content: bytes, byte: str, position: int
) -> None:
    with pytest.raises(TextError) as caught:
        from_bytes([("old.txt", content)])
    assert f"old.txt is not UTF-8 text: byte {byte} at position {position}" in str(caught.value)
    assert "Save it as UTF-8" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.txt", tmp_path):
        with pytest.raises(TextError, match=f"there is no file {path}"):
            from_files([path])


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(TextError, match="no text file was given"):
        from_files([])


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpora, "MAX_BYTES", 2 * 2**20)
    (tmp_path / "large.txt").write_bytes(b"a" * (2 * 2**20 + 1))
    (tmp_path / "fits.txt").write_bytes(b"a" * (2 * 2**20))
    assert len(from_files([tmp_path / "fits.txt"]).text) == 2 * 2**20
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda path: pytest.fail("it was read"))
        with pytest.raises(TextError, match=r"large.txt has 2 MiB; up to 2 MiB are read"):
            from_files([tmp_path / "large.txt"])
    with pytest.raises(TextError, match=r"upload.txt has 3 MiB; up to 2 MiB are read"):
        from_bytes([("upload.txt", b"a" * (3 * 2**20))])


@pytest.mark.parametrize("block_size", [1, 2, 7, 8, 63, 64, 255, 256, 1024])
def test_the_shortest_text_that_is_let_through_can_be_learned_from(block_size: int) -> None:
    shortest = 10 * (block_size + 1)
    check_length(shortest, block_size)
    train, validation = split(torch.arange(shortest))
    for part in (train, validation):
        x, _ = random_blocks(part, block_size, 3, torch.Generator().manual_seed(1))
        assert x.shape == (3, block_size)
    with pytest.raises(TextError) as caught:
        check_length(shortest - 1, block_size)
    assert f"has {shortest - 1:,} tokens" in str(caught.value)
    assert f"block_size = {block_size:,} at least {shortest:,} are needed" in str(caught.value)


@pytest.mark.parametrize("tokens", [20, 21, 99, 100, 653])
def test_the_block_size_that_is_suggested_fits(tokens: int) -> None:
    with pytest.raises(TextError, match="a block_size of at most") as caught:
        check_length(tokens, 1000)
    suggested = int(str(caught.value).split("at most ")[1].rstrip("."))
    check_length(tokens, suggested)
    with pytest.raises(TextError):
        check_length(tokens, suggested + 1)


@pytest.mark.parametrize("tokens", [1, 5, 19])
def test_no_block_size_is_suggested_where_none_fits(tokens: int) -> None:
    with pytest.raises(TextError) as caught:
        check_length(tokens, 1)
    assert "block_size of at most" not in str(caught.value)


def test_a_description_is_enough_to_know_the_text_again() -> None:
    corpus = from_bytes([("a.txt", "Grüße\n".encode()), ("b.txt", b"more")])
    assert corpus.describe() == {
        "name": "a and 1 more",
        "documents": ["a.txt", "b.txt"],
        "speakers": ["a", "b"],
        "characters": 10,
        "sha256": hashlib.sha256("Grüße\nmore".encode()).hexdigest(),
    }


def test_a_built_in_text_says_how_to_get_it_again() -> None:
    corpus = from_builtin("names", seed=3, length=2000)
    said = corpus.describe()
    again = from_builtin(said["builtin"], said["seed"], said["length"])
    assert again.text == corpus.text


# -- speakers ---------------------------------------------------------------------------------

LINCOLN = "Abraham Lincoln\t1861-03-04\tFellow-Citizens.\nAbraham Lincoln\t1865-03-04\tAt this.\n"
REAGAN = (
    "Ronald Reagan\t1/20/1981\tSenator Hatfield.\n\nAnd so on.\nRonald Reagan\t1/21/1985\tTo.\n"
)


def _files(**texts: str) -> list[tuple[str, bytes]]:
    return [(f"{name}.txt", text.encode()) for name, text in texts.items()]


def test_who_speaks_is_read_from_how_an_address_begins() -> None:
    corpus = from_bytes(_files(l=LINCOLN, r=REAGAN))
    assert corpus.text == LINCOLN + REAGAN
    assert [one.speaker for one in corpus.documents] == ["Abraham Lincoln", "Ronald Reagan"]
    assert corpus.speakers == {"Abraham Lincoln": len(LINCOLN), "Ronald Reagan": len(REAGAN)}
    assert corpus.describe()["speakers"] == ["Abraham Lincoln", "Ronald Reagan"]


def test_one_file_of_several_speakers_is_cut_where_the_speaker_changes() -> None:
    corpus = from_bytes(_files(all=LINCOLN + REAGAN + LINCOLN))
    assert corpus.text == LINCOLN + REAGAN + LINCOLN
    assert [one.text for one in corpus.documents] == [LINCOLN, REAGAN, LINCOLN]
    assert corpus.speakers == {"Abraham Lincoln": 2 * len(LINCOLN), "Ronald Reagan": len(REAGAN)}


def test_files_that_do_not_say_who_speaks_are_called_after_the_file() -> None:
    assert list(from_bytes(_files(ana="one", ben="two", cy="three")).speakers) == [
        *("ana", "ben", "cy"),
    ]
    assert from_bytes(_files(ana="one")).speakers == {}
    pairs = "I am 25.\tJ'ai 25 ans.\tCC-BY 2.0\nGo.\tVa !\tCC-BY 2.0\n"
    assert from_bytes(_files(pairs=pairs)).speakers == {}


def test_a_filter_leaves_exactly_what_they_said() -> None:
    corpus = from_bytes(_files(l=LINCOLN, r=REAGAN, x=LINCOLN.lower()))
    assert list(corpus.speakers) == ["Abraham Lincoln", "Ronald Reagan", "abraham lincoln"]
    only = corpus.only(["Ronald Reagan"])
    assert only.text == REAGAN
    assert only.name == "l and 2 more: Ronald Reagan"
    two = corpus.only(["abraham lincoln", "Abraham Lincoln"])
    assert two.text == LINCOLN + LINCOLN.lower()
    assert corpus.only(list(corpus.speakers)) is corpus


def test_a_filter_that_leaves_nothing_is_refused() -> None:
    corpus = from_bytes(_files(l=LINCOLN, r=REAGAN))
    with pytest.raises(TextError, match=r"nobody called 'Nixon' speaks .* Lincoln, Ronald"):
        corpus.only(["Nixon"])
    with pytest.raises(TextError, match="choose at least one speaker"):
        corpus.only([])


def test_the_parts_of_a_play_are_no_speakers() -> None:
    corpus = from_builtin("plays", length=200_000)
    assert len(corpus.documents) > 1 and corpus.speakers == {}


def test_a_built_in_text_of_one_speaker_is_got_again_from_its_description() -> None:
    corpus = from_builtin("speeches", seed=3, length=6000)
    assert list(corpus.speakers) == ["Corvane Ashmeer", "Ysra Tolland", "Dell Hobbin"]
    only = corpus.only(["Dell Hobbin"])
    assert only.text == corpus.documents[2].text
    again = corpora.from_description(only.describe())
    assert again == only
    assert again.describe() == only.describe()


def test_files_are_refused_that_are_too_large_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpora, "MAX_BYTES", 100)
    paths = [tmp_path / f"{n}.txt" for n in range(3)]
    for path in paths:
        path.write_text("a" * 40)
    assert len(from_files(paths[:2]).text) == 80
    with pytest.raises(TextError, match="the text of these 3 files has"):
        from_files(paths)
    with pytest.raises(TextError, match="the text of these 2 files has"):
        from_bytes([("a", b"a" * 60), ("b", b"a" * 41)])


def test_a_run_s_own_text_is_held_against_a_bound_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"{n}.txt" for n in range(2)]
    for path in paths:
        path.write_text("é" * 20)
    assert corpora.read_texts(paths) == ["é" * 20] * 2
    monkeypatch.setattr(corpora, "MOST_STORED", 79)
    with pytest.raises(CheckpointError, match=r"1\.txt is too large"):
        corpora.read_texts(paths)
    paths[0].write_bytes(b"\xff")
    with pytest.raises(CheckpointError, match=r"0\.txt is not UTF-8 text"):
        corpora.read_texts(paths)
