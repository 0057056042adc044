"""Reader: from a text to the logits after it. It reads again only what has changed.

Keys and values are cached while that is exact: no query sees a later key, and the context has
not reached `block_size`. Past it the window slides, every token moves to another position, and
the whole window is read again, as the lecture does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.inspect.ids import token_ids
from gpt.inspect.token_step import TokenStep, is_served, token_step
from gpt.nn.cache import KVCache
from gpt.nn.encoder_decoder import EncoderDecoder
from gpt.nn.model import GPT
from gpt.nn.recorder import Recorder
from gpt.nn.switches import DEFAULT, Switches, by_site, main_site, resolve

PATIENCE = 8
"""Tokens that are read one by one before the weights are put in order for it (`TokenStep`)."""


@dataclass(frozen=True)
class Reading:
    """What a model says after a text, and how much of the text it had to read for that.

    Fields:
        logits: (V,) of the next token.
        context: how many of the latest tokens the model could see (T).
        cached: how many of those had their keys and values in the cache already.
        kept_bytes: size of the keys and values kept for this context; 0 where none can be.
        number_bytes: size of one number among them.
        attended: (L, H, T) weights of the last position, as they were used; None unless asked for.
        looked_at: (L, H, S) its weights on the source's tokens; None without a source.
    """

    logits: np.ndarray
    context: int
    cached: int
    kept_bytes: int
    number_bytes: int
    attended: np.ndarray | None = None
    looked_at: np.ndarray | None = None


class Reader:
    """Reads texts in turn, and reuses the beginning that a text shares with the one before it.

    Args:
        model: put into evaluation mode if it is not.
        switches: changes to every forward pass; arrays must be as large as the largest context,
            and their top left corner is used.
        cache: keep keys and values where that is exact. The readings are the same without.
        look: keep what the last position attended to.
        source: the ids that the encoder of a model of two texts reads.

    Raises:
        PromptError: a source for a model of one text, none for a model of two, or one that it
            cannot read; a model that predicts no tokens.
    """

    def __init__(
        self,
        model: GPT,
        switches: Switches | Mapping[str, Switches] = DEFAULT,
        cache: bool = True,
        look: bool = False,
        source: Sequence[int] | None = None,
    ) -> None:
        self.model, self.look = model.eval(), look
        self.of_site = by_site(switches, model.sites)
        self.switches = self.of_site[main_site(model.sites)]
        self.device = next(model.parameters()).device
        self._source = _encoded(model, self.of_site, source)
        exact = cache and can_cache(model, self.switches)
        self._cache = KVCache(model.config, like=model.wte.weight) if exact else None
        self._held: list[int] = []
        self._served = self._cache is not None and not look and is_served(model, self.switches)
        self._step: TokenStep | None = None
        self._patience = PATIENCE

    @torch.no_grad()
    def read(self, ids: Sequence[int]) -> Reading:
        """Read a text of at least one token; a longer text is cut to its last `block_size` tokens.

        Raises:
            PromptError: no token, or an id outside the vocabulary.
            SwitchError: switches that do not fit this model or context.
        """
        context = list(ids[-self.model.config.block_size :])
        cache = self._rewound(context) if len(context) == len(ids) else None
        cached = cache.length if cache is not None else 0
        recorder = _LastRow() if self.look else None
        last = self._logits(context, cached, recorder, cache).float().cpu().numpy()
        kept = 0 if cache is None else _kept_bytes(cache)
        attended, looked_at = None, None
        if recorder is not None:
            attended = recorder.stacked(self.model.config.n_head, len(context))
            looked_at = None if recorder.cross is None else np.stack(recorder.cross.rows)
        size = self.model.wte.weight.element_size()
        return Reading(last, len(context), cached, kept, size, attended, looked_at)

    def _logits(
        self, context: list[int], cached: int, recorder: Recorder | None, cache: KVCache | None
    ) -> torch.Tensor:
        """(V,): what follows the context, of which the cache holds some."""
        known = 0 <= context[-1] < self.model.config.vocab_size  # else the model refuses it
        is_single = known and cached == len(context) - 1
        step = self._single_step() if is_single else None
        if step is not None and cache is not None:
            return step.logits(context[-1], cache)
        new = torch.tensor([context[cached:]], dtype=torch.long, device=self.device)
        read = self._read(new, self.switches.crop(len(context)), recorder, cache)
        # Of the last position alone: a large vocabulary's take as long as several layers.
        return self.model.lm_head(read[0, -1])

    def _single_step(self) -> TokenStep | None:
        """How one token is read quickly, in a text that has become long enough for it."""
        if self._served and self._step is None:
            self._patience -= 1
            self._step = token_step(self.model, is_wanted=self._patience < 0)
        return self._step

    def _read(
        self,
        new: torch.Tensor,
        switches: Switches,
        recorder: Recorder | None,
        cache: KVCache | None,
    ) -> torch.Tensor:
        """(1, T, C): one forward pass over the tokens that the cache does not hold."""
        if not isinstance(self.model, EncoderDecoder) or self._source is None:
            return self.model.read(new, switches, recorder, cache)
        source, states = self._source
        length = new.shape[1] + (0 if cache is None else cache.length)
        cross = self.of_site["cross"].crop(length, source.shape[1])
        return self.model.read(
            new,
            {"decoder": switches, "cross": cross},
            recorder,
            cache,
            source=source,
            states=states,
        )

    def _rewound(self, context: list[int]) -> KVCache | None:
        """The cache, cut back to what this context begins with; the last token is always read."""
        if self._cache is not None:
            self._cache.length = _shared(self._held[: self._cache.length], context[:-1])
            self._held = context
        return self._cache


def _encoded(
    model: GPT, switches: Mapping[str, Switches], source: Sequence[int] | None
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """The source's ids (1, S), and what the encoder makes of them (1, S, C)."""
    if model.config.is_classifier:
        raise PromptError("this model gives a text a label; it writes no tokens")
    if not isinstance(model, EncoderDecoder):
        if source is not None:
            raise PromptError("this model reads one text; leave the source out")
        return None
    if source is None:
        raise PromptError("this model reads two texts; give the source too")
    device = next(model.parameters()).device
    ids = torch.tensor([token_ids(source)], dtype=torch.long, device=device)
    with torch.no_grad():
        return ids, model.encode(ids, switches["encoder"].crop(ids.shape[1]))


def _shared(held: list[int], ids: list[int]) -> int:
    """How many tokens two texts begin with in common."""
    if held == ids[: len(held)]:  # a text that goes on, and the quick way to see it
        return len(held)
    pairs = zip(held, ids, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def can_cache(model: GPT, switches: Switches) -> bool:
    """Whether a token's keys and values stay as they are when later tokens follow it."""
    if not isinstance(switches.mask, str) or switches.weights_edit:
        return False
    return resolve(switches, model.config, 2).causal


def _kept_bytes(cache: KVCache) -> int:
    """Bytes of the positions that are filled, keys and values of every layer and head."""
    filled = cache.keys[:, :, :, : cache.length]
    return 2 * filled.numel() * filled.element_size()


class _LastRow(Recorder):
    """A recorder that keeps, layer by layer, the weights (H, T) of the last query alone."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []
        self.cross: _LastRow | None = None

    def site(self, name: str) -> Recorder:
        if name == "cross":
            self.cross = self.cross or _LastRow()
            return self.cross
        return self

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        if name == "weights":
            self.rows.append(tensor[0, :, -1].float().cpu().numpy().copy())

    def stacked(self, heads: int, length: int) -> np.ndarray:
        """(L, H, T); (0, H, T) for a bigram, which attends to nothing."""
        return np.stack(self.rows) if self.rows else np.zeros((0, heads, length), np.float32)
