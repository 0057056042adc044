"""The forms of docs/import.md: checkpoints as their owners' own code writes them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

State = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Form:
    """A checkpoint on disk and what its owners make of a text and of ids.

    Fields:
        path: what a person would name.
        ids: a text's ids.
        logits, states: of ids, (1, T) to (1, T, V) or (1, T, C); of a classifier to (1, K). A model
            of two texts is given the ids as source and as target.
        text, vocabulary: what a person would name besides.
        readable: a text as this vocabulary can read it.
        source_ids: a source text's ids, if a source has a tokenizer of its own.
    """

    path: Path
    ids: Callable[[str], list[int]]
    logits: Callable[[torch.Tensor], torch.Tensor]
    states: Callable[[torch.Tensor], torch.Tensor]
    text: Path | None = None
    vocabulary: Path | None = None
    readable: Callable[[str], str] = str
    source_ids: Callable[[str], list[int]] | None = None


def wrapped(state: State) -> State:
    """Names as several wrappers leave them."""
    return {f"module._orig_mod.model.{name}": tensor for name, tensor in state.items()}


def zipped(folder: Path) -> Path:
    """A zip of a folder, which goes."""
    made = shutil.make_archive(f"{folder}-zipped", "zip", folder.parent, folder.name)
    shutil.rmtree(folder)
    return Path(made)
