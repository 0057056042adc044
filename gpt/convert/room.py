"""Room: whether this machine has the memory and the disk that a checkpoint of others takes."""

from __future__ import annotations

import shutil
from pathlib import Path

from gpt.convert.found import Found
from gpt.errors import ConversionError
from gpt.nn.model import count_parameters

BYTES = 4  # a number, in float32
LARGEST = 1.5  # what is read of a tensor at once is held besides the model


def check_room(found: Found, target: Path, memory: int | None, disk: int | None = None) -> None:
    """Refuse a checkpoint that would not fit, before it takes everything away from others.

    Args:
        target: the folder in which its run folder will be.
        memory: bytes that can be had, or None where the machine does not say.
        disk: bytes that are free there; None: asked for here.

    Raises:
        ConversionError: with what it takes and what there is.
    """
    size = count_parameters(found.config) * BYTES
    if memory is not None and size * LARGEST > memory:
        raise ConversionError(
            f"reading it takes about {_gib(size * LARGEST)} of memory, and {_gib(memory)} can be "
            "had here; take a smaller model, or a machine with more"
        )
    free = _free(target) if disk is None else disk
    if size > free:
        raise ConversionError(
            f"its run folder takes {_gib(size)}, and {_gib(free)} are free where it would be; "
            "delete something there first"
        )


def available_memory() -> int | None:
    """Bytes that can be had without swapping, where the system says (Linux)."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    found = [line.split() for line in lines if line.startswith("MemAvailable:")]
    return int(found[0][1]) * 1024 if found else None


def _free(folder: Path) -> int:
    there = next(path for path in (folder, *folder.resolve().parents) if path.is_dir())
    return shutil.disk_usage(there).free


def _gib(size: float) -> str:
    return f"{size / 2**30:.2f} GiB"
