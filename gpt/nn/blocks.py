"""Block: attention, then the feed-forward layer, each with its norm and its skip connection."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from gpt.nn.attention import Attention
from gpt.nn.cache import KVCache
from gpt.nn.config import GPTConfig
from gpt.nn.dropout import Dropout
from gpt.nn.norms import Norm, norm
from gpt.nn.recorder import Recorder
from gpt.nn.switches import Resolved


def activate(x: torch.Tensor, activation: str) -> torch.Tensor:
    """Apply one of the activations that `GPTConfig` names, elementwise.

    `squared_relu` is from Primer (So et al., 2021); `gelu_tanh` is GPT-2's approximation;
    `silu` is Marian's.
    """
    if activation == "relu":
        return F.relu(x)
    if activation == "squared_relu":
        return F.relu(x).square()
    if activation == "silu":
        return F.silu(x)
    if activation == "tanh":
        return x.tanh()
    return F.gelu(x, approximate="tanh" if activation == "gelu_tanh" else "none")


class MLP(nn.Module):
    """The feed-forward layer: each position by itself, C to mlp_ratio × C and back.

    Without a projection it stays C wide, and the activation is the last that is done.
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.activation = config.activation
        self.fc = nn.Linear(config.n_embd, config.mlp_width, bias=config.bias)
        self.proj = (
            nn.Linear(config.mlp_width, config.n_embd, bias=config.bias)
            if config.projection
            else None
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, C) to (B, T, C)."""
        inner = activate(self.fc(x), self.activation)  # (B, T, C) -> (B, T, mlp_width)
        return inner if self.proj is None else self.proj(inner)  # (B, T, mlp_width) -> (B, T, C)


@dataclass(frozen=True)
class Source:
    """What the blocks of a decoder see of the source.

    Fields:
        states: (B, S, C), what the encoder made of the source's tokens.
        rule: how the decoder's queries may look at them.
        recorder: of the cross-attention; None if nobody looks inside.
    """

    states: torch.Tensor
    rule: Resolved
    recorder: Recorder | None = None


class HeadTransform(nn.Module):
    """What BERT puts between its last block and the output embedding, each position by itself.

    Source: BERT (Devlin et al., 2018), masked language model, as its published code has it.
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.activation = config.activation
        self.fc = nn.Linear(config.n_embd, config.n_embd, bias=config.bias)
        self.ln = norm(config)

    def forward(self, x: torch.Tensor, norm_off: bool = False) -> torch.Tensor:
        """(B, T, C) to (B, T, C)."""
        x = activate(self.fc(x), self.activation)
        return x if norm_off else self.ln(x)


class Block(nn.Module):
    """One layer: communication (attention), then computation (MLP). Lecture, 1:24:25.

    The decoder of an encoder-decoder looks at the source in between (cross-attention).
    """

    def __init__(self, config: GPTConfig, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.norm, self.skip = config.norm, config.skip
        has_norm = config.norm != "none"
        self.ln_1 = norm(config) if has_norm else None
        self.attn = Attention(config, layer)
        crossed = config.n_encoder_layer > 0
        self.ln_cross = norm(config) if has_norm and crossed else None
        self.cross = Attention(config, layer) if crossed else None
        self.ln_2 = norm(config) if has_norm and config.feed_forward else None
        self.mlp = MLP(config) if config.feed_forward else None
        self.drop = Dropout(config.dropout)

    def forward(
        self,
        x: torch.Tensor,
        rule: Resolved,
        recorder: Recorder | None = None,
        cache: KVCache | None = None,
        source: Source | None = None,
    ) -> torch.Tensor:
        """(B, T, C) to (B, T, C)."""
        normed = self._before(self.ln_1, x, rule)  # (B, T, C)
        attended = self.attn(normed, rule, recorder, cache)  # (B, T, C): tokens talk
        x = self._join(x, attended, self.ln_1, rule)
        if recorder is not None:
            recorder.record("attention_in", self.layer, normed)
            recorder.record("attention_out", self.layer, attended)
            recorder.record("residual", self.layer, x)
        if self.cross is not None and source is not None:
            x = self._look_at(source, x, rule, recorder, cache)
        if self.mlp is not None:
            out = self.mlp(self._before(self.ln_2, x, rule))  # (B, T, C): each token thinks
            if self.layer in rule.switches.mlp_off:
                out = torch.zeros_like(out)
            x = self._join(x, out, self.ln_2, rule)
        if recorder is not None:
            recorder.record("mlp_out", self.layer, torch.zeros_like(x) if self.mlp is None else out)
            recorder.record("residual", self.layer, x)
        return x

    def _look_at(
        self,
        source: Source,
        x: torch.Tensor,
        rule: Resolved,
        recorder: Recorder | None,
        cache: KVCache | None,
    ) -> torch.Tensor:
        """Cross-attention: queries from the target x, keys and values from the source."""
        assert self.cross is not None
        normed = self._before(self.ln_cross, x, rule)  # (B, T, C)
        y, recorder_of_cross = source.states, source.recorder  # (B, S, C)
        attended = self.cross(normed, source.rule, recorder_of_cross, cache, y=y)  # (B, T, C)
        x = self._join(x, attended, self.ln_cross, rule)
        if recorder_of_cross is not None:
            recorder_of_cross.record("attention_in", self.layer, normed)
            recorder_of_cross.record("keys_in", self.layer, y)
            recorder_of_cross.record("attention_out", self.layer, attended)
        if recorder is not None:
            recorder.record("residual", self.layer, x)
        return x

    def _before(self, ln: Norm | None, x: torch.Tensor, rule: Resolved) -> torch.Tensor:
        if ln is None or self.norm != "pre" or rule.switches.norm_off:
            return x
        return ln(x)

    def _join(
        self, x: torch.Tensor, branch: torch.Tensor, ln: Norm | None, rule: Resolved
    ) -> torch.Tensor:
        x = x + self.drop(branch) if self.skip else self.drop(branch)
        if ln is None or self.norm != "post" or rule.switches.norm_off:
            return x
        return ln(x)
