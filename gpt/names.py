"""Names of folders and files that every system can store.

A run is copied to other machines. Windows keeps some names for devices, whatever ending follows,
and drops dots and blanks at the end; there and on a Mac, names that differ by case are the same.
"""

from __future__ import annotations

import re
from pathlib import Path

from gpt.errors import HeadlightError, TrainingError
from gpt.numerals import brief

PORTS = (f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³")
DEVICES = frozenset(["con", "prn", "aux", "nul", "conin$", "conout$", "clock$", *PORTS])
FORBIDDEN = frozenset('<>:"/\\|?*')
LONGEST = 255  # bytes
MOST_LETTERS = 64  # of a run's name
NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MOST_LETTERS - 1}}}")


def is_storable(name: str) -> bool:
    """Whether every system can keep a file of this name.

    >>> is_storable("aux.txt"), is_storable("a."), is_storable("plays.txt")
    (False, False, True)
    """
    return (
        0 < len(name.encode(errors="replace")) <= LONGEST
        and name.isprintable()
        and not FORBIDDEN & set(name)
        and name[-1] not in ". "
        and name.partition(".")[0].rstrip(" ").lower() not in DEVICES
    )


def check_name(name: str) -> None:
    """Refuse a run name that would not make a good folder name.

    Raises:
        TrainingError: saying what a name may contain.
    """
    if not NAME.fullmatch(name):
        raise TrainingError(
            f"{name!r} cannot name a run: use up to 64 letters, digits, dots, hyphens and "
            "underscores, a letter or digit first"
        )
    if not is_storable(name):
        raise TrainingError(
            f"{name!r} cannot name a run: Windows keeps it for a device, or drops its last dot. "
            f"Choose another, such as run-{name.rstrip('.')}"
        )


def check_storable(name: str, error: type[HeadlightError] = TrainingError) -> None:
    """Refuse the name of a file or folder that some system cannot keep.

    Raises:
        error: naming it.
    """
    if not is_storable(name):
        raise error(
            f"{brief(name)} cannot be stored everywhere: it is a device's name on Windows, ends "
            'in a dot or a blank, or has one of < > : " / \\ | ? * in it; rename it'
        )


def check_new(folder: Path, error: type[HeadlightError] = TrainingError) -> None:
    """Refuse a new folder whose name differs by case alone from one beside it.

    Raises:
        error: naming the other one.
    """
    if other := _alike(folder):
        raise error(
            f"{folder.name!r} differs from {other!r} by case alone, and many systems cannot keep "
            "both; choose another name"
        )


def free_name(root: Path, wanted: str, ending: str = "") -> str:
    """`wanted` and the ending, or these and `-2`, `-3`, …, whichever names no run yet.

    A name that would be too long for a run is cut before its ending.
    """
    endings = (ending if n == 1 else f"{ending}-{n}" for n in range(1, 10_000))
    names = (wanted[: MOST_LETTERS - len(end)] + end for end in endings)
    return next(n for n in names if not (root / n).exists() and not _alike(root / n))


def _alike(folder: Path) -> str | None:
    """A name beside `folder` that differs by case alone."""
    if not folder.parent.is_dir():
        return None
    name = folder.name.casefold()
    names = (path.name for path in folder.parent.iterdir())
    return next((n for n in names if n.casefold() == name and n != folder.name), None)
