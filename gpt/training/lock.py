"""Locks: a run is trained by one process, and waits in the line of one server.

Each is the system's own lock on an empty file in the run's folder. It goes when its process ends in
any way, so no process number, clock or heartbeat is needed. See docs/adr/0022.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from pathlib import Path

TRAINING, WAITING = ".training.lock", ".waiting.lock"
PATIENCE = 2.0  # seconds; whoever only looks holds a lock for a moment
POLL = 0.02
TAKEN = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}
WITHOUT = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK}
"""Errors of a file system that has no locks; there, only heartbeats count."""


class Lock:
    """A lock that this process holds, until it is released or the process ends."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor

    @property
    def stands(self) -> bool:
        """Whether its file is still there: nobody deleted the folder or created it again.

        While a file is open, no other one gets its number.
        """
        with contextlib.suppress(OSError):
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        return False

    def release(self) -> None:
        """Let go of it, and take its file away; a second time does nothing."""
        if self._descriptor >= 0:
            if self.stands:  # whoever waits for it looks again whether its own file is there
                with contextlib.suppress(OSError):
                    self._path.unlink()
            self.close()

    def close(self) -> None:
        """Let go of it and leave the file."""
        os.close(self._descriptor)
        self._descriptor = -1


def take(folder: Path, name: str, patience: float = PATIENCE) -> Lock | None:
    """Hold a lock of a run; None if another process holds it.

    Args:
        name: `TRAINING` or `WAITING`.
        patience: seconds to wait for it.

    Raises:
        OSError: the folder does not exist, or cannot be written.
    """
    deadline = time.monotonic() + patience
    while True:
        descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o666)
        lock = Lock(folder / name, descriptor)
        if _locked(descriptor) is not False and lock.stands:
            return lock
        lock.close()
        if time.monotonic() > deadline:
            return None
        time.sleep(POLL)


def is_held(folder: Path, name: str) -> bool | None:
    """Whether a process holds a lock of a run; None if nobody can say.

    It cannot be said if there is no such lock yet, or if the file system has no locks. Nothing is
    written.
    """
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        free = _locked(descriptor, shared=True)
        return None if free is None else not free
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _locked(descriptor: int, shared: bool = False) -> bool | None:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return _answer(error)
        return True

else:
    import fcntl

    def _locked(descriptor: int, shared: bool = False) -> bool | None:
        """Lock an open file until it is closed; None if the file system has no locks."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except OSError as error:
            return _answer(error)
        return True


def _answer(error: OSError) -> bool | None:
    if error.errno in TAKEN:
        return False
    if error.errno in WITHOUT:
        return None
    raise error
