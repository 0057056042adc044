"""An encoder and an encoder-decoder out of PyTorch's own Transformer layers, to set ours beside."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from gpt.nn.config import GPTConfig
from gpt.nn.padding import PADDING


def build(config: GPTConfig) -> nn.Module:
    """A model of the sizes that `config` has, out of PyTorch's layers."""
    return TorchClassifier(config) if config.is_classifier else TorchTranslator(config)


def _layer_settings(config: GPTConfig) -> dict[str, Any]:
    return dict(
        d_model=config.n_embd,
        nhead=config.n_head,
        dim_feedforward=config.mlp_width,
        dropout=config.dropout,
        activation=config.activation,
        batch_first=True,
        norm_first=config.norm == "pre",
    )


class Embedding(nn.Module):
    """Token and learned position embedding: (B, T) ids to (B, T, C)."""

    def __init__(self, vocab_size: int, block_size: int, config: GPTConfig) -> None:
        super().__init__()
        self.wte = nn.Embedding(vocab_size, config.n_embd)
        self.wpe = nn.Embedding(block_size, config.n_embd)
        self.drop = nn.Dropout(config.dropout)
        for table in (self.wte, self.wpe):  # a translator's output embedding too
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(B, T) to (B, T, C)."""
        places = torch.arange(ids.shape[1], device=ids.device)
        return self.drop(self.wte(ids.clamp(min=0)) + self.wpe(places))


class TorchClassifier(nn.Module):
    """nn.TransformerEncoder, the mean of its states, and a matrix: (B, T) to (B, K)."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.embedding = Embedding(config.vocab_size, config.block_size, config)
        layer = nn.TransformerEncoderLayer(**_layer_settings(config))
        self.blocks = nn.TransformerEncoder(layer, config.n_layer, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(config.n_embd)
        self.head = nn.Linear(config.n_embd, config.n_class)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B, K)."""
        hidden = ids == PADDING
        x = self.norm(self.blocks(self.embedding(ids), src_key_padding_mask=hidden))
        x = x.masked_fill(hidden[..., None], 0)
        return self.head(x.sum(1) / (~hidden).sum(1, keepdim=True))


class TorchTranslator(nn.Module):
    """nn.Transformer with one embedding for both texts and the output: to (B, T, V)."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.embedding = Embedding(config.vocab_size, config.block_size, config)
        self.transformer = nn.Transformer(
            num_encoder_layers=config.n_encoder_layer,
            num_decoder_layers=config.n_layer,
            **_layer_settings(config),
        )

    def forward(self, ids: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
        """Logits (B, T, V)."""
        T = ids.shape[1]
        later = torch.triu(torch.ones(T, T, dtype=torch.bool, device=ids.device), 1)
        x = self.transformer(
            self.embedding(source),
            self.embedding(ids),
            tgt_mask=later,
            tgt_is_causal=True,
            src_key_padding_mask=source == PADDING,
            tgt_key_padding_mask=ids == PADDING,
            memory_key_padding_mask=source == PADDING,
        )
        return x @ self.embedding.wte.weight.T
