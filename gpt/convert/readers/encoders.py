"""Encoders as Hugging Face keeps them: BERT and its kin, whose attention has no mask.

A file may have a head that predicts masked tokens, one that gives the class of a whole text, or
none. BERT and RoBERTa add a third embedding, of the segment that a token belongs to. Here every
token belongs to the first segment, so its embedding is one vector, which is added to each
position's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from gpt.bounded import where
from gpt.convert.files import hub
from gpt.convert.files.weights import Weights, in_folder
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.layouts import class_heads, encoder_layouts, task_heads
from gpt.convert.layouts.encoder_layouts import EncoderNames
from gpt.convert.layouts.rules import check, same_if_tied, to_ours
from gpt.convert.layouts.wrappers import unwrapped
from gpt.convert.readers.from_gpt2 import config_of
from gpt.errors import ConversionError, HeadlightError
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT

SEGMENTS = "embeddings.token_type_embeddings.weight"
BUFFER = re.compile(r"embeddings\.(position|token_type)_ids")  # of older versions
ONE_SEGMENT = "every token is read as of the first segment, whose embedding is in the positions"
NO_HEAD = (
    "the file has no head that predicts tokens, so that every token is predicted alike: look at "
    "its attention, not at its predictions"
)
TOKEN_HEAD = "a head is left out, which predicted masked tokens: a model has one head here"
SAME = {"norm": "post", "mask": "none", "embedding_norm": True}


@dataclass(frozen=True)
class EncoderFamily:
    """A family of encoders.

    Fields:
        kind: its name, as config.json has it.
        names: those of its tensors.
        settings: config.json to the settings of ours that differ within the family.
        pool_activation: between the two matrices of the head for classes.
        first: config.json to the row of the position embeddings that the first token reads.
        check_head: refuses a head for masked tokens that computes what it cannot compute here.
    """

    kind: str
    names: EncoderNames
    settings: Callable[[Mapping[str, Any]], dict[str, Any]]
    pool_activation: str
    first: Callable[[Mapping[str, Any]], int] = lambda raw: 0
    check_head: Callable[[Mapping[str, Any]], None] = lambda raw: None


def open_encoder(path: str | Path, family: EncoderFamily) -> ForeignCheckpoint:
    """Recognize a Hugging Face folder of an encoder, without reading its numbers.

    Raises:
        ConversionError: a file is missing, truncated or foreign, or the files do not fit each
            other; the message names what is wrong.
        FetchError: it could not be downloaded.
    """
    files, names = hub.checkpoint_files(path), family.names
    raw = config_of(files.folder, family.kind)
    source = where(files.folder / "config.json")
    tied = raw.get("tie_word_embeddings", True) is True
    anchors = (f"{names.prefix}{names.tokens}", names.tokens)
    weights = _named(unwrapped(in_folder(files.folder, files.weights), anchors), names, tied)
    K = class_heads.classes_of(weights, names.class_head, raw)
    weights, notes = task_heads.without_task_heads(weights, raw, names.class_head if K else ())
    weights, head_notes = _one_head(weights, names, K)
    weights, has_segments = _one_segment(weights, names.positions)
    has_head = names.head[1] in weights.shapes
    config = _architecture(source, raw, family, K, has_head, tied)
    weights = _from_first(weights, names.positions, family.first(raw))
    if config.tie_weights:
        weights = same_if_tied(weights, names.tokens, names.head[0], "config.json")
    body = _body(config, has_head)
    check(body, encoder_layouts.encoder(body, names), weights, "config.json")
    said = ((ONE_SEGMENT,) if has_segments else ()) + (() if has_head or K else (NO_HEAD,))
    labels = {"labels": class_heads.labels_of(raw, K, source)} if K else {}
    return ForeignCheckpoint(
        family.kind,
        Path(path),
        config,
        partial(_read, config, weights, names, has_head),
        files.folder,
        said + head_notes + notes + files.notes,
        extra=labels,
    )


def _architecture(
    source: str, raw: dict[str, Any], family: EncoderFamily, K: int, has_head: bool, tied: bool
) -> GPTConfig:
    try:
        for name in ("is_decoder", "add_cross_attention"):
            if raw.get(name, False) is not False:
                raise ConversionError(f"{name} is {raw[name]!r}; only encoders are read here")
        if raw.get("position_embedding_type", "absolute") != "absolute":
            raise ConversionError("its positions are relative, which they cannot be here")
        if has_head:
            family.check_head(raw)
        head: dict[str, Any] = {
            "head_transform": has_head,
            "head_bias": has_head,
            "tie_weights": has_head and tied,
        }
        classes = {"n_class": K, "pool": "first", "pool_activation": family.pool_activation}
        return GPTConfig.from_dict(family.settings(raw) | SAME | (classes if K else head))
    except HeadlightError as error:
        raise ConversionError(f"{source}: {error}") from None


def _body(config: GPTConfig, has_head: bool) -> GPTConfig:
    """The model as the file holds it: a model without a head is read as if it were tied."""
    return config if has_head or config.n_class else replace(config, tie_weights=True)


def _read(config: GPTConfig, weights: Weights, names: EncoderNames, has_head: bool) -> GPT:
    shape = _body(config, has_head)
    body = to_ours(shape, encoder_layouts.encoder(shape, names), weights, "config.json")
    return body if has_head or config.n_class else task_heads.silent(body, config)


def _named(weights: Weights, names: EncoderNames, tied: bool) -> Weights:
    """The weights without the family's prefix, norms named as today, without buffers.

    The head's bias has two names, and a file may hold both. If the matrices are tied, the first
    name counts, else the second.
    """
    both = names.head[1:]
    biases = [name for name in both if name in weights.shapes]
    used = biases[:1] if tied else biases[-1:]

    def their_name(name: str) -> str | None:
        name = name.removeprefix(names.prefix)
        if name in both:
            return both[0] if name in used else None
        if BUFFER.fullmatch(name):
            return None
        name = re.sub(r"\.gamma$", ".weight", name)
        return re.sub(r"\.beta$", ".bias", name)

    return weights.renamed(their_name)


def _one_head(weights: Weights, names: EncoderNames, K: int) -> tuple[Weights, tuple[str, ...]]:
    """Without the head for masked tokens, where there is one for classes too."""
    modules = (f"{names.outside[name]}." for name in ("transform.fc", "transform.ln"))
    inside = tuple(modules)
    theirs = [n for n in weights.shapes if n.startswith(inside) or n in names.head]
    return (weights.without(*theirs), (TOKEN_HEAD,)) if K and theirs else (weights, ())


def _one_segment(weights: Weights, positions: str) -> tuple[Weights, bool]:
    """The same weights with the first segment's embedding in the positions', if it has segments.

    Raises:
        ConversionError: the segments' embeddings are not of the positions' width.
    """
    segments, shape = weights.shapes.get(SEGMENTS), weights.shapes.get(positions)
    if segments is None or shape is None:
        return weights, False
    if len(segments) != 2 or segments[0] < 1 or segments[1:] != shape[1:]:
        raise ConversionError(
            f"{weights.where}: {SEGMENTS} has shape {segments}, {positions} {shape}"
        )
    both = weights

    def read() -> Any:
        return both.floats(positions) + both.floats(SEGMENTS)[0]

    return weights.with_tensor(positions, shape, read).without(SEGMENTS), True


def _from_first(weights: Weights, positions: str, first: int) -> Weights:
    """The same weights without the position embeddings that no token reads."""
    shape = weights.shapes.get(positions)
    if not first or shape is None or shape[0] <= first:
        return weights
    rows = (shape[0] - first, *shape[1:])
    return weights.with_tensor(positions, rows, lambda: weights.floats(positions)[first:])
