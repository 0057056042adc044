"""Room: whether this machine has the memory and the disk that a checkpoint of others takes."""

from __future__ import annotations

import shutil
from pathlib import Path

from gpt.convert.found import Found
from gpt.errors import ConversionError
from gpt.memory import NUMBER_BYTES, gib
from gpt.shape_only import count_parameters

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
    size = count_parameters(found.config) * NUMBER_BYTES
    if memory is not None and size * LARGEST > memory:
        raise ConversionError(
            f"reading it takes about {gib(size * LARGEST)} of memory, and {gib(memory)} can be "
            "had here; take a smaller model, or a machine with more"
        )
    free = _free(target) if disk is None else disk
    if size > free:
        raise ConversionError(
            f"its run folder takes {gib(size)}, and {gib(free)} are free where it would be; "
            "delete something there first"
        )


def _free(folder: Path) -> int:
    there = next(path for path in (folder, *folder.resolve().parents) if path.is_dir())
    return shutil.disk_usage(there).free
