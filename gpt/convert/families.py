"""The families of checkpoints that are read here: what each is, and what reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.readers import (
    from_bart,
    from_bert,
    from_distilbert,
    from_gpt2,
    from_lecture,
    from_marian,
    from_nanogpt,
    from_roberta,
)


@dataclass(frozen=True)
class Family:
    """One family.

    Fields:
        words: what it is, for a person.
        usage: what the command takes as its path.
        open_checkpoint: recognizes one, without reading its numbers.
        is_hugging_face: whether it is kept as a Hugging Face folder.
        tensor: a part of a tensor's name that only this family has, if there is one. Without it,
            config.json has to name the family.
    """

    words: str
    usage: str
    open_checkpoint: Callable[..., ForeignCheckpoint]
    is_hugging_face: bool = False
    tensor: str | None = None


FAMILIES = {
    "gpt2": Family(
        "GPT-2, as Hugging Face keeps it",
        "a Hugging Face folder of GPT-2 (or its name there, with a network: gpt2, distilgpt2)",
        from_gpt2.open_checkpoint,
        is_hugging_face=True,
        tensor="wte.weight",
    ),
    "bert": Family(
        "an encoder of BERT's shape, as Hugging Face keeps it",
        "the same of an encoder of BERT's shape, for classes or to be looked at",
        from_bert.open_checkpoint,
        is_hugging_face=True,
        tensor="attention.self.query",
    ),
    "distilbert": Family(
        "DistilBERT, as Hugging Face keeps it",
        "the same of a DistilBERT",
        from_distilbert.open_checkpoint,
        is_hugging_face=True,
        tensor="attention.q_lin",
    ),
    "roberta": Family(
        "RoBERTa, as Hugging Face keeps it",
        "the same of a RoBERTa",
        from_roberta.open_checkpoint,
        is_hugging_face=True,
    ),
    "marian": Family(
        "Marian, a translator, as Hugging Face keeps it",
        "the same of a Marian, which translates (Helsinki-NLP/opus-mt-fr-en)",
        from_marian.open_checkpoint,
        is_hugging_face=True,
    ),
    "bart": Family(
        "BART, an encoder-decoder, as Hugging Face keeps it",
        "the same of a BART",
        from_bart.open_checkpoint,
        is_hugging_face=True,
        tensor="layernorm_embedding",
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

HUGGING_FACE = [name for name, family in FAMILIES.items() if family.is_hugging_face]
"""The families that are kept as Hugging Face folders."""
TENSORS = {name: family.tensor for name, family in FAMILIES.items() if family.tensor}
"""The tensor that tells a family, where config.json does not name it."""
