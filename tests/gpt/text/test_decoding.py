"""Bytes to text: what is certain is read, and said; what is not is refused by name."""

from __future__ import annotations

import codecs

import pytest

from gpt.errors import TextError
from gpt.text.corpus import from_bytes
from gpt.text.decoding import decode

ENCODINGS = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
MARKS = [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE]
TEXT = "Zwölf Boxkämpfer, 日本 😀\n" * 9


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_wide_text_without_its_mark_is_read(encoding: str) -> None:
    text, notes = decode("a.txt", TEXT.encode(encoding))
    assert text == TEXT
    assert notes == (f"a.txt was read as {encoding.upper()}.",)


@pytest.mark.parametrize(("encoding", "mark"), [*zip(ENCODINGS, MARKS, strict=True)])
def test_wide_text_with_its_mark_is_read(encoding: str, mark: bytes) -> None:
    text = "日本語\n" * 3  # no zero tells it from anything else
    assert decode("a.txt", mark + text.encode(encoding))[0] == text


def test_utf8_is_read_without_a_word() -> None:
    assert decode("a.txt", TEXT.encode()) == (TEXT, ())
    assert decode("a.txt", codecs.BOM_UTF8 + TEXT.encode()) == (TEXT, ())


@pytest.mark.parametrize(
    "content",
    [
        b"a\0b\0\0c" * 9,  # zeros in places of both kinds
        b"some text with one \0 in it, and much more of it after that" * 3,
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
        "日本".encode("utf-16-le") + b"\0",
    ],
)
def test_zeros_that_are_no_encoding_are_refused_by_name(content: bytes) -> None:
    with pytest.raises(TextError, match=r"^a\.txt is n.* text.*Save it as UTF-8"):
        decode("a.txt", content)


def test_a_damaged_wide_text_is_refused_with_the_byte() -> None:
    content = codecs.BOM_UTF16_LE + "ab".encode("utf-16-le") + b"\x00\xdc"
    with pytest.raises(TextError, match="not UTF-16-LE text: byte 0x00 at position 6"):
        decode("a.txt", content)


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        (b"a\rb\rc", r"2 \r"),
        (b"a\r\nb\r\nc", r"2 \r\n"),
        (b"a\nb\r\nc", r"1 \r\n, 1 \n"),
        (b"a\r\rb", r"2 \r"),
    ],
)
def test_line_ends_become_one_kind_and_are_counted(content: bytes, kinds: str) -> None:
    text, notes = decode("a.txt", content)
    assert text == "a\nb\nc" if b"c" in content else text == "a\n\nb"
    assert notes == (rf"a.txt has the line ends {kinds}; all were read as \n.",)


def test_marks_inside_are_left_out() -> None:
    text, notes = decode("a.txt", "\ufeffone\n\ufefftwo\n".encode())
    assert text == "one\ntwo\n"
    assert notes == ("a.txt has 1 marks of byte order (U+FEFF) inside; they were left out.",)


def test_a_corpus_says_how_its_files_were_read() -> None:
    corpus = from_bytes([("a.txt", b"old mac\r"), ("b.txt", b"plain\n")])
    assert corpus.text == "old mac\nplain\n"
    assert corpus.notes == (r"a.txt has the line ends 1 \r; all were read as \n.",)
    assert corpus.describe()["notes"] == list(corpus.notes)
    assert "notes" not in from_bytes([("b.txt", b"plain\n")]).describe()
