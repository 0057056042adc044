"""Reader: from a text to the logits after it. It reads again only what has changed.

Keys and values are cached while that is exact: no query sees a later key, and the context has
not reached `block_size`. Past it the window slides, every token moves to another position, and
the whole window is read again, as the lecture does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import torch

from gpt.nn.cache import KVCache
from gpt.nn.model import GPT
from gpt.nn.recorder import Recorder
from gpt.nn.switches import DEFAULT, Switches, resolve


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
    """

    logits: np.ndarray
    context: int
    cached: int
    kept_bytes: int
    number_bytes: int
    attended: np.ndarray | None = None


class Reader:
    """Reads texts in turn, and reuses the beginning that a text shares with the one before it.

    Args:
        model: put into evaluation mode if it is not.
        switches: changes to every forward pass; arrays must be as large as the largest context,
            and their top left corner is used.
        cache: keep keys and values where that is exact. The readings are the same without.
        look: keep what the last position attended to.
    """

    def __init__(
        self, model: GPT, switches: Switches = DEFAULT, cache: bool = True, look: bool = False
    ) -> None:
        self.model, self.switches, self.look = model.eval(), switches, look
        self.device = next(model.parameters()).device
        exact = cache and can_cache(model, switches)
        self._cache = KVCache(model.config, like=model.wte.weight) if exact else None
        self._held: list[int] = []

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
        new = torch.tensor([context[cached:]], dtype=torch.long, device=self.device)
        read = self.model.read(new, self.switches.crop(len(context)), recorder, cache)
        kept = 0 if cache is None else _kept_bytes(cache)
        attended = None
        if recorder is not None:
            attended = recorder.stacked(self.model.config.n_head, len(context))
        # Of the last position alone: a large vocabulary's take as long as several layers.
        last = self.model.lm_head(read[0, -1]).float().cpu().numpy()
        size = self.model.wte.weight.element_size()
        return Reading(last, len(context), cached, kept, size, attended)

    def _rewound(self, context: list[int]) -> KVCache | None:
        """The cache, cut back to what this context begins with; the last token is always read."""
        if self._cache is not None:
            pairs = zip(self._held[: self._cache.length], context[:-1], strict=False)
            self._cache.length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
            self._held = context
        return self._cache


def can_cache(model: GPT, switches: Switches) -> bool:
    """Whether a token's keys and values stay as they are when later tokens follow it."""
    if not isinstance(switches.mask, str) or switches.weights_edit:
        return False
    return resolve(switches, model.config, 2).causal


def _kept_bytes(cache: KVCache) -> int:
    """Bytes of the positions that are filled, keys and values of every layer and head."""
    filled = cache.keys[:, :, : cache.length]
    return 2 * filled.numel() * filled.element_size()


class _LastRow(Recorder):
    """A recorder that keeps, layer by layer, the weights (H, T) of the last query alone."""

    def __init__(self) -> None:
        self.rows: list[np.ndarray] = []

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        if name == "weights":
            self.rows.append(tensor[0, :, -1].float().cpu().numpy().copy())

    def stacked(self, heads: int, length: int) -> np.ndarray:
        """(L, H, T); (0, H, T) for a bigram, which attends to nothing."""
        return np.stack(self.rows) if self.rows else np.zeros((0, heads, length), np.float32)
