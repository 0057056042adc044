"""Switches: what a person changes about a model's forward pass, and its resolution.

`Switches` says what is wanted ("no mask"); `resolve` turns it, for one site of attention and one
context, into what the attention needs: a boolean mask, a number for the scale, the temperature.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from gpt import numerals
from gpt.checks import check_pairs, is_collection, is_number, is_whole
from gpt.errors import SwitchError
from gpt.nn import masks
from gpt.nn.config import GPTConfig
from gpt.numerals import to_text

SCALES = ("model", "head_size", "n_embd", "none")


@dataclass(frozen=True)
class Switches:
    """Changes to the forward pass; the default changes nothing.

    Fields:
        mask: "model", "causal", "none", "window:W", "prefix:P", "block:B" (see `gpt.nn.masks`), or
            a bool array (T, S), True where query i may see key j.
        scale: "model", "head_size" (1/sqrt(D)), "n_embd" (1/sqrt(C), the classic slip),
            "none" (1), or a positive number.
        temperature: divides the masked scores before the softmax.
        heads_off: {(layer, head)} whose contribution is zeroed.
        weights_edit: {(layer, head): array (T, S)} used in place of the softmax's output.
        positions_off: leave the positions out.
        mlp_off: {layer} whose feed-forward layer adds nothing.
        norm_off: leave every LayerNorm out.

    Raises:
        SwitchError: a value that fits no model; `resolve` checks the fit to one model.
    """

    mask: str | np.ndarray = "model"
    scale: str | float = "model"
    temperature: float = 1.0
    heads_off: Set[tuple[int, int]] = frozenset()
    weights_edit: Mapping[tuple[int, int], np.ndarray] = field(default_factory=dict)
    positions_off: bool = False
    mlp_off: Set[int] = frozenset()
    norm_off: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.mask, str):
            masks.parse_mask(self.mask)
        parse_scale(self.scale)
        if not (is_number(self.temperature) and self.temperature > 0):
            raise SwitchError(
                f"temperature is {to_text(self.temperature)}; choose a number above 0"
            )
        for name in ("positions_off", "norm_off"):
            if not isinstance(getattr(self, name), bool):
                raise SwitchError(f"{name} is {to_text(getattr(self, name))}; choose True or False")
        check_pairs("heads_off", self.heads_off)
        check_pairs("weights_edit", self.weights_edit)
        if not (is_collection(self.mlp_off) and all(map(is_whole, self.mlp_off))):
            raise SwitchError(f"mlp_off is {to_text(self.mlp_off)}; give layers, such as {{0, 1}}")

    @property
    def changes_attention(self) -> bool:
        """Whether mask, scale or temperature may differ from the model's own."""
        own_mask = isinstance(self.mask, str) and self.mask == "model"
        return not (own_mask and self.scale == "model" and self.temperature == 1.0)

    def crop(self, length: int, keys: int | None = None) -> Switches:
        """The same switches, with their arrays cut to the first `length` queries.

        Args:
            keys: S; None: as many as queries.
        """
        if isinstance(self.mask, str) and not self.weights_edit:
            return self
        S = length if keys is None else keys

        def top_left(name: str, array: np.ndarray) -> np.ndarray:
            if array.ndim != 2 or array.shape[0] < length or array.shape[1] < S:
                raise SwitchError(
                    f"{name} has shape {array.shape}, but the context is {length} tokens long; "
                    f"give an array of at least {length} × {S}"
                )
            return array[:length, :S]

        named = isinstance(self.mask, str)
        mask = self.mask if named else top_left("mask", np.asarray(self.mask))
        edits = {
            where: top_left("weights_edit", _numbers(weights))
            for where, weights in self.weights_edit.items()
        }
        return replace(self, mask=mask, weights_edit=edits)


@dataclass(frozen=True)
class Resolved:
    """Switches made concrete for one site of attention and one context.

    Fields:
        mask: bool tensor, True where query i may see key j; None if every query sees every key.
            (T, S), or with padding (B, 1, T, S), or (B, 1, 1, S) if only padding is hidden.
        scale: number that multiplies q · k.
        fused: whether the model's own attention is wanted, so that the fused kernel may run.
        causal: whether no query sees a later key, so that keys and values may be cached.
    """

    switches: Switches
    mask: torch.Tensor | None
    scale: float
    fused: bool
    causal: bool
    edits: Mapping[tuple[int, int], torch.Tensor]

    def visible(self, T: int) -> torch.Tensor | None:
        """(…, T, S): the keys that the latest T queries may see; None if they see every key."""
        return None if self.mask is None else self.mask[..., -T:, :]

    def heads_off(self, layer: int) -> list[int]:
        """The heads of this layer that are switched off."""
        return sorted(h for (l, h) in self.switches.heads_off if l == layer)

    def edits_of(self, layer: int) -> dict[int, torch.Tensor]:
        """By head of this layer, the weights (T, S) that stand in for the softmax's output."""
        return {head: weights for (l, head), weights in self.edits.items() if l == layer}


def main_site(sites: Collection[str]) -> str:
    """The site whose stream ends in the logits: the decoder's, or the only one."""
    return "decoder" if "decoder" in sites else next(iter(sites))


def by_site(
    switches: Switches | Mapping[str, Switches], sites: Collection[str]
) -> dict[str, Switches]:
    """The switches of each attention site of a model; a site that is not named has the defaults.

    Args:
        switches: by the name of a site; bare switches are the decoder's, or the only site's.
        sites: the names of all sites.

    Raises:
        SwitchError: a site that the model does not have.
    """
    named = {main_site(sites): switches} if isinstance(switches, Switches) else switches
    if unknown := [name for name in named if name not in sites]:
        raise SwitchError(
            f"this model has no attention site {unknown[0]!r}; its sites are {', '.join(sites)}"
        )
    return {site: named.get(site, DEFAULT) for site in sites}


def resolve(
    switches: Switches,
    config: GPTConfig,
    length: int,
    device: Any = "cpu",
    *,
    keys: int | None = None,
    own: str | None = None,
    real: torch.Tensor | None = None,
) -> Resolved:
    """Make switches concrete for one site of attention and a context of `length` queries.

    Args:
        keys: S; None: the keys are of the same tokens as the queries.
        own: the mask that "model" stands for, "causal" or "none"; None: the config's.
        real: (B, S) bool, False where a key is padding, which no query sees; None: no padding.

    Raises:
        SwitchError: a layer, head or array that this model or context does not have, or a mask
            that leaves a query nothing to see.
    """
    _check_places(switches, config)
    shape = length, length if keys is None else keys  # (T, S)
    mask = masks.matrix(switches.mask, own or config.mask, *shape)
    edits = {
        where: _edit_tensor(where, weights, shape, device)
        for where, weights in switches.weights_edit.items()
    }
    tensor = None if mask is None else torch.from_numpy(mask).to(device)
    return Resolved(
        switches=switches,
        mask=tensor if real is None else _without_padding(tensor, real, keys is None),
        scale=scale_value(switches.scale, config),
        fused=not switches.changes_attention and not edits,
        causal=not edits and masks.is_causal(switches.mask, own or config.mask, mask),
        edits=edits,
    )


def _without_padding(mask: torch.Tensor | None, real: torch.Tensor, is_self: bool) -> torch.Tensor:
    """A mask (T, S) with the padding of a batch (B, S) hidden: (B, 1, T, S).

    Without a mask (B, 1, 1, S). In self-attention a query that is padding itself sees every real
    key, whatever the mask: nothing reads its output, but its softmax needs a key.
    """
    keys = real[:, None, None, :]  # (B, S) -> (B, 1, 1, S): for every head and query
    if mask is None:
        return keys
    seen = mask & keys  # (T, S) & (B, 1, 1, S) -> (B, 1, T, S)
    if is_self:
        seen = seen | (keys & ~real[:, None, :, None])  # (B, T) -> (B, 1, T, 1): padding queries
    if not seen.any(-1).all():
        raise SwitchError("every key that some query may see is padding; let it see another key")
    return seen


def scale_value(scale: str | float, config: GPTConfig) -> float:
    """The number that multiplies q · k. Source: Attention Is All You Need, section 3.2.1."""
    named = {"head_size": config.head_size**-0.5, "n_embd": config.n_embd**-0.5, "none": 1.0}
    parsed = parse_scale(config.scale if scale == "model" else scale)
    return named[parsed] if isinstance(parsed, str) else parsed


def parse_scale(scale: str | float) -> str | float:
    """Read a scale, also as text ("0.25").

    Raises:
        SwitchError: neither a known name nor a positive finite number.
    """
    if isinstance(scale, str) and scale in SCALES:
        return scale
    try:
        number = numerals.real(scale) if isinstance(scale, str) else scale
    except ValueError:
        number = math.nan
    if not (is_number(number) and number > 0):
        got = numerals.brief(scale) if isinstance(scale, str) else to_text(scale)
        raise SwitchError(f"scale is {got}; choose one of {', '.join(SCALES)}, or a number above 0")
    return float(number)


def _numbers(weights: Any) -> np.ndarray:
    """An array in float32; empty, which fits no context, if it does not hold numbers."""
    try:
        return np.asarray(weights, dtype=np.float32)
    except (TypeError, ValueError):
        return np.zeros(0, np.float32)


def _edit_tensor(
    where: tuple[int, int], weights: np.ndarray, shape: tuple[int, int], device: Any
) -> torch.Tensor:
    array = _numbers(weights)
    if array.shape != shape or not np.isfinite(array).all():
        raise SwitchError(
            f"the edited weights of layer {where[0]}, head {where[1]} must be finite numbers of "
            f"shape {shape}; got shape {array.shape}"
        )
    return torch.from_numpy(array).to(device)


def _check_places(switches: Switches, config: GPTConfig) -> None:
    for layer, head in [*switches.heads_off, *switches.weights_edit]:
        if not (0 <= layer < config.n_layer and 0 <= head < config.n_head):
            raise SwitchError(
                f"layer {layer}, head {head} does not exist: this model has layers 0 to "
                f"{config.n_layer - 1} and heads 0 to {config.n_head - 1}"
            )
    for layer in switches.mlp_off:
        if not 0 <= layer < config.n_layer:
            raise SwitchError(
                f"layer {layer} does not exist: this model has layers 0 to {config.n_layer - 1}"
            )


DEFAULT = Switches()
