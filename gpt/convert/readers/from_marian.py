"""Marian as Hugging Face keeps it: an encoder-decoder that translates, `Helsinki-NLP/opus-mt-*`.

Its positions are fixed: all sines, then all cosines. A model of ours has the two in turn, so they
become a table, which is read like learned positions.
"""

from __future__ import annotations

from pathlib import Path

import torch

from gpt.checkpoint import Checkpoint
from gpt.convert.files.weights import Weights
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.layouts.pair_layouts import POSITIONS
from gpt.convert.readers.encoder_decoders import PairFamily, open_pair
from gpt.nn.config import GPTConfig

PADDING = 58100


def marian(
    path: str | Path, text: str | Path | None = None, vocabulary: str | Path | None = None
) -> Checkpoint:
    """Read a Hugging Face folder of a Marian, with source.spm, target.spm and vocab.json.

    Args:
        path, text, vocabulary: as `gpt.convert.bert` takes them.

    Raises:
        ConversionError, FetchError: as `gpt.convert.bert`.
    """
    return open_checkpoint(path).checkpoint(text, vocabulary)


def open_checkpoint(path: str | Path) -> ForeignCheckpoint:
    """Recognize a Hugging Face folder of a Marian, without reading the numbers of its layers.

    Raises:
        ConversionError, FetchError: as `gpt.convert.bert`.
    """
    return open_pair(path, FAMILY)


def position_table(length: int, channels: int) -> torch.Tensor:
    """(length, channels): the sines of all wavelengths, then the cosines. Source: Marian (2018)."""
    wavelengths = 10000 ** (torch.arange(0, channels, 2, dtype=torch.float64) / channels)
    angles = torch.arange(length, dtype=torch.float64)[:, None] / wavelengths
    return torch.cat((angles.sin(), angles.cos()), 1)[:, :channels].float()


def _positions(weights: Weights, config: GPTConfig) -> Weights:
    """The weights with each side's table, which files leave out because it can be computed."""
    shape = (config.block_size, config.n_embd)
    for name in POSITIONS.values():
        if name not in weights.shapes:
            weights = weights.with_tensor(name, shape, lambda: position_table(*shape))
    return weights


FAMILY = PairFamily(
    "marian",
    defaults={
        **{"vocab_size": 58101, "max_position_embeddings": 1024, "d_model": 1024},
        **{"encoder_layers": 12, "encoder_ffn_dim": 4096, "encoder_attention_heads": 16},
        **{"decoder_layers": 12, "decoder_ffn_dim": 4096, "decoder_attention_heads": 16},
        **{"activation_function": "gelu", "scale_embedding": False},
        **{"pad_token_id": PADDING, "eos_token_id": 0, "decoder_start_token_id": PADDING},
    },
    fixed={
        **{"normalize_before": False, "normalize_embedding": False},
        **{"add_final_layer_norm": False, "static_position_embeddings": True},
    },
    settings={},
    positions=_positions,
    predictors=("MTModel",),
)
