"""Whether this machine has enough memory and disk for a checkpoint of others."""

from __future__ import annotations

import shutil
from pathlib import Path

from gpt.convert.foreign import ForeignCheckpoint
from gpt.errors import ConversionError
from gpt.memory import NUMBER_BYTES, gib
from gpt.shape_only import count_parameters

LARGEST = 1.5  # the model, and the largest tensor while it is read


def check_room(
    checkpoint: ForeignCheckpoint, target: Path, memory: int | None, disk: int | None = None
) -> None:
    """Refuse a checkpoint that does not fit, before it takes the memory of other programs.

    Args:
        target: the folder in which its run folder will be.
        memory: bytes that are available, or None if the machine does not say.
        disk: bytes that are free there; None asks the system.

    Raises:
        ConversionError: the message says what it needs and what there is.
    """
    size = count_parameters(checkpoint.config) * NUMBER_BYTES
    if memory is not None and size * LARGEST > memory:
        raise ConversionError(
            f"reading it takes about {gib(size * LARGEST)} of memory, and {gib(memory)} "
            "are available here; take a smaller model, or a machine with more"
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
