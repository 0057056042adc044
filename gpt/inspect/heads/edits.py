"""Edits of single weights: the cells that a person changes become `Switches.weights_edit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gpt import numerals
from gpt.errors import SwitchError
from gpt.inspect.site import AttentionSite
from gpt.inspect.trace import trace
from gpt.nn.model import GPT
from gpt.nn.switches import Switches


@dataclass(frozen=True)
class Edit:
    """A new value for one weight.

    Fields:
        layer, head, query, key: the cell.
        weight: the new weight, 0 to 1.
        share: whether the rest of the row is scaled so that the row still sums to 1.
    """

    layer: int
    head: int
    query: int
    key: int
    weight: float
    share: bool = True

    @property
    def text(self) -> str:
        """As in a URL: "1.0.12.5-0.8", with a "k" at its end if the rest of the row is kept."""
        cell = f"{self.layer}.{self.head}.{self.query}.{self.key}"
        return f"{cell}-{self.weight:g}{'' if self.share else 'k'}"


def parse(text: str) -> tuple[Edit, ...]:
    """Read what `Edit.text` wrote, joined by commas.

    Raises:
        SwitchError: text that is no list of edits.
    """
    return tuple(_parse_one(part) for part in text.split(",") if part)


def _parse_one(text: str) -> Edit:
    cell, _, weight = text.removesuffix("k").partition("-")
    try:
        l, h, i, j = (numerals.whole(part) for part in cell.split("."))
        return Edit(l, h, i, j, numerals.real(weight, low=0, high=1), share=not text.endswith("k"))
    except ValueError:
        raise SwitchError(
            f"{numerals.brief(text)} is no edit of a weight; write "
            "layer.head.query.key-weight, as 1.0.12.5-0.8, with a weight from 0 to 1"
        ) from None


def apply(
    model: GPT,
    ids: Sequence[int],
    switches: Switches,
    edits: Sequence[Edit],
    source: Sequence[int] | None = None,
    site: str = "",
) -> Switches:
    """The switches of one attention site with which it uses the edited weights.

    An edit changes what later layers attend to, so the heads are edited layer by layer, each from
    the weights that it has once the layers before it are edited.

    Args:
        switches: of the site.
        source: the ids that the encoder of a model of two texts reads.
        site: whose heads; "": the decoder's, or those of the only site.

    Raises:
        SwitchError: a cell that is not there or masked, or a row that cannot sum to 1.
    """
    for layer in sorted({edit.layer for edit in edits}):
        whole = trace(model, ids, {site: switches} if site else switches, source)
        of_layer = [edit for edit in edits if edit.layer == layer]
        switches = edit_layer(whole.site(site or whole.name), of_layer)
    return switches


def edit_layer(site: AttentionSite, edits: Sequence[Edit]) -> Switches:
    """The switches of one site with edits of one layer, from the weights that the site has now.

    Raises:
        SwitchError: a cell that is not there or masked, or a row that cannot sum to 1.
    """
    maps = site.maps("weights")
    changed = dict(site.switches.weights_edit)
    for edit in edits:
        _check(edit, site)
        where = edit.layer, edit.head
        before = changed.get(where, maps[where])
        changed[where] = edit_row(before, site.visible, edit)
    return replace(site.switches, weights_edit=changed)


def edit_row(weights: np.ndarray, visible: np.ndarray, edit: Edit) -> np.ndarray:
    """A copy of a head's weights, (T, S), with one of them changed.

    With `share`, the other weights of the row keep their proportions; if they are all 0, they get
    equal parts.

    Raises:
        SwitchError: the query sees no other key that could take the rest.
    """
    edited = np.array(weights, dtype=np.float32)
    row = edited[edit.query]
    if edit.share:
        others = visible[edit.query] & (np.arange(len(row)) != edit.key)
        if not others.any():
            raise SwitchError(
                f"query {edit.query} sees key {edit.key} alone, so that weight stays 1; choose a "
                "later query, or keep the rest of the row as it is"
            )
        total = row[others].sum(dtype=np.float64)
        parts = row[others] / total if total > 0 else np.full(others.sum(), 1 / others.sum())
        row[others] = parts * (1 - edit.weight)
    row[edit.key] = edit.weight
    return edited


def _check(edit: Edit, site: AttentionSite) -> None:
    L, H, T, S = site.shape
    if edit.layer >= L or edit.head >= H or edit.query >= T or edit.key >= S:
        context = (
            f"the prompt {T:,} tokens" if T == S else f"the texts {T:,} queries and {S:,} keys"
        )
        raise SwitchError(
            f"there is no cell [{edit.query}, {edit.key}] in L{edit.layer} H{edit.head}: this "
            f"model has {L} layers of {H} heads, and {context}"
        )
    if not site.visible[edit.query, edit.key]:
        raise SwitchError(
            f"query {edit.query} may not see key {edit.key}: the cell is masked and has no weight. "
            "Choose a cell that is not masked, or switch the mask off first"
        )
