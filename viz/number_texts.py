"""Numbers as a person reads them."""

from __future__ import annotations


def percent(share: float) -> str:
    """A probability as a person reads it; what is tiny is not called zero.

    >>> percent(0.12345), percent(0.0), percent(0.00001)
    ('12.35%', '0%', '<0.01%')
    """
    if share == 0:
        return "0%"
    return f"{share:.2%}" if share >= 0.00005 else "<0.01%"


def plain(number: float, decimals: int) -> str:
    """A number with a real minus, and none before what rounds to nothing.

    >>> plain(-1.5, 2), plain(-0.001, 2)
    ('−1.50', '0.00')
    """
    text = f"{number:.{decimals}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def signed(number: float, decimals: int) -> str:
    """A number with its sign, in figures of equal width; what rounds to nothing has none.

    >>> signed(0.25, 2), signed(-3, 1), signed(-0.0001, 2)
    ('+0.25', '−3.0', '0.00')
    """
    text = f"{number:+.{decimals}f}"
    return text.replace("-", "−") if text.strip("+-0.") else f"{0:.{decimals}f}"
