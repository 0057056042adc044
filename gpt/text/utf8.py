"""UTF-8 for people: text as text, and bytes that are no text as their numbers."""

from __future__ import annotations

LONE = range(0xDC80, 0xDD00)
"""Where Python's `surrogateescape` puts a byte, 0x80 to 0xFF, that belongs to no character."""


def readable(data: bytes) -> str:
    """Bytes as text; a byte that belongs to no whole character becomes its number.

    >>> readable("né".encode()), readable(b"n" + "é".encode()[:1])
    ('né', 'n⟨0xC3⟩')
    """
    text = data.decode("utf-8", errors="surrogateescape")
    return "".join(f"⟨0x{ord(c) - 0xDC00:02X}⟩" if ord(c) in LONE else c for c in text)


def byte_alphabet() -> dict[str, int]:
    """The 256 printable characters that GPT-2's vocabulary writes bytes with, and their bytes.

    Printable bytes stand for themselves; the others, in order, for the characters from U+0100
    on, so that a space is "Ġ". Source: `bytes_to_unicode` in GPT-2's published encoder.py.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in printable]
    alphabet = {chr(byte): byte for byte in printable}
    return alphabet | {chr(0x100 + n): byte for n, byte in enumerate(hidden)}
