"""Which family of models a Hugging Face config.json is of."""

from __future__ import annotations

import re
from typing import Any

CLASS = re.compile(  # of transformers: its family, then its task
    r"(GPT2|Bert|DistilBert|Roberta|Marian|Bart)(For|Model|LMHead|DoubleHeads|MTModel|$).*"
)


def type_of(raw: Any) -> str | None:
    """The type of model that a config.json names, itself or by a class; None if it names neither.

    >>> type_of({"architectures": ["BertForMaskedLM"]})
    'bert'
    """
    if not isinstance(raw, dict):
        return None
    if raw.get("model_type") is not None:
        return str(raw["model_type"])
    named = raw.get("architectures")
    if not isinstance(named, list) or not named:
        return None
    match = CLASS.fullmatch(str(named[0]))
    return match[1].lower() if match else str(named[0])
