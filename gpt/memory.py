"""Memory: how much is available here, to check before a large computation begins."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from gpt.errors import HeadlightError

NUMBER_BYTES = 4  # float32
GROUPS = Path("/sys/fs/cgroup")
"""Where Linux says what a container may take, which the machine's own figures do not heed."""


def available() -> int:
    """Bytes that are available without swapping, within the limit of this process's container."""
    free = int(psutil.virtual_memory().available)
    limit, used = (_number(GROUPS / name) for name in ("memory.max", "memory.current"))
    if limit is None or used is None:
        return free
    return min(free, max(0, limit - used + _reclaimable()))


def total() -> int:
    """Bytes that this process could have if it ran alone here."""
    limit = _number(GROUPS / "memory.max")
    machine = int(psutil.virtual_memory().total)
    return machine if limit is None else min(machine, limit)


def require(
    needed: int, doing: str, instead: str, error: type[HeadlightError], given: int | None = None
) -> None:
    """Check that a computation fits into memory.

    Args:
        needed: bytes that it takes at least.
        doing: what takes them, as the beginning of a sentence.
        instead: what would work.
        error: is raised if it does not fit, with both numbers.
        given: available bytes; None: those of this machine.
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
    """Bytes of a container's use that are cached files, which go as soon as memory is needed."""
    with contextlib.suppress(OSError, ValueError):
        for line in (GROUPS / "memory.stat").read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == "inactive_file":
                return int(value)
    return 0


def _number(path: Path) -> int | None:
    """The number in a file; None if it is missing or says "max"."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
