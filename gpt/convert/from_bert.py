"""An encoder of BERT's shape as Hugging Face keeps it: attention with no mask, to look at.

BERT adds a third embedding, of the segment that a token belongs to. Here every token belongs to
the first segment, so its embedding is one vector, which is added to each position's.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from gpt.checkpoint import Checkpoint, where
from gpt.convert import hub, layouts, task_heads
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.from_gpt2 import activation_of, config_of, width_settings
from gpt.convert.rules import check, same_if_tied, to_ours
from gpt.convert.weights import Weights, in_folder
from gpt.convert.wrappers import unwrapped
from gpt.errors import ConversionError, HeadlightError
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT

WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
SEGMENTS = "embeddings.token_type_embeddings.weight"
DECODER = "cls.predictions.decoder.weight"
BIAS = "cls.predictions.bias"
BIAS_AGAIN = "cls.predictions.decoder.bias"
BUFFER = re.compile(r"embeddings\.(position|token_type)_ids")  # of older versions
ONE_SEGMENT = "every token is read as of the first segment, whose embedding is in the positions"
NO_HEAD = (
    "the file has no head that predicts tokens, so that every token is predicted alike: look at "
    "its attention, not at its predictions"
)


def bert(
    path: str | Path, text: str | Path | None = None, vocabulary: str | Path | None = None
) -> Checkpoint:
    """Read a Hugging Face folder of an encoder of BERT's shape.

    If the file has no head for masked tokens, all logits are zero.

    Args:
        path: the folder, or its name on Hugging Face if there is a network.
        text, vocabulary: where the vocabulary is, if the folder has no tokenizer files; see
            `gpt.convert.vocabularies.find`.

    Raises:
        ConversionError: a file is missing, truncated or foreign, or the files do not fit each
            other; the message names what is wrong.
        FetchError: it could not be downloaded.
    """
    return open_checkpoint(path).checkpoint(text, vocabulary)


def open_checkpoint(path: str | Path) -> ForeignCheckpoint:
    """Recognize a Hugging Face folder of an encoder, without reading its numbers.

    Raises:
        ConversionError, FetchError: as `bert`.
    """
    files = hub.checkpoint_files(path)
    raw = config_of(files.folder, "bert")
    tied = raw.get("tie_word_embeddings", True) is True
    weights = unwrapped(in_folder(files.folder, files.weights), (f"bert.{WORDS}", WORDS))
    weights, head_notes = task_heads.without_task_heads(_named(weights, tied), raw)
    weights = _one_segment(weights)
    has_head = BIAS in weights.shapes
    config = _architecture(files.folder, raw, has_head, tied)
    if config.tie_weights:
        weights = same_if_tied(weights, WORDS, DECODER, "config.json")
    body = _body(config, has_head)
    check(body, layouts.bert(body), weights, "config.json")
    notes = ((ONE_SEGMENT,) if has_head else (ONE_SEGMENT, NO_HEAD)) + head_notes + files.notes
    read = partial(_read, config, weights, has_head)
    return ForeignCheckpoint("bert", Path(path), config, read, files.folder, notes)


def _architecture(folder: Path, raw: dict[str, Any], has_head: bool, tied: bool) -> GPTConfig:
    try:
        for name in ("is_decoder", "add_cross_attention"):
            if raw.get(name, False) is not False:
                raise ConversionError(f"{name} is {raw[name]!r}; only encoders are read here")
        if raw.get("position_embedding_type", "absolute") != "absolute":
            raise ConversionError("its positions are relative, which they cannot be here")
        values: dict[str, Any] = {
            "block_size": raw.get("max_position_embeddings"),
            "vocab_size": raw.get("vocab_size"),
            "n_layer": raw.get("num_hidden_layers"),
            "n_head": raw.get("num_attention_heads"),
            "n_embd": raw.get("hidden_size"),
            "activation": activation_of(raw.get("hidden_act", "gelu")),
            "norm_epsilon": raw.get("layer_norm_eps", 1e-12),
            **width_settings(raw.get("intermediate_size", 3072), raw.get("hidden_size")),
            **{"norm": "post", "mask": "none", "embedding_norm": True},
            **{"head_transform": has_head, "head_bias": has_head},
            "tie_weights": has_head and tied,
        }
        return GPTConfig.from_dict(values)
    except HeadlightError as error:
        raise ConversionError(f"{where(folder / 'config.json')}: {error}") from None


def _body(config: GPTConfig, has_head: bool) -> GPTConfig:
    """The model as the file holds it: a model without a head is read as if it were tied."""
    return config if has_head else replace(config, tie_weights=True)


def _read(config: GPTConfig, weights: Weights, has_head: bool) -> GPT:
    shape = _body(config, has_head)
    body = to_ours(shape, layouts.bert(shape), weights, "config.json")
    return body if has_head else task_heads.silent(body, config)


def _named(weights: Weights, tied: bool) -> Weights:
    """The weights without "bert.", norms named as today, without buffers.

    The head's bias has two names, and a file may hold both. If the matrices are tied, the first
    name counts, else the second.
    """
    biases = [name for name in (BIAS, BIAS_AGAIN) if name in weights.shapes]
    used = biases[:1] if tied else biases[-1:]

    def their_name(name: str) -> str | None:
        name = name.removeprefix("bert.")
        if name in (BIAS, BIAS_AGAIN):
            return BIAS if name in used else None
        if BUFFER.fullmatch(name):
            return None
        name = re.sub(r"\.gamma$", ".weight", name)
        return re.sub(r"\.beta$", ".bias", name)

    return weights.renamed(their_name)


def _one_segment(weights: Weights) -> Weights:
    """The same weights with the first segment's embedding in the positions'.

    Raises:
        ConversionError: the segments' embeddings are not of the positions' width.
    """
    segments, positions = weights.shapes.get(SEGMENTS), weights.shapes.get(POSITIONS)
    if segments is None or positions is None:
        return weights
    if len(segments) != 2 or segments[0] < 1 or segments[1:] != positions[1:]:
        raise ConversionError(
            f"{weights.where}: {SEGMENTS} has shape {segments}, {POSITIONS} {positions}"
        )

    def read(name: str) -> torch.Tensor:
        if name != POSITIONS:
            return weights.read(name)
        return weights.floats(POSITIONS) + weights.floats(SEGMENTS)[0]

    shapes = {name: shape for name, shape in weights.shapes.items() if name != SEGMENTS}
    return Weights(weights.where, shapes, read)
