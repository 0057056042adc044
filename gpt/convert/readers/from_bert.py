"""BERT as Hugging Face keeps it: an encoder, for masked tokens, for classes, or without a head."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpt.checkpoint import Checkpoint
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.layouts.encoder_layouts import BERT
from gpt.convert.readers.encoders import EncoderFamily, open_encoder
from gpt.convert.readers.from_gpt2 import activation_of, width_settings


def bert(
    path: str | Path, text: str | Path | None = None, vocabulary: str | Path | None = None
) -> Checkpoint:
    """Read a Hugging Face folder of an encoder of BERT's shape.

    `BertForSequenceClassification` becomes a classifier with its head and labels. If the file has
    neither that head nor one for masked tokens, all logits are zero.

    Args:
        path: the folder, or its name on Hugging Face if there is a network.
        text, vocabulary: where the vocabulary is, if the folder has no tokenizer files; see
            `gpt.convert.vocabulary.vocabularies.find`.

    Raises:
        ConversionError: a file is missing, truncated or foreign, or the files do not fit each
            other; the message names what is wrong.
        FetchError: it could not be downloaded.
    """
    return open_checkpoint(path).checkpoint(text, vocabulary)


def open_checkpoint(path: str | Path) -> ForeignCheckpoint:
    """Recognize a Hugging Face folder of such an encoder, without reading its numbers.

    Raises:
        ConversionError, FetchError: as `bert`.
    """
    return open_encoder(path, FAMILY)


def settings(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of ours that config.json has for a BERT or a RoBERTa."""
    return {
        "block_size": raw.get("max_position_embeddings"),
        "vocab_size": raw.get("vocab_size"),
        "n_layer": raw.get("num_hidden_layers"),
        "n_head": raw.get("num_attention_heads"),
        "n_embd": raw.get("hidden_size"),
        "activation": activation_of(raw.get("hidden_act", "gelu")),
        "norm_epsilon": raw.get("layer_norm_eps", 1e-12),
        **width_settings(raw.get("intermediate_size", 3072), raw.get("hidden_size")),
    }


FAMILY = EncoderFamily("bert", BERT, settings, pool_activation="tanh")
