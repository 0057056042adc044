"""RoBERTa as Hugging Face keeps it: BERT's shape, whose positions begin after the padding's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpt.checkpoint import Checkpoint
from gpt.checks import is_whole
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.layouts.encoder_layouts import ROBERTA
from gpt.convert.readers import from_bert
from gpt.convert.readers.encoders import EncoderFamily, open_encoder
from gpt.errors import ConversionError

PADDING = 1  # the id that transformers takes if config.json names none


def roberta(
    path: str | Path, text: str | Path | None = None, vocabulary: str | Path | None = None
) -> Checkpoint:
    """Read a Hugging Face folder of a RoBERTa: for masked tokens, for classes, or without a head.

    Args:
        path, text, vocabulary: as `gpt.convert.bert` takes them.

    Raises:
        ConversionError, FetchError: as `gpt.convert.bert`.
    """
    return open_checkpoint(path).checkpoint(text, vocabulary)


def open_checkpoint(path: str | Path) -> ForeignCheckpoint:
    """Recognize a Hugging Face folder of a RoBERTa, without reading its numbers.

    Raises:
        ConversionError, FetchError: as `gpt.convert.bert`.
    """
    return open_encoder(path, FAMILY)


def _settings(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Those of BERT, with as many positions as tokens can have."""
    rows, first = raw.get("max_position_embeddings"), _first(raw)
    if not isinstance(rows, int):
        return from_bert.settings(raw)
    if rows <= first:
        raise ConversionError(
            f"max_position_embeddings is {rows} and the first position is {first}, after "
            "pad_token_id: there is no row for a position"
        )
    return {**from_bert.settings(raw), "block_size": rows - first}


def _first(raw: Mapping[str, Any]) -> int:
    """The row of the first token's position: the one after the padding token's id."""
    padding = raw.get("pad_token_id", PADDING)
    if not is_whole(padding) or padding < 0:
        raise ConversionError(f"pad_token_id is {padding!r}; it should be a token's id")
    return int(padding) + 1


def _check_head(raw: Mapping[str, Any]) -> None:
    """Refuse a head whose activation is not that of the blocks: RoBERTa's head has GELU always."""
    activation = raw.get("hidden_act", "gelu")
    if activation != "gelu":
        raise ConversionError(
            f"its blocks have the activation {activation!r} and its head for masked tokens has "
            "'gelu', which is one setting here"
        )


FAMILY = EncoderFamily(
    "roberta", ROBERTA, _settings, pool_activation="tanh", first=_first, check_head=_check_head
)
