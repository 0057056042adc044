"""GPT-2 as Hugging Face keeps it: config.json, weights and tokenizer files in one folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from gpt.bounded import folder_name, where
from gpt.checkpoint import Checkpoint
from gpt.convert.files import hub
from gpt.convert.files.model_types import type_of
from gpt.convert.files.weights import Weights, in_folder, json_of
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.layouts import decoder_layouts, task_heads
from gpt.convert.layouts.rules import check, same_if_tied, to_ours
from gpt.convert.layouts.wrappers import unwrapped
from gpt.errors import ConversionError, HeadlightError
from gpt.nn.config import LIMITS, GPTConfig
from gpt.nn.model import GPT

ACTIVATIONS = {
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu": "gelu",
    "relu": "relu",
    "relu2": "squared_relu",
    "silu": "silu",
    "swish": "silu",
}
TOKENS, HEAD = "transformer.wte.weight", "lm_head.weight"
BUFFER = re.compile(r"h\.\d+\.attn\.(bias|masked_bias)")
BY_LAYER = (
    "queries of layer l (from 0) are divided by l + 1: GPT-2's scale_attn_by_inverse_layer_idx, "
    "kept in the weights"
)
TIED = (
    "it was saved without a head for tokens; its token embeddings take the head's place, as GPT-2 "
    "ties the two, but what it was last trained for was something else"
)
NO_HEAD = (
    "it was saved without its head for tokens, so that every token is predicted alike: look at its "
    "attention, not at its predictions"
)


def gpt2(
    path: str | Path, text: str | Path | None = None, vocabulary: str | Path | None = None
) -> Checkpoint:
    """Read a Hugging Face GPT-2 folder: gpt2, -medium, -large, -xl, distilgpt2, or one's own.

    Args:
        path: the folder, or its name on Hugging Face if there is a network.
        text, vocabulary: where the vocabulary is, if the folder has no tokenizer files; see
            `gpt.convert.vocabulary.vocabularies.find`.

    Raises:
        ConversionError: a file is missing, truncated or foreign, or the files contradict each
            other; the message names what is wrong.
        FetchError: it could not be downloaded.
    """
    return open_checkpoint(path).checkpoint(text, vocabulary)


def open_checkpoint(path: str | Path) -> ForeignCheckpoint:
    """Recognize a Hugging Face GPT-2 folder, without reading its numbers.

    Raises:
        ConversionError, FetchError: as `gpt2`.
    """
    files = hub.checkpoint_files(path)
    raw = config_of(files.folder, "gpt2")
    config = _architecture(files.folder, raw)
    weights = unwrapped(in_folder(files.folder, files.weights), (TOKENS, "wte.weight"))
    weights, notes = task_heads.without_task_heads(weights, raw)
    weights = weights.renamed(_their_name)
    if config.tie_weights:
        weights = same_if_tied(weights, TOKENS, HEAD, "config.json")
    headless = HEAD not in weights.shapes and not task_heads.has_token_head(raw)
    predicts = config.tie_weights or not headless
    body = config if predicts else replace(config, tie_weights=True)
    check(body, decoder_layouts.gpt2(body), weights, "config.json")
    by_layer = _flag(raw, "scale_attn_by_inverse_layer_idx", False)
    read = partial(_read, config, body, weights, by_layer)
    notes = ((BY_LAYER,) if by_layer else ()) + notes + files.notes
    notes += ((TIED if predicts else NO_HEAD),) if headless else ()
    return ForeignCheckpoint(
        "gpt2", Path(path), config, read, files.folder, notes, predicts=predicts
    )


def _read(config: GPTConfig, body: GPTConfig, weights: Weights, by_layer: bool) -> GPT:
    model = to_ours(body, decoder_layouts.gpt2(body), weights, "config.json")
    if by_layer:
        _divide_queries(model)
    return model if body is config else task_heads.silent(model, config)


def config_of(folder: Path, kind: str) -> dict[str, Any]:
    """The content of a Hugging Face config.json of one kind of model.

    Raises:
        ConversionError: it is of another kind; one that names none is taken to be of this.
    """
    raw = json_of(folder / "config.json")
    if isinstance(raw, dict) and "format" in raw and isinstance(raw.get("model"), dict):
        raise ConversionError(
            f"{folder_name(folder)} is a run of Headlight already: import it as a run"
        )
    got = type_of(raw)
    if got != kind and not (got is None and isinstance(raw, dict)):
        raise ConversionError(
            f"{where(folder / 'config.json')} is of a model of type {got!r}; this reads {kind!r}"
        )
    return dict(raw)


def width_settings(width: Any, n_embd: Any) -> dict[str, int]:
    """The width of the feed-forward layer as `mlp_ratio`, or as `n_inner` if it is no multiple.

    Args:
        width: as the config has it; None means 4 × n_embd.
    """
    if width is None or not all(isinstance(n, int) and n > 0 for n in (width, n_embd)):
        return {} if width is None else {"n_inner": width}
    ratio, rest = divmod(width, n_embd)
    return {"n_inner": width} if rest or ratio > LIMITS["mlp_ratio"] else {"mlp_ratio": ratio}


def activation_of(name: Any) -> str:
    """Our name of a Hugging Face activation.

    Raises:
        ConversionError: it is not known here.
    """
    if not isinstance(name, str) or name not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ConversionError(f"the activation {name!r} is not known here; known: {known}")
    return ACTIVATIONS[name]


def _architecture(folder: Path, raw: dict[str, Any]) -> GPTConfig:
    try:
        if _flag(raw, "add_cross_attention", False):
            raise ConversionError(
                "it has cross-attention to an encoder, which a GPT here does not have"
            )
        values: dict[str, Any] = {
            "block_size": raw.get("n_positions", raw.get("n_ctx")),
            **{name: raw.get(name) for name in ("vocab_size", "n_layer", "n_head", "n_embd")},
            "activation": activation_of(raw.get("activation_function", "gelu_new")),
            "tie_weights": _flag(raw, "tie_word_embeddings", True),
            "scale": "head_size" if _flag(raw, "scale_attn_weights", True) else "none",
            "norm_epsilon": raw.get("layer_norm_epsilon", 1e-5),
            **width_settings(raw.get("n_inner"), raw.get("n_embd")),
        }
        return GPTConfig.from_dict(values)
    except HeadlightError as error:
        raise ConversionError(f"{where(folder / 'config.json')}: {error}") from None


def _flag(raw: Mapping[str, Any], name: str, default: bool) -> bool:
    value = raw.get(name, default)
    if not isinstance(value, bool):
        raise ConversionError(f"{name} is {value!r}; it should be true or false")
    return value


def _their_name(name: str) -> str | None:
    """A name with the prefix that some files leave out; None for masks that older files keep."""
    bare = name.removeprefix("transformer.")
    if BUFFER.fullmatch(bare):
        return None
    return bare if bare == HEAD else f"transformer.{bare}"


@torch.no_grad()
def _divide_queries(model: GPT) -> None:
    for l, block in enumerate(model.blocks):
        for parameter in block.attn.query.parameters():
            parameter.div_(l + 1)
