"""Control: what a person may ask of a run while it trains."""

from __future__ import annotations

import enum
import signal
import sys
import threading
from collections.abc import Iterable


class Wish(enum.Enum):
    """What the loop should do next."""

    GO_ON = "go on"
    PAUSE = "pause"
    STOP = "stop"


class Control:
    """The latest wish; may be set from a signal handler or another thread."""

    def __init__(self) -> None:
        self._wish = Wish.GO_ON

    def wish(self) -> Wish:
        """What is asked for now."""
        return self._wish

    def ask(self, wish: Wish) -> None:
        """Ask for something; the loop obeys after the step at hand."""
        self._wish = wish


def pause_on_signals(control: Control) -> None:
    """Ctrl-C, SIGTERM and a terminal that closes pause the run: it saves itself and leaves.

    Under `nohup` a run goes on without its terminal, as whoever typed that wants it.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # there is no SIGHUP on Windows
        if number is not None and not (name == "SIGHUP" and _is_ignored(number)):
            signal.signal(number, lambda *_: control.ask(Wish.PAUSE))


def _is_ignored(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def obey_lines(control: Control, lines: Iterable[str] = sys.stdin) -> None:
    """Obey "pause" and "stop" lines in a thread; the end of the lines means pause.

    The server that started a training process holds the other end of its standard input, so
    that a server that goes, however it goes, leaves no orphan.
    """

    def listen() -> None:
        for line in lines:
            if (word := line.strip()) in ("pause", "stop"):
                control.ask(Wish(word))
                return
        control.ask(Wish.PAUSE)

    threading.Thread(target=listen, daemon=True, name="control").start()
