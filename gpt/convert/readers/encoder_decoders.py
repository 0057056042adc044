"""Encoder-decoders as Hugging Face keeps them: BART and Marian, which share their code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from gpt.bounded import where
from gpt.convert.files import hub
from gpt.convert.files.weights import Weights, in_folder
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.layouts import pair_layouts, task_heads
from gpt.convert.layouts.pair_layouts import HEAD, HEAD_BIAS, POSITIONS, SHARED, SIDES, TOKENS
from gpt.convert.layouts.rules import are_same, check, to_ours
from gpt.convert.layouts.wrappers import unwrapped
from gpt.convert.readers import generation_settings
from gpt.convert.readers.from_gpt2 import activation_of, config_of, width_settings
from gpt.errors import ConversionError, HeadlightError
from gpt.nn.config import GPTConfig

ANCHORS = tuple(f"{outer}encoder.layers.0.self_attn.k_proj.weight" for outer in ("model.", ""))
BUFFER = re.compile(r"(encoder|decoder)\.version")
SIZES = {"encoder_attention_heads": "decoder_attention_heads", "encoder_ffn_dim": "decoder_ffn_dim"}
TIED = (
    "it was saved without a head for tokens; its token embeddings take the head's place, as this "
    "family ties the two, but what it was last trained for was something else"
)
UNREAD = "shared.weight is left out: each side has token embeddings of its own"


@dataclass(frozen=True)
class PairFamily:
    """A family of encoder-decoders.

    Fields:
        kind: its name, as config.json has it.
        defaults: what stands for a setting that config.json leaves out.
        fixed: settings that older code had, and the only value that the family computes now.
        settings: the settings of ours that the family always has.
        positions: the weights with the rows of each side's position embeddings that tokens read.
        predictors: how the names of its classes that predict tokens end.
    """

    kind: str
    defaults: Mapping[str, Any]
    fixed: Mapping[str, bool]
    settings: Mapping[str, Any]
    positions: Callable[[Weights, GPTConfig], Weights]
    predictors: tuple[str, ...]


def open_pair(path: str | Path, family: PairFamily) -> ForeignCheckpoint:
    """Recognize a Hugging Face folder of an encoder-decoder, without reading its layers.

    Raises:
        ConversionError: a file is missing, truncated or foreign, or the files do not fit each
            other; the message names what is wrong.
        FetchError: it could not be downloaded.
    """
    files = hub.checkpoint_files(path)
    raw = {**family.defaults, **config_of(files.folder, family.kind)}
    source = where(files.folder / "config.json")
    weights = unwrapped(in_folder(files.folder, files.weights), ANCHORS)
    weights = weights.renamed(_named)
    weights, notes = task_heads.without_task_heads(weights, raw)
    weights, tables, is_tied = _one_table(weights, raw)
    if SHARED in weights.shapes and SHARED not in tables.values():
        weights, notes = weights.without(SHARED), (*notes, UNREAD)
    config = _architecture(source, raw, family, weights, tables, is_tied)
    weights = _flat_bias(family.positions(weights, config))
    rules = pair_layouts.encoder_decoder(config, tables)
    check(config, rules, weights, "config.json")
    spoken = generation_settings.of_folder(files.folder, raw, config.vocab_size)
    predicts = _is_predictor(raw, family)
    notes += spoken.notes + files.notes + (() if predicts else (TIED,))
    return ForeignCheckpoint(
        family.kind,
        Path(path),
        config,
        partial(to_ours, config, rules, weights, "config.json"),
        files.folder,
        notes,
        extra={"generation": spoken.settings},
    )


def _named(name: str) -> str | None:
    """A name without "model."; None for a buffer of older versions."""
    bare = name.removeprefix("model.")
    return None if BUFFER.fullmatch(bare) else bare


def _one_table(weights: Weights, raw: Mapping[str, Any]) -> tuple[Weights, dict[str, str], bool]:
    """The weights with equal embeddings once, the table of each side, and whether the head is one.

    Files have any of the tables: one that both sides share, one of each side, and the head's.

    Raises:
        ConversionError: config.json says that some are the same, and they differ; or there are
            none.
    """
    tables = {s: TOKENS[s] if TOKENS[s] in weights.shapes else SHARED for s in SIDES}
    if missing := [name for name in tables.values() if name not in weights.shapes]:
        raise ConversionError(f"{weights.where} has no token embeddings: {missing[0]} is not there")
    source, target = tables["encoder"], tables["decoder"]
    is_said = raw.get("share_encoder_decoder_embeddings", True) is True
    if source != target and are_same(weights, source, target):
        tables = dict.fromkeys(SIDES, target)
        weights = weights.without(source)
    elif source != target and is_said and raw.get("tie_word_embeddings", True) is True:
        raise ConversionError(
            f"{weights.where}: config.json says that {source} is {target}, but they differ"
        )
    if SHARED in weights.shapes and target != SHARED and are_same(weights, SHARED, target):
        weights = weights.without(SHARED)
    return _tied_head(weights, target, raw, tables)


def _tied_head(
    weights: Weights, target: str, raw: Mapping[str, Any], tables: dict[str, str]
) -> tuple[Weights, dict[str, str], bool]:
    is_tied = raw.get("tie_word_embeddings", True) is True
    if HEAD in weights.shapes and are_same(weights, HEAD, target):
        return weights.without(HEAD), tables, True
    if HEAD in weights.shapes and is_tied:
        raise ConversionError(
            f"{weights.where}: config.json says that {HEAD} is {target}, but they differ"
        )
    if HEAD not in weights.shapes and not is_tied:
        raise ConversionError(
            f"{weights.where} has no {HEAD}, and config.json says that the token embeddings do not "
            "take its place: nothing predicts tokens"
        )
    return weights, tables, is_tied


def _architecture(
    source: str,
    raw: dict[str, Any],
    family: PairFamily,
    weights: Weights,
    tables: Mapping[str, str],
    is_tied: bool,
) -> GPTConfig:
    try:
        _check_settings(raw, family)
        own = tables["encoder"] != tables["decoder"]
        V = raw["vocab_size"]
        is_separate = own and raw.get("share_encoder_decoder_embeddings") is False
        values: dict[str, Any] = {
            "block_size": raw["max_position_embeddings"],
            "vocab_size": (raw.get("decoder_vocab_size") or V) if is_separate else V,
            "source_vocab_size": V if own else 0,
            "n_layer": raw["decoder_layers"],
            "n_encoder_layer": raw["encoder_layers"],
            "n_head": raw["decoder_attention_heads"],
            "n_embd": raw["d_model"],
            "activation": activation_of(raw["activation_function"]),
            "scale_embeddings": raw["scale_embedding"],
            "norm": "post",
            "norm_epsilon": 1e-5,  # written into their code
            "tie_weights": is_tied,
            "head_bias": HEAD_BIAS in weights.shapes,
            **width_settings(raw["decoder_ffn_dim"], raw["d_model"]),
            **family.settings,
        }
        return GPTConfig.from_dict(values)
    except HeadlightError as error:
        raise ConversionError(f"{source}: {error}") from None


def _check_settings(raw: Mapping[str, Any], family: PairFamily) -> None:
    """Refuse what the family does not compute, or what is one setting here."""
    if raw.get("is_encoder_decoder", True) is not True:
        raise ConversionError("is_encoder_decoder is false: a decoder without its encoder")
    for name, value in family.fixed.items():
        if raw.get(name, value) is not value:
            raise ConversionError(
                f"{name} is {raw[name]!r}; {family.kind} has {value!r}, and so it is read here"
            )
    for ours, theirs in SIZES.items():
        if raw[ours] != raw[theirs]:
            raise ConversionError(
                f"{ours} is {raw[ours]!r} and {theirs} is {raw[theirs]!r}; encoder and decoder "
                "have one size here"
            )


def _flat_bias(weights: Weights) -> Weights:
    """The bias of the logits, (1, V) in their files, as (V,)."""
    shape = weights.shapes.get(HEAD_BIAS, ())
    if len(shape) != 2 or shape[0] != 1:
        return weights
    return weights.with_tensor(HEAD_BIAS, shape[1:], lambda: weights.floats(HEAD_BIAS)[0])


def _is_predictor(raw: Mapping[str, Any], family: PairFamily) -> bool:
    named = raw.get("architectures")
    return not named or str(named[0]).endswith(family.predictors)


def cut_positions(weights: Weights, first: int) -> Weights:
    """The weights without the rows of the positions before `first`, which no token reads."""
    for name in POSITIONS.values():
        shape = weights.shapes.get(name, ())
        if len(shape) == 2 and shape[0] > first:
            weights = _without_rows(weights, name, first)
    return weights


def _without_rows(weights: Weights, name: str, first: int) -> Weights:
    rows, width = weights.shapes[name]
    return weights.with_tensor(name, (rows - first, width), lambda: weights.floats(name)[first:])
