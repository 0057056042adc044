"""gpt: the model and everything true about it.

These few names are stable; scripts, notebooks and the pages use nothing else of the spine:
`load` a run folder, `trace` a forward pass under `Switches`, `generate` or `translate` a text,
`classify` one, `convert` checkpoints of others to ours and back.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gpt.importing import alone
from gpt.version import VERSION as __version__

if TYPE_CHECKING:
    from gpt import convert
    from gpt.checkpoint import Checkpoint, load
    from gpt.inspect.classifying import classify
    from gpt.inspect.generation import Step, generate
    from gpt.inspect.trace import Trace, trace
    from gpt.inspect.translating import translate
    from gpt.nn.config import GPTConfig
    from gpt.nn.model import GPT
    from gpt.nn.switches import Switches

__all__ = [
    "GPT",
    "Checkpoint",
    "GPTConfig",
    "Step",
    "Switches",
    "Trace",
    "__version__",
    "classify",
    "convert",
    "generate",
    "load",
    "trace",
    "translate",
]

HOMES = {
    "GPT": "gpt.nn.model",
    "Checkpoint": "gpt.checkpoint",
    "GPTConfig": "gpt.nn.config",
    "Step": "gpt.inspect.generation",
    "Switches": "gpt.nn.switches",
    "Trace": "gpt.inspect.trace",
    "classify": "gpt.inspect.classifying",
    "generate": "gpt.inspect.generation",
    "load": "gpt.checkpoint",
    "trace": "gpt.inspect.trace",
    "translate": "gpt.inspect.translating",
}
"""The modules that define these names."""


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: `import gpt` alone does not wait for torch."""
    if name not in HOMES and name != "convert":
        raise AttributeError(f"module 'gpt' has no attribute {name!r}")
    with alone():
        if name == "convert":
            return import_module("gpt.convert")
        value = getattr(import_module(HOMES[name]), name)
    globals()[name] = value
    return value
