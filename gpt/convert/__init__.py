"""Checkpoints of others: GPT-2 and BERT (Hugging Face), nanoGPT and the lecture in; GPT-2 and
nanoGPT out.

Each reading function returns a `Checkpoint`; `save` writes it as a run folder, which every page
opens. Nothing is unpickled, and the sizes in a file are checked before memory is taken.
"""

from gpt.convert.as_gpt2 import to_gpt2
from gpt.convert.as_nanogpt import to_nanogpt
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.from_bert import bert
from gpt.convert.from_gpt2 import gpt2
from gpt.convert.from_lecture import lecture
from gpt.convert.from_nanogpt import nanogpt
from gpt.convert.recognize import recognize
from gpt.convert.result import save

__all__ = [
    "ForeignCheckpoint",
    "bert",
    "gpt2",
    "lecture",
    "nanogpt",
    "recognize",
    "save",
    "to_gpt2",
    "to_nanogpt",
]
