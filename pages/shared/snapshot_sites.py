"""What a snapshot shows at one attention site: the weights, and the tokens of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpt.nn.config import GPTConfig
from gpt.run_files import SOURCE_TOKENIZER, read_tokenizer
from gpt.training.runs import Run
from gpt.training.snapshots import Snapshot
from pages.shared.parameters import SITES


@dataclass(frozen=True, eq=False)
class SnapshotSite:
    """The attention of one site at one moment of training.

    Fields:
        site: its name.
        ids: (T,) of the queries; key_ids: (S,), or None if they are the same.
        weights: (L, H, T, S).
        visible: (T, S) bool; None if every query sees every key.
    """

    site: str
    ids: np.ndarray
    key_ids: np.ndarray | None
    weights: np.ndarray
    visible: np.ndarray | None


def sites_of(config: GPTConfig) -> tuple[str, ...]:
    """The attention sites of a model with this config."""
    return SITES if config.n_encoder_layer else (config.kind,)


def layers_of(config: GPTConfig, site: str) -> int:
    """How many layers a site has."""
    return (
        config.n_encoder_layer if site == "encoder" and config.n_encoder_layer else config.n_layer
    )


def at_site(snapshot: Snapshot, config: GPTConfig, site: str) -> SnapshotSite:
    """One site of a snapshot; "": the decoder's own, or the only one."""
    if site in snapshot.others and snapshot.source is not None:
        of_source = site == "encoder"
        ids = snapshot.source if of_source else snapshot.ids
        return SnapshotSite(
            site, ids, None if of_source else snapshot.source, snapshot.others[site], None
        )
    T = len(snapshot.ids)
    visible = np.tri(T, dtype=bool) if config.mask == "causal" else None
    return SnapshotSite(config.kind.split("-")[-1], snapshot.ids, None, snapshot.weights, visible)


def texts(run: Run, site: SnapshotSite) -> dict[str, Any]:
    """`tokens` and `key_tokens` of a site, as pictures take them."""
    own: Sequence[str] = run.tokenizer().pieces(site.ids.tolist())
    if site.site == "decoder" or (site.site == "encoder" and not _has_source(run)):
        return {"tokens": own, "key_tokens": None}
    source = read_tokenizer(run.path, SOURCE_TOKENIZER) if _has_source(run) else run.tokenizer()
    if site.key_ids is None:
        return {"tokens": source.pieces(site.ids.tolist()), "key_tokens": None}
    return {"tokens": own, "key_tokens": source.pieces(site.key_ids.tolist())}


def _has_source(run: Run) -> bool:
    """Whether the source has a vocabulary of its own."""
    return (run.path / SOURCE_TOKENIZER).is_file()
