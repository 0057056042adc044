"""The code of each rung: the lines of our own modules that the rung is the first to run.

They are read from the source as it is, by the lines that they begin and end with, so that what is
shown is what computed; a line that is gone is an error, and never an old copy.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpt.nn import attention, bigram, blocks, norms
from gpt.nn.model import GPT

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Excerpt:
    """A few lines of our own source.

    Fields:
        file: below the project's folder, with slashes.
        line: the number of the first.
        within: the function or class that they are of.
        code: the lines, their common indentation taken off.
    """

    file: str
    line: int
    within: str
    code: str


def excerpt(of: Any, first: str, last: str | None = None) -> Excerpt:
    """The lines of a function or class from one that begins with `first` to one with `last`.

    Args:
        of: what has source.
        first, last: how the lines begin, indentation left out; without `last`, the first alone.

    Raises:
        AssertionError: no line begins so.
    """
    lines, number = inspect.getsourcelines(of)
    start = _find(lines, first, 0, of)
    end = start if last is None else _find(lines, last, start, of)
    return Excerpt(
        Path(inspect.getfile(of)).resolve().relative_to(PROJECT).as_posix(),
        number + start,
        of.__qualname__,
        textwrap.dedent("".join(lines[start : end + 1])).rstrip(),
    )


def code_of(rung: str) -> tuple[Excerpt, ...]:
    """What a rung added, by its name; of the last one, which only is larger, its dropout."""
    return tuple(read() for read in _CODE[rung])


def _find(lines: list[str], beginning: str, start: int, of: Any) -> int:
    for at in range(start, len(lines)):
        if lines[at].strip().startswith(beginning):
            return at
    raise AssertionError(f"no line of {of.__qualname__} begins with {beginning!r}")


Read = Callable[[], Excerpt]
_CODE: dict[str, tuple[Read, ...]] = {
    "bigram": (
        lambda: excerpt(GPT._embed, "tokens = self.wte(ids)"),
        lambda: excerpt(bigram.PassOn.forward, "def forward", "return row"),
    ),
    "one-head": (
        lambda: excerpt(GPT._embed, "positions = self._positions", "x = tokens if positions"),
        lambda: excerpt(attention.attention_weights, "scores = ", "masked["),
        lambda: excerpt(attention.attention_weights, "return torch.softmax"),
        lambda: excerpt(attention.attend, "head_out = "),
    ),
    "four-heads": (
        lambda: excerpt(attention.Attention._split, "B, T, C = ", "return"),
        lambda: excerpt(attention.Attention.forward, "out = head_out"),
    ),
    "feed-forward": (
        lambda: excerpt(blocks.MLP.__init__, "self.fc = "),
        lambda: excerpt(blocks.MLP.forward, "inner = "),
    ),
    "blocks": (
        lambda: excerpt(GPT.__init__, "self.h = "),
        lambda: excerpt(GPT.read, "for block in", "x = block("),
    ),
    "skips": (
        lambda: excerpt(blocks.Block._join, "x = x + self.drop"),
        lambda: excerpt(attention.Attention.forward, "out = self.proj(out)"),
        lambda: excerpt(blocks.MLP.forward, "return inner"),
    ),
    "layernorm": (
        lambda: excerpt(norms.norm, "return nn.LayerNorm"),
        lambda: excerpt(blocks.Block._before, "wanted = ", "return"),
        lambda: excerpt(GPT.read, "if self.ln_f is not None", "x = self.ln_f(x)"),
    ),
    "scaled-up": (
        lambda: excerpt(blocks.Block.__init__, "self.drop = "),
        lambda: excerpt(blocks.Block._join, "x = x + self.drop"),
    ),
}
