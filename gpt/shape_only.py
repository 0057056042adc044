"""A model's shape without its numbers: for counting, or for weights that come from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from gpt.nn.build import build
from gpt.nn.config import GPTConfig

RANDOM = frozenset(("normal_", "uniform_", "trunc_normal_", "kaiming_uniform_"))


class _NothingRandom(TorchFunctionMode):
    """Skips the functions that fill a tensor with random numbers."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__name__", "") in RANDOM:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))


@contextmanager
def shape_only() -> Iterator[None]:
    """Modules that are built here have shapes and no numbers: nothing is allocated or drawn.

    `torch.device("meta")` alone still asks for random numbers, and on that device torch draws them
    by code that first imports `torch._dynamo`, which takes seconds.
    """
    with torch.device("meta"), _NothingRandom():
        yield


@lru_cache(maxsize=256)  # a page asks at each of its runs
def count_parameters(config: GPTConfig) -> int:
    """Number of parameters that a model of this config would have, tied ones once.

    Nothing is allocated, so that any config can be asked about.
    """
    with shape_only():
        return build(config).n_parameters
