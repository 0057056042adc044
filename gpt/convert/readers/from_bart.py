"""BART as Hugging Face keeps it: an encoder-decoder of post-norm blocks with learned positions."""

from __future__ import annotations

from pathlib import Path

from gpt.checkpoint import Checkpoint
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.readers.encoder_decoders import PairFamily, cut_positions, open_pair

FIRST = 2  # the row of the position embeddings that the first token reads


def bart(
    path: str | Path, text: str | Path | None = None, vocabulary: str | Path | None = None
) -> Checkpoint:
    """Read a Hugging Face folder of a BART.

    Args:
        path, text, vocabulary: as `gpt.convert.bert` takes them.

    Raises:
        ConversionError, FetchError: as `gpt.convert.bert`.
    """
    return open_checkpoint(path).checkpoint(text, vocabulary)


def open_checkpoint(path: str | Path) -> ForeignCheckpoint:
    """Recognize a Hugging Face folder of a BART, without reading the numbers of its layers.

    Raises:
        ConversionError, FetchError: as `gpt.convert.bert`.
    """
    return open_pair(path, FAMILY)


FAMILY = PairFamily(
    "bart",
    defaults={
        **{"vocab_size": 50265, "max_position_embeddings": 1024, "d_model": 1024},
        **{"encoder_layers": 12, "encoder_ffn_dim": 4096, "encoder_attention_heads": 16},
        **{"decoder_layers": 12, "decoder_ffn_dim": 4096, "decoder_attention_heads": 16},
        **{"activation_function": "gelu", "scale_embedding": False},
        **{"bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2},
    },
    fixed={
        **{"normalize_before": False, "normalize_embedding": True},
        **{"add_final_layer_norm": False, "static_position_embeddings": False},
    },
    settings={"embedding_norm": True},
    positions=lambda weights, config: cut_positions(weights, FIRST),
    predictors=("ForConditionalGeneration",),
)
