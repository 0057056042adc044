"""The families of checkpoints that are read here: what each is, and what reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gpt.convert import from_bert, from_gpt2, from_lecture, from_nanogpt
from gpt.convert.foreign import ForeignCheckpoint


@dataclass(frozen=True)
class Family:
    """One family.

    Fields:
        words: what it is, for a person.
        usage: what the command takes as its path.
        open_checkpoint: recognizes one, without reading its numbers.
        tensor: a part of a tensor's name that only this family has; None for a family that is not
            kept as a Hugging Face folder.
    """

    words: str
    usage: str
    open_checkpoint: Callable[..., ForeignCheckpoint]
    tensor: str | None = None


FAMILIES = {
    "gpt2": Family(
        "GPT-2, as Hugging Face keeps it",
        "a Hugging Face folder of GPT-2 (or its name there, with a network: gpt2, distilgpt2)",
        from_gpt2.open_checkpoint,
        "wte.weight",
    ),
    "bert": Family(
        "an encoder of BERT's shape, as Hugging Face keeps it",
        "the same of an encoder of BERT's shape, to be looked at",
        from_bert.open_checkpoint,
        from_bert.WORDS,
    ),
    "nanogpt": Family(
        "nanoGPT's ckpt.pt",
        "ckpt.pt; with --text or --vocabulary, for its meta.pkl is not read",
        from_nanogpt.open_checkpoint,
    ),
    "lecture": Family(
        "a model of the lecture",
        "a state_dict of the lecture's gpt.py or bigram.py; with --text or --vocabulary",
        from_lecture.open_checkpoint,
    ),
}

TENSORS = {name: family.tensor for name, family in FAMILIES.items() if family.tensor}
"""The families that are kept as Hugging Face folders, and the tensor that tells each."""
