"""undrawn: a model's shape alone, for who has its weights already or only wants to count them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

RANDOM = frozenset(("normal_", "uniform_", "trunc_normal_", "kaiming_uniform_"))


class _LeftUndrawn(TorchFunctionMode):
    """Random numbers are left out of what they would be drawn into."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__name__", "") in RANDOM:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))


@contextmanager
def undrawn() -> Iterator[None]:
    """Modules that are made here have shapes and no numbers: nothing is allocated or drawn.

    `torch.device("meta")` alone still asks for random numbers, and on that device torch draws them
    by code that first imports `torch._dynamo`, which takes seconds.
    """
    with torch.device("meta"), _LeftUndrawn():
        yield
