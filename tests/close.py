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
ABS = 1e-5
"""Of numbers near 0, left over where larger ones, of about 10 (scores, logits), cancel."""


OF_A_PAGE = 2e-5
"""Of what a page shows and numpy computes in float64: a large score's rounding goes through exp."""


def close(expected: Any) -> Any:
    """Compared by `==` with a number, an array or a dict of them: equal within `REL` and `ABS`."""
    return pytest.approx(expected, rel=REL, abs=ABS)


def printed(expected: Any, decimals: int = 4) -> Any:
    """The same for what was printed with so many decimals: another rounding may tip the last.

    A number half way between two that can be printed is printed as either, by a last bit.
    """
    return pytest.approx(expected, rel=REL, abs=0.5 * 10.0**-decimals + OF_A_PAGE)
