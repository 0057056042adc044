"""Large texts: read in pieces, they are the same text, and their tokens the same tokens."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gpt import bounded
from gpt.bounded import ArrayRule
from gpt.errors import CheckpointError, TextError, UnknownCharacterError
from gpt.text import large_text, token_file, token_writing
from gpt.text.batches import consecutive_blocks, random_blocks, split
from gpt.text.corpus import from_builtin, from_bytes
from gpt.text.large_text import LargeText, at_line_ends, of_files
from gpt.text.splitting import count
from gpt.text.token_file import TokenFile
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.text.tokenizers import choices

PLAYS = from_builtin("plays", length=6_000).text
MIXED = "Zoë said:  “Yes…”\r\n\r\n\t – 私は学生です –\rand left\n\n\n" * 40 + PLAYS
ABLE = [name for name, choice in choices.CHOICES.items() if choice.in_pieces and name != "gpt2"]


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a size that cuts characters, line ends and words."""
    monkeypatch.setattr(large_text, "PIECE", 61)
    monkeypatch.setattr(token_file, "TOGETHER", 7)


def large(path: Path, text: str = MIXED) -> LargeText:
    path.write_bytes(text.encode())
    return of_files([path])


def tokenizer(name: str, text: str) -> Tokenizer:
    return choices.make(name, text, 300 if choices.CHOICES[name].least else None)


def test_the_pieces_of_several_files_are_the_text(tmp_path: Path) -> None:
    parts = [b"\xef\xbb\xbf" + MIXED.encode(), PLAYS.encode()]
    for name, content in zip("ab", parts, strict=True):
        (tmp_path / name).write_bytes(content)
    text = of_files([tmp_path / "a", tmp_path / "b"])
    assert "".join(text.pieces()) == from_bytes(list(zip("ab", parts, strict=True))).text
    assert text.characters() == "".join(sorted(set("".join(text.pieces()))))
    assert (text.name, text.size) == ("a and 1 more", sum(map(len, parts)))


def test_pieces_are_cut_before_line_breaks_that_follow_no_white_space() -> None:
    assert list(at_line_ends(["\n\n a", "\nb\n\nc"])) == ["\n\n a\nb", "\n\nc"]
    assert list(at_line_ends(["no line break", " here"])) == ["no line break here"]


def test_a_text_without_line_breaks_is_cut_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_text, "LONGEST_PIECE", 5)
    assert list(at_line_ends(["abc", "def", "gh"])) == ["abcdef", "gh"]


def test_a_pass_says_how_much_is_read_and_can_be_ended(tmp_path: Path) -> None:
    shares: list[float] = []
    text = large(tmp_path / "a")
    object.__setattr__(text, "watch", shares.append)
    list(text.pieces())
    assert shares == sorted(shares) and 0 < shares[0] < 0.1 and shares[-1] == pytest.approx(1)


@pytest.mark.parametrize("name", ABLE)
def test_tokens_in_a_file_are_those_of_the_whole_text(tmp_path: Path, name: str) -> None:
    whole = from_bytes([("a", MIXED.encode())])
    own = tokenizer(name, whole.text)
    written = token_writing.write(tmp_path / "tokens.npy", large(tmp_path / "a"), own)
    ids = own.encode_part(whole.text)
    stored = TokenFile.open(tmp_path / "tokens.npy", own.vocab_size)
    assert stored[:].tolist() == ids
    assert written.tokens == len(stored) == len(ids)
    assert (written.characters, written.sha256) == (
        whole.describe()["characters"],
        whole.describe()["sha256"],
    )
    held_out = stored.split()[1].after(1)
    counts = count(whole, own, "stream", block_size=8)
    assert (len(held_out), held_out.characters(own)) == (
        counts.held_out_tokens,
        counts.held_out_characters,
    )


@pytest.mark.parametrize("name", ["bpe", "words"])
def test_a_vocabulary_learned_from_pieces_is_that_of_the_text(tmp_path: Path, name: str) -> None:
    text = large(tmp_path / "a", PLAYS)
    in_pieces = choices.make(name, text.sample(), 300)
    assert in_pieces.to_json() == choices.make(name, PLAYS, 300).to_json()


def test_a_sample_is_spread_over_the_text(tmp_path: Path) -> None:
    text = large(tmp_path / "a", "".join(f"{n:08}\n" for n in range(1000)))
    sample = list(text.sample(most=900))
    assert 700 < sum(map(len, sample)) < 1100
    numbers = [int(piece.split()[0]) for piece in sample]
    assert numbers[0] < 20 and numbers[-1] > 880


def test_blocks_from_a_file_are_those_from_memory(tmp_path: Path) -> None:
    own = CharacterTokenizer.of(PLAYS)
    token_writing.write(tmp_path / "tokens.npy", large(tmp_path / "a", PLAYS), own)
    ids, stored = torch.tensor(own.encode(PLAYS)), TokenFile.open(tmp_path / "tokens.npy", 99)
    for part, expected in zip(stored.split(), split(ids), strict=True):
        drawn = part.random(11, 5, torch.Generator().manual_seed(3))
        blocks = random_blocks(expected, 11, 5, torch.Generator().manual_seed(3))
        assert all(map(torch.equal, drawn, blocks))
        pairs = zip(part.consecutive(11, 5), consecutive_blocks(expected, 11, 5), strict=True)
        assert all(all(map(torch.equal, ours, theirs)) for ours, theirs in pairs)
    assert stored.counts().tolist() == torch.bincount(ids, minlength=99).tolist()


@pytest.mark.parametrize(("V", "kind"), [(3, "<u1"), (257, "<u2"), (70_000, "<u4")])
def test_an_id_takes_as_few_bytes_as_it_can(tmp_path: Path, V: int, kind: str) -> None:
    own = CharacterTokenizer([chr(0x20000 + n) if n else "\n" for n in range(V)])
    token_writing.write(tmp_path / "tokens.npy", large(tmp_path / "a", "\n" * 30), own)
    assert np.load(tmp_path / "tokens.npy", mmap_mode="r").dtype.str.replace("|", "<") == kind


def test_an_unknown_character_is_named_with_its_place_in_the_text(tmp_path: Path) -> None:
    text = large(tmp_path / "a", "ab\n" * 50 + "é")
    with pytest.raises(UnknownCharacterError, match=r"'é' .* at position 150 "):
        token_writing.write(tmp_path / "tokens.npy", text, CharacterTokenizer.of("\nab"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a" * 100 + b"\xff", "byte 0xff at position 100 "),
        ("é".encode() * 40 + b"\xc3", "byte 0xc3 at position 80 "),
        (b"\xc3" + b"a" * 60 + b"\xc3" * 2, "byte 0xc3 at position 0 "),
        ("a".encode("utf-16"), "not UTF-8"),
        (b"a\0b", "NUL"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(TextError, match=message):
        list(of_files([tmp_path / "a"]).pieces())


def test_a_missing_file_and_a_full_disk_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TextError, match="there is no file"):
        of_files([tmp_path / "b"])
    monkeypatch.setattr(token_writing.shutil, "disk_usage", lambda folder: SimpleNamespace(free=0))
    with pytest.raises(TextError, match="disk has 0 MiB left"):
        token_writing.write(
            tmp_path / "tokens.npy", large(tmp_path / "a"), CharacterTokenizer("ab")
        )


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokens.npy"
    with pytest.raises(CheckpointError, match="missing"):
        TokenFile.open(path, 5)
    path.write_bytes(b"no array")
    with pytest.raises(CheckpointError, match="cannot be read"):
        TokenFile.open(path, 5)
    np.save(path, np.zeros((2, 2)))
    with pytest.raises(CheckpointError, match="no row of token ids"):
        TokenFile.open(path, 5)
    np.save(path, np.array([0, 7], dtype=np.uint8))
    with pytest.raises(CheckpointError, match="id 7; the vocabulary has 5"):
        TokenFile.open(path, 5)[:]
    np.save(path, np.array([2**64 - 1], dtype=np.uint64))
    with pytest.raises(CheckpointError, match="id 18,446,744,073,709,551,615"):
        TokenFile.open(path, 5)[:]


HEADER = "{'descr': '<u2', 'fortran_order': False, 'shape': (4,), }"
HEADERS = {
    "open bracket": "(",
    "indented": "  x\n y",
    "deep": "-" * 9000 + "1",
    "dtype": HEADER.replace("<u2", ",,,"),
    "longer": HEADER.replace("4", "5"),
    "endless": HEADER.replace("4", "1" + "0" * 30),
    "negative": HEADER.replace("4", "-4"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_numpy_chokes_on_is_refused(tmp_path: Path, name: str) -> None:
    header = HEADERS[name].encode()
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(8)
    (tmp_path / "tokens.npy").write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be read"):
        TokenFile.open(tmp_path / "tokens.npy", 5)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", content)
    with pytest.raises(CheckpointError, match="cannot be read"):
        bounded.arrays(tmp_path / "a.npz", {"a": ArrayRule("u2", (None,))}, 1 << 20)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes among files here")
def test_a_pipe_of_tokens_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tokens.npy")
    with pytest.raises(CheckpointError, match="missing"):
        TokenFile.open(tmp_path / "tokens.npy", 5)
