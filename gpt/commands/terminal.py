"""The terminal: printing never makes a command fail, whatever the encoding or the reader.

A pipe on Windows takes cp1252 only, a reader such as `head` leaves early, a terminal is closed. A
command that only prints then ends quietly; one that trains goes on in silence.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import TextIO


def escape_what_cannot_be_written() -> None:
    """Write a character that the output's encoding lacks as its escape: `\\u5e8a`.

    A byte of a file's name that Python could not decode is written as that byte.
    """
    codecs.register_error("headlight", _byte_or_escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="headlight")


def _byte_or_escape(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)


def flush() -> bool:
    """Write what is buffered; return whether all of it could be written.

    The rest is dropped: Python would try again at its own exit, and complain.
    """
    streams = [each for each in (sys.stdout, sys.stderr) if each is not None]
    return all([_flushed(each) for each in streams])  # a list: every one of them is flushed


def _flushed(stream: TextIO) -> bool:
    try:
        stream.flush()
    except (OSError, ValueError):  # its reader has gone, the disk is full; or it is closed
        _into_nothing(stream)
        return False
    return True


def _into_nothing(stream: TextIO) -> None:
    """Drop everything that is written to a stream from now on."""
    with contextlib.suppress(OSError, ValueError):  # a stream without a file has nothing to close
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)


@contextlib.contextmanager
def outliving_its_reader() -> Iterator[None]:
    """Drop output that nobody can read any more: a line of progress must not end a training."""
    if sys.stdout is None:
        yield
        return
    with contextlib.redirect_stdout(_Unfailing(sys.stdout)):
        yield


class _Unfailing(io.TextIOBase):
    """A stream to which writing never fails."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            _into_nothing(self._stream)
            return len(text)

    def flush(self) -> None:
        _flushed(self._stream)
