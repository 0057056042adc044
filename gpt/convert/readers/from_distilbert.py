"""DistilBERT as Hugging Face keeps it: BERT's shape without segments, under names of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpt.checkpoint import Checkpoint
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.layouts.encoder_layouts import DISTILBERT
from gpt.convert.readers.encoders import EncoderFamily, open_encoder
from gpt.convert.readers.from_gpt2 import activation_of, width_settings


def distilbert(
    path: str | Path, text: str | Path | None = None, vocabulary: str | Path | None = None
) -> Checkpoint:
    """Read a Hugging Face folder of a DistilBERT: for masked tokens, for classes, or without head.

    Args:
        path, text, vocabulary: as `gpt.convert.bert` takes them.

    Raises:
        ConversionError, FetchError: as `gpt.convert.bert`.
    """
    return open_checkpoint(path).checkpoint(text, vocabulary)


def open_checkpoint(path: str | Path) -> ForeignCheckpoint:
    """Recognize a Hugging Face folder of a DistilBERT, without reading its numbers.

    Raises:
        ConversionError, FetchError: as `gpt.convert.bert`.
    """
    return open_encoder(path, FAMILY)


def _settings(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "block_size": raw.get("max_position_embeddings", 512),
        "vocab_size": raw.get("vocab_size"),
        "n_layer": raw.get("n_layers", 6),
        "n_head": raw.get("n_heads", 12),
        "n_embd": raw.get("dim", 768),
        "activation": activation_of(raw.get("activation", "gelu")),
        "norm_epsilon": 1e-12,  # written into its code
        **width_settings(raw.get("hidden_dim", 3072), raw.get("dim", 768)),
    }


FAMILY = EncoderFamily("distilbert", DISTILBERT, _settings, pool_activation="relu")
