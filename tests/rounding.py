"""A processor that rounds otherwise, imitated: what no machine at hand is, the suite runs on too.

Every operation of torch whose float32 result is rounded, and whose order of adding up is up to the
processor, gets other last bits. Which ones follows from the operation, its shapes and strides and a
seed: the same kernel on the same shapes gives the same bits twice, as on a real processor, and
another shape or another way to the same number gives others. Results that are exact stay as they
are, whatever the order: a zero, the one of a softmax over one key, a row picked by a one-hot
vector.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

ULPS = 4
"""How far a result moves at most, in units of its last place."""
INEXACT = set(
    """
    mm addmm bmm baddbmm mv addmv dot vdot linear addbmm
    _scaled_dot_product_flash_attention_for_cpu
    _scaled_dot_product_flash_attention_for_cpu_backward
    _softmax _softmax_backward_data _log_softmax _log_softmax_backward_data logsumexp
    native_layer_norm native_layer_norm_backward native_batch_norm native_batch_norm_backward
    gelu gelu_backward exp log log1p expm1 log2 tanh tanh_backward sigmoid erf sin cos pow rsqrt
    sum mean var std var_mean linalg_vector_norm cumsum prod nll_loss_forward
    addcmul addcdiv lerp embedding_dense_backward
    """.split()
)


class OtherRounding(TorchDispatchMode):
    """While it is entered, this thread's torch rounds as another processor would."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        name = func.overloadpacket.__name__
        if name not in INEXACT or "out" in kwargs:
            return out
        key = zlib.crc32(repr((self.seed, name, _layouts((args, kwargs)))).encode())
        exact = _in_float64(func, args, kwargs)
        return _moved_each(out, exact, key)


def _layouts(given: Any) -> list[Any]:
    """Shapes and strides, which a kernel is chosen by."""
    flat, _ = tree_flatten(given)
    return [(tuple(x.shape), x.stride()) if isinstance(x, torch.Tensor) else type(x) for x in flat]


def _in_float64(func: Any, args: Any, kwargs: Any) -> list[Any]:
    """What the operation gives with twice the digits; empty where it does not take them."""
    wider = tree_map(
        lambda x: x.double() if isinstance(x, torch.Tensor) and x.dtype == torch.float32 else x,
        (args, kwargs),
    )
    try:
        found = func(*wider[0], **wider[1])
    except RuntimeError:
        return []
    return tree_flatten(found)[0]


def _moved_each(out: Any, exact: list[Any], key: int) -> Any:
    flat, _ = tree_flatten(out)
    doubles = exact if len(exact) == len(flat) else [None] * len(flat)
    twins = {id(x): double for x, double in zip(flat, doubles, strict=True)}
    return tree_map(lambda x: _moved(x, twins[id(x)], key), out)


def _moved(x: Any, exact: torch.Tensor | None, key: int) -> Any:
    """The same number with other last bits; itself where it is not rounded, or no float32."""
    if not isinstance(x, torch.Tensor) or x.dtype != torch.float32:
        return x
    other = x * (1 + _steps(x.numel(), key)[: x.numel()].view(x.shape) * 2.0**-23)
    other = torch.where(x.abs() <= 1, other.clamp(-1, 1), other)  # a weight is never above 1
    kept = ~x.isfinite() if exact is None else (x.double() == exact) | ~x.isfinite()
    return torch.where(kept, x, other)


@lru_cache(maxsize=4096)
def _steps(count: int, key: int) -> torch.Tensor:
    """(count,) whole numbers from -ULPS to ULPS."""
    generator = torch.Generator().manual_seed(key)
    return torch.randint(-ULPS, ULPS + 1, (count,), generator=generator).float()


def imitate(seed: int) -> OtherRounding:
    """Round otherwise from now on, in this thread and in every one that is started later.

    The suite does so from its start if HEADLIGHT_TEST_ROUNDING is set, to a seed. Processes that a
    test starts are on the real processor.
    """
    mode = OtherRounding(seed)
    mode.__enter__()
    start = threading.Thread.start

    def started(self: threading.Thread) -> None:
        self.run = _rounding(self.run, seed)  # type: ignore[method-assign]
        start(self)

    threading.Thread.start = started  # type: ignore[method-assign]
    return mode


def _rounding(run: Callable[[], None], seed: int) -> Callable[[], None]:
    def ran() -> None:
        with OtherRounding(seed):
            run()

    return ran
