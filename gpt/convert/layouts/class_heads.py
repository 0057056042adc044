"""The head of a classifier: when it can be read as ours, and what its classes are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gpt.convert.files.weights import Weights
from gpt.errors import ConversionError

CLASSIFIER = "ForSequenceClassification"
SEVERAL, NUMBER = "multi_label_classification", "regression"


def classes_of(weights: Weights, head: Sequence[str], config: Mapping[str, Any]) -> int:
    """The number of classes (K) of a whole text that a file has a head for; 0 if it has none.

    A head for a number (regression), or for several labels at once, gives no probabilities that
    add up to 1, so it is not read.

    Args:
        head: the names of its tensors, the classes' bias last.
        config: the content of config.json, which says what the head is for.
    """
    named = config.get("architectures")
    name = str(named[0]) if isinstance(named, list) and named else CLASSIFIER
    if not name.endswith(CLASSIFIER) or config.get("problem_type") in (SEVERAL, NUMBER):
        return 0
    shape = weights.shapes.get(head[-1], ()) if set(head) <= set(weights.shapes) else ()
    return shape[0] if len(shape) == 1 and shape[0] > 1 else 0


def labels_of(config: Mapping[str, Any], K: int, source: str) -> list[str]:
    """What the K classes are called, by `id2label` of config.json; LABEL_0, … if it is not there.

    Raises:
        ConversionError: it does not name K classes, each by a word of its own.
    """
    named = config.get("id2label")
    if not named:
        return [f"LABEL_{k}" for k in range(K)]
    labels = [named.get(str(k)) for k in range(K)] if isinstance(named, dict) else []
    words = [label for label in labels if isinstance(label, str) and label]
    if len(words) != K or len(named) != K or len(set(words)) != K:
        raise ConversionError(
            f"{source}: id2label should name {K} classes, 0 to {K - 1}, each by a word of its own, "
            f"because the head has {K}; it is {str(named)[:100]}"
        )
    return words
