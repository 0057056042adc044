"""How near two computations of the same number come to each other, said once.

A processor adds up in an order of its own, by its vector width, its fused multiply-adds and the
kernel that it takes for a shape, and so the last bits of a float differ between processors, and
on one processor between two ways to the same number. Only the same kernels on the same shapes with
as many threads give the same bits: what is promised to be equal bit for bit is made that way twice.
"""

from __future__ import annotations

from typing import Any

import pytest

REL = 1e-5
"""Of float32, whose numbers lie 1.2e-7 apart: some hundred roundings of a tiny model's pass."""
ABS = 1e-6
"""Of numbers near 0, left over where larger ones, of about 1, cancel."""


def close(expected: Any) -> Any:
    """What a number, an array or a dict of them is compared with by `==`, within `REL` and `ABS`."""
    return pytest.approx(expected, rel=REL, abs=ABS)
