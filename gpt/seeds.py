"""One seed out of several numbers: of a run and a step, say."""

from __future__ import annotations

import numpy as np


def seed_of(*numbers: int) -> int:
    """A seed of 32 bits, which is another one wherever any of the numbers is.

    torch's generator on a processor reads the lowest 32 bits of its seed alone, so numbers that are
    shifted and added up may come to the same one there.

    Args:
        numbers: from 0 on, of any size.

    Source: numpy.random.SeedSequence.
    """
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
