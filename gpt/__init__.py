"""gpt: the model and everything true about it.

These few names are stable; scripts, notebooks and the pages use nothing else of the spine:
`load` a run folder, `trace` a forward pass under `Switches`, `generate` a text, `convert`
checkpoints of others to ours and back.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gpt.checkpoint import Checkpoint, load
from gpt.inspect.generation import Step, generate
from gpt.inspect.trace import Trace, trace
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.switches import Switches
from gpt.version import VERSION as __version__

if TYPE_CHECKING:
    from gpt import convert

__all__ = [
    "GPT",
    "Checkpoint",
    "GPTConfig",
    "Step",
    "Switches",
    "Trace",
    "__version__",
    "convert",
    "generate",
    "load",
    "trace",
]


def __getattr__(name: str) -> Any:
    """`gpt.convert` stands on libraries that few need, so it is imported when it is first used."""
    if name == "convert":
        return import_module("gpt.convert")
    raise AttributeError(f"module 'gpt' has no attribute {name!r}")
