"""Where a run computes, and in which precision."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import torch

from gpt.errors import ConfigError
from gpt.training.settings import TrainingConfig


@dataclass(frozen=True)
class Device:
    """A device and the precision of its matrix products.

    Fields:
        name: "cpu", "cuda" or "mps".
        bfloat16: whether the forward pass runs under bfloat16 autocast.
    """

    name: str
    bfloat16: bool

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """The context in which the forward pass runs."""
        if not self.bfloat16:
            return contextlib.nullcontext()
        return torch.autocast(self.name, torch.bfloat16)


def on_this_machine() -> list[str]:
    """The kinds of device that there are here, in the order in which they are chosen."""
    has = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    return [name for name, there in has.items() if there]


def described(name: str) -> str:
    """A device in words."""
    if name == "cuda":
        return f"GPU: {torch.cuda.get_device_name()}"
    threads = torch.get_num_threads()
    words = "1 thread" if threads == 1 else f"{threads} threads"
    return "Apple’s GPU, by Metal" if name == "mps" else f"CPU, {words}"


def choose(config: TrainingConfig) -> Device:
    """The device and precision that a config asks for.

    Raises:
        ConfigError: a device that this machine does not have.
    """
    here, name = on_this_machine(), config.device
    if name == "auto":
        name = here[0]
    if name not in here:
        raise ConfigError(f"device {name!r} is not on this machine; choose 'auto' or 'cpu'")
    wanted = config.dtype == "bfloat16" or (config.dtype == "auto" and _has_bfloat16(name))
    return Device(name, wanted)


def _has_bfloat16(name: str) -> bool:
    if name == "cuda":
        return torch.cuda.is_bf16_supported()
    return name == "cpu" and bool(
        torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    )
