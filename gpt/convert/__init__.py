"""Checkpoints of others: GPT-2, BERT and its kin, BART and Marian (Hugging Face), nanoGPT and the
lecture in; GPT-2, nanoGPT and PyTorch's own Transformer out.

Each reading function returns a `Checkpoint`; `save` writes it as a run folder, which every page
opens. Nothing is unpickled, and the sizes in a file are checked before memory is taken.
"""

from gpt.convert.exports.as_gpt2 import to_gpt2
from gpt.convert.exports.as_nanogpt import to_nanogpt
from gpt.convert.exports.as_torch import to_torch
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.readers.from_bart import bart
from gpt.convert.readers.from_bert import bert
from gpt.convert.readers.from_distilbert import distilbert
from gpt.convert.readers.from_gpt2 import gpt2
from gpt.convert.readers.from_lecture import lecture
from gpt.convert.readers.from_marian import marian
from gpt.convert.readers.from_nanogpt import nanogpt
from gpt.convert.readers.from_roberta import roberta
from gpt.convert.recognize import recognize
from gpt.convert.result import save

__all__ = [
    "ForeignCheckpoint",
    "bart",
    "bert",
    "distilbert",
    "gpt2",
    "lecture",
    "marian",
    "nanogpt",
    "recognize",
    "roberta",
    "save",
    "to_gpt2",
    "to_nanogpt",
    "to_torch",
]
