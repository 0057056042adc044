"""GPT: the decoder, from token ids to the logits of every next token.

Without its mask it is an encoder. `gpt.nn.classifier` gives it another head, and
`gpt.nn.encoder_decoder` makes two of them one model. Parameters carry GPT-2's names where GPT-2
has them: wte, wpe, h.0 … h.11, ln_f, lm_head.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import nn

from gpt.checks import check_ids
from gpt.nn.attention import Attention
from gpt.nn.bigram import PassOn
from gpt.nn.blocks import Block, HeadTransform, Source
from gpt.nn.cache import KVCache
from gpt.nn.config import GPTConfig
from gpt.nn.dropout import Dropout
from gpt.nn.initialize import initialize
from gpt.nn.norms import norm
from gpt.nn.padding import PADDING, real_tokens
from gpt.nn.positions import sinusoids
from gpt.nn.recorder import Recorder
from gpt.nn.switches import DEFAULT, Resolved, Switches, resolve


class GPT(nn.Module):
    """A Transformer of one text, as its `config` says.

    Call it with ids (B, T), T at most `block_size`; it returns logits (B, T, V), always for
    every position.
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        pads = config.kind != "decoder" or config.is_classifier
        self.lowest_id = PADDING if pads else 0
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = (
            nn.Embedding(config.block_size, config.n_embd) if config.position == "learned" else None
        )
        self.ln_e = norm(config) if config.embedding_norm else None
        self.drop = Dropout(config.dropout)
        self.h = nn.ModuleList(Block(config, layer) for layer in range(config.n_layer))
        self.ln_f = norm(config) if config.norm == "pre" else None
        self.transform = HeadTransform(config) if config.head_transform else None
        self.add_head(config)
        self.tie()
        if not self.wte.weight.is_meta:  # a shape alone has no numbers to draw
            initialize(self, config)

    def add_head(self, config: GPTConfig) -> None:
        """Add what follows the blocks: here the output embedding."""
        self.lm_head = _output_embedding(config)

    def tie(self) -> None:
        """Let parts that share their numbers share them: the output and the token embedding."""
        if self.config.tie_weights and isinstance(self.lm_head, nn.Linear):
            self.lm_head.weight = self.wte.weight

    def forward(
        self,
        ids: torch.Tensor,
        switches: Switches = DEFAULT,
        recorder: Recorder | None = None,
        cache: KVCache | None = None,
    ) -> torch.Tensor:
        """Read tokens and predict, at every position, the next one.

        Args:
            ids: (B, T) token ids; with a cache, only the tokens that it does not hold yet.
            switches: changes to the forward pass.
            recorder: receives every stage; None runs the fused attention.
            cache: keys and values of the tokens before `ids`; extended in place.

        Returns:
            Logits (B, T, V).

        Raises:
            PromptError: no token, too many tokens, or an id outside the vocabulary.
            SwitchError: switches that do not fit this model or context.
        """
        return self.lm_head(self.read(ids, switches, recorder, cache))

    def read(
        self,
        ids: torch.Tensor,
        switches: Switches = DEFAULT,
        recorder: Recorder | None = None,
        cache: KVCache | None = None,
    ) -> torch.Tensor:
        """`forward` without the output embedding, which turns (B, T, C) into logits."""
        past = cache.length if cache is not None else 0
        check_ids(ids, past, self.config.block_size, self.config.vocab_size, self.lowest_id)
        rule = self.rule(switches, past + ids.shape[1], ids)
        return self.through(ids, rule, recorder, cache)

    def through(
        self,
        ids: torch.Tensor,
        rule: Resolved,
        recorder: Recorder | None,
        cache: KVCache | None = None,
        source: Source | None = None,
    ) -> torch.Tensor:
        """From ids (B, T) through the embeddings and the blocks, (B, T, C)."""
        past, switches = 0 if cache is None else cache.length, rule.switches
        x = self._embed(ids.clamp(min=0), past, rule, recorder)  # padding as any token: unseen
        for block in self.blocks:
            x = block(x, rule, recorder, cache, source)
        if cache is not None:
            cache.length += ids.shape[1]
        if self.ln_f is not None and not switches.norm_off:
            x = self.ln_f(x)
        if self.transform is not None:
            x = self.transform(x, switches.norm_off)
        return x

    def rule(self, switches: Switches, length: int, ids: torch.Tensor) -> Resolved:
        """The switches made concrete for this model and a context of `length` tokens.

        Args:
            ids: (B, T) what is read now, with padding where texts of a batch are shorter.
        """
        real = real_tokens(ids) if self.lowest_id == PADDING and length == ids.shape[1] else None
        return resolve(switches, self.config, length, ids.device, real=real)

    @property
    def blocks(self) -> list[Block]:
        """The L blocks, first to last."""
        return [cast(Block, block) for block in self.h]

    @property
    def sites(self) -> dict[str, list[Attention]]:
        """The attention of each site, by name, layer by layer."""
        return {self.config.kind: [block.attn for block in self.blocks]}

    @property
    def n_parameters(self) -> int:
        """Number of parameters, tied ones once."""
        return sum(p.numel() for p in self.parameters())

    def _embed(
        self, ids: torch.Tensor, past: int, rule: Resolved, recorder: Recorder | None
    ) -> torch.Tensor:
        tokens = self.wte(ids)  # (B, T, C)
        if self.config.scale_embeddings or self.config.position == "sinusoidal":
            tokens = tokens * math.sqrt(self.config.n_embd)  # the paper, section 3.4
        positions = None
        if not rule.switches.positions_off:
            positions = self.positions(past, ids.shape[1], tokens)
        x = tokens if positions is None else tokens + positions
        if self.ln_e is not None and not rule.switches.norm_off:
            x = self.ln_e(x)
        x = self.drop(x)
        if recorder is not None:
            added = torch.zeros_like(tokens[0]) if positions is None else positions
            recorder.record("token_embedding", None, tokens)
            recorder.record("position_embedding", None, added[None])  # (T, C) -> (1, T, C)
            recorder.record("residual", None, x)
        return x

    def positions(self, past: int, length: int, like: torch.Tensor) -> torch.Tensor | None:
        """(T, C) to be added to the embeddings of `length` tokens after `past`; None adds none."""
        if self.wpe is not None:
            return self.wpe(torch.arange(past, past + length, device=like.device))
        if self.config.position == "sinusoidal":
            return sinusoids(past + length, self.config.n_embd)[past:].to(like)
        return None


def _output_embedding(config: GPTConfig) -> nn.Linear | PassOn:
    """From channels to logits; without blocks, the channels are the logits."""
    if config.n_layer == 0:
        return PassOn(config.vocab_size)
    return nn.Linear(config.n_embd, config.vocab_size, bias=config.head_bias)
