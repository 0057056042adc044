"""EncoderDecoder: a Transformer of two texts, as in Attention Is All You Need.

The encoder reads the source without a mask. The decoder writes the target; in each of its blocks
the target's tokens look at one another, then at the source (cross-attention): the queries come from
the target, the keys and values from the source.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from gpt.checks import check_ids
from gpt.errors import PromptError
from gpt.nn.attention import Attention
from gpt.nn.blocks import Source
from gpt.nn.cache import KVCache
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.padding import real_tokens
from gpt.nn.recorder import Recorder
from gpt.nn.switches import DEFAULT, Resolved, Switches, by_site, resolve

SITES = ("encoder", "decoder", "cross")


class Encoder(GPT):
    """The body of a Transformer without a mask and without a head: (B, S) to states (B, S, C)."""

    def add_head(self, config: GPTConfig) -> None:
        """Add nothing: the states are what the decoder looks at."""

    def tie(self) -> None:
        """An encoder has no parts that share their numbers."""


class EncoderDecoder(GPT):
    """A Transformer that reads one text and writes another, as its `config` says.

    Call it with the target's ids (B, T) and the source's (B, S), `PADDING` after the end of a
    shorter text; it returns logits (B, T, V) of the target's next tokens.
    """

    def add_head(self, config: GPTConfig) -> None:
        """Add the encoder, and the output embedding."""
        super().add_head(config)
        self.encoder = Encoder(config.encoder)

    def tie(self) -> None:
        """As in a decoder; a vocabulary that both texts share has one embedding."""
        super().tie()
        if not self.config.source_vocab_size:
            self.encoder.wte = self.wte

    def forward(
        self,
        ids: torch.Tensor,
        switches: Switches | Mapping[str, Switches] = DEFAULT,
        recorder: Recorder | None = None,
        cache: KVCache | None = None,
        *,
        source: torch.Tensor | None = None,
        states: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Read both texts and predict, at every position of the target, its next token.

        Args:
            ids: (B, T) of the target; with a cache, only the tokens that it does not hold yet.
            switches: changes to the forward pass, by site; bare ones are the decoder's.
            recorder: receives every stage, each from `recorder.site(name)`.
            cache: keys and values of the tokens before `ids`, and of the source.
            source: (B, S) ids of the source.
            states: (B, S, C), what `encode` gave for this source; None encodes it now.

        Returns:
            Logits (B, T, V).

        Raises:
            PromptError: a text without tokens, with too many, or with an id outside its vocabulary.
            SwitchError: switches that do not fit this model or its texts.
        """
        return self.lm_head(self.read(ids, switches, recorder, cache, source=source, states=states))

    def read(
        self,
        ids: torch.Tensor,
        switches: Switches | Mapping[str, Switches] = DEFAULT,
        recorder: Recorder | None = None,
        cache: KVCache | None = None,
        *,
        source: torch.Tensor | None = None,
        states: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """`forward` without the output embedding: (B, T, C)."""
        if source is None:
            raise PromptError("this model reads two texts; give the source too")
        past = cache.length if cache is not None else 0
        check_ids(ids, past, self.config.block_size, self.config.vocab_size, self.lowest_id)
        of_site = by_site(switches, SITES)
        if states is None:
            states = self.encode(source, of_site["encoder"], at(recorder, "encoder"))
        length = past + ids.shape[1]
        rule = self.rule(of_site["decoder"], length, ids)
        looking = self.cross_rule(of_site["cross"], length, source)
        seen = Source(states, looking, at(recorder, "cross"))
        return self.through(ids, rule, at(recorder, "decoder"), cache, seen)

    def encode(
        self,
        source: torch.Tensor,
        switches: Switches = DEFAULT,
        recorder: Recorder | None = None,
    ) -> torch.Tensor:
        """What the encoder makes of the source: (B, S) ids to (B, S, C)."""
        return self.encoder.read(source, switches, recorder)

    def cross_rule(self, switches: Switches, length: int, source: torch.Tensor) -> Resolved:
        """The switches of the cross-attention made concrete: which source tokens a target sees."""
        return resolve(
            switches,
            self.config,
            length,
            source.device,
            keys=source.shape[1],
            own="none",
            real=real_tokens(source),
        )

    @property
    def sites(self) -> dict[str, list[Attention]]:
        """The attention of each site, by name, layer by layer."""
        crosses = [block.cross for block in self.blocks if block.cross is not None]
        return {
            "encoder": [block.attn for block in self.encoder.blocks],
            "decoder": [block.attn for block in self.blocks],
            "cross": crosses,
        }


def at(recorder: Recorder | None, site: str) -> Recorder | None:
    """The recorder of one attention site."""
    return None if recorder is None else recorder.site(site)
