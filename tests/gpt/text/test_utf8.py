"""Bytes shown honestly, and GPT-2's way of writing them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from transformers.convert_slow_tokenizer import bytes_to_unicode

from gpt.text.utf8 import byte_alphabet, readable


def test_what_is_no_character_is_shown_as_its_number() -> None:
    assert readable("né 😀".encode()) == "né 😀"
    assert readable("é".encode()[:1]) == "⟨0xC3⟩"
    assert readable(b"a" + "😀".encode()[1:] + b"b") == "a⟨0x9F⟩⟨0x98⟩⟨0x80⟩b"
    assert readable(b"\xff\x00") == "⟨0xFF⟩\x00"
    assert readable(b"") == ""


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_is_shown_as_it_is(text: str) -> None:
    assert readable(text.encode()) == text


def test_the_alphabet_is_gpt2s() -> None:
    assert {byte: symbol for symbol, byte in byte_alphabet().items()} == bytes_to_unicode()
    assert byte_alphabet()["Ġ"] == 0x20
