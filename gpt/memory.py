"""Memory: how much of it can be had here, and how much a model takes, before either is tried."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from gpt.errors import HeadlightError

NUMBER_BYTES = 4  # float32
GROUPS = Path("/sys/fs/cgroup")
"""Where Linux says what a container may take, which the machine's own figures do not heed."""


def available() -> int:
    """Bytes that can be had without swapping, by this process's container where it is in one."""
    free = int(psutil.virtual_memory().available)
    limit, used = (_number(GROUPS / name) for name in ("memory.max", "memory.current"))
    if limit is None or used is None:
        return free
    return min(free, max(0, limit - used + _reclaimable()))


def total() -> int:
    """Bytes that this process could have if it were alone here."""
    limit = _number(GROUPS / "memory.max")
    machine = int(psutil.virtual_memory().total)
    return machine if limit is None else min(machine, limit)


def require(
    needed: int, doing: str, instead: str, error: type[HeadlightError], given: int | None = None
) -> None:
    """Refuse what would take more memory than can be had.

    Args:
        needed: bytes that it takes at least.
        doing: what takes them, as the beginning of a sentence.
        instead: what would work.
        error: is raised, with both numbers.
        given: bytes that can be had; None: those of this machine.
    """
    given = available() if given is None else given
    if needed > given:
        raise error(
            f"{doing} takes at least {gib(needed)} of memory, and {gib(given)} can be had here; "
            f"{instead}"
        )


def gib(size: float) -> str:
    """Bytes as a person reads them.

    >>> gib(3 * 2**29)
    '1.50 GiB'
    """
    return f"{size / 2**30:,.2f} GiB"


def _reclaimable() -> int:
    """Of a container's use, what are copies of files, which go as soon as memory is wanted."""
    with contextlib.suppress(OSError, ValueError):
        for line in (GROUPS / "memory.stat").read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == "inactive_file":
                return int(value)
    return 0


def _number(path: Path) -> int | None:
    """The number in a file; None where it is not there or says "max"."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
