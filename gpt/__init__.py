"""gpt: the model and everything true about it.

These few names are stable; scripts, notebooks and the pages use nothing else of the spine:
`load` a run folder, `trace` a forward pass under `Switches`, `generate` a text, `convert`
checkpoints of others to ours and back.
"""

from gpt import convert
from gpt.checkpoint import Checkpoint, load
from gpt.inspect.generate import Step, generate
from gpt.inspect.trace import Trace, trace
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.switches import Switches
from gpt.version import VERSION as __version__

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
