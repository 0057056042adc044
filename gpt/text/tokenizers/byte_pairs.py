"""Byte-level BPE trained on a text, as GPT-2's was, through the `tokenizers` library."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from gpt.errors import TokenizerError
from gpt.text.huggingface import HuggingFaceTokenizer

LEAST = 256


def train(text: str | Iterable[str], vocab_size: int) -> HuggingFaceTokenizer:
    """Learn merges of bytes, the most frequent pair first. Source: Sennrich et al. (2016).

    Words are cut as GPT-2 cuts them, so that no token spans two.

    Args:
        text: all of it, or its pieces.
        vocab_size: V, from 256, the bytes; a short text may run out of pairs before.

    Raises:
        TokenizerError: a size that is too small.
    """
    if vocab_size < LEAST:
        raise TokenizerError(
            f"a byte-level BPE vocabulary of {vocab_size:,} is too small: the 256 bytes are in it"
        )
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    library.train_from_iterator([text] if isinstance(text, str) else text, trainer)
    return HuggingFaceTokenizer(json.loads(library.to_str()))
