"""Heads for other tasks, which fine-tuning puts on top of a GPT-2, a BERT or a BART.

A head reads the model's last states and changes nothing below it, so it can be left out, by its
name. A tensor that is no known head is refused: it could be part of what the model computes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from gpt.convert.files.weights import Weights
from gpt.convert.layouts import class_heads
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.shape_only import shape_only
from gpt.weights_file import assembled, stored_weights

CLASSIFIER = re.compile(r"(score|classifier)\.")
CLASSIFIED = {
    "ForSequenceClassification": "gave the classes of a whole text",
    "ForTokenClassification": "gave the class of each token",
    "ForMultipleChoice": "gave each of several choices a score",
}
OTHERS: Mapping[re.Pattern[str], str] = {
    re.compile(r"qa_outputs\."): "said where an answer begins and ends",
    re.compile(r"multiple_choice_head\."): "gave each of several endings a score",
    re.compile(r"cls\.seq_relationship\."): "said whether the second sentence follows the first",
    re.compile(r"(pooler|pre_classifier)\."): "made one vector of the first token's state, for "
    "other heads",
    re.compile(r"classification_head\."): "gave the classes of a whole text",
    re.compile(r"v_head\."): "gave the text so far a value, for learning from rewards",
}
BASE = "it was saved without a matrix that predicts tokens"


def without_task_heads(
    weights: Weights, config: Mapping[str, Any], kept: Sequence[str] = ()
) -> tuple[Weights, tuple[str, ...]]:
    """The weights without heads for other tasks, and a sentence on each of these.

    Args:
        config: the content of config.json, which says what a classifier classified.
        kept: tensors of a head that is read.
    """
    tasks = {CLASSIFIER: _classified(config), **OTHERS}
    others = weights.without(*kept)
    notes = tuple(note for pattern, task in tasks.items() if (note := _note(others, pattern, task)))
    left_out = [n for n in others.shapes if any(pattern.match(n) for pattern in tasks)]
    return weights.without(*left_out), notes


def has_token_head(config: Mapping[str, Any]) -> bool:
    """Whether the class that was saved has a head for tokens; True if no class is named."""
    named = config.get("architectures")
    if not isinstance(named, list) or not named:
        return True
    return any("LMHead" in str(name) or "DoubleHeads" in str(name) for name in named)


def silent(body: GPT, config: GPTConfig) -> GPT:
    """The model with an output embedding of zeros, which predicts every token alike.

    Args:
        body: the model as if its output embedding were its token embedding.
        config: the same, untied.
    """
    with shape_only():
        model = build(config)
    zeros = {"lm_head.weight": torch.zeros(config.vocab_size, config.n_embd)}
    return assembled(model, {**stored_weights(body), **zeros}).eval()


def _classified(config: Mapping[str, Any]) -> str:
    named = config.get("architectures")
    name = str(named[0]) if isinstance(named, list) and named else ""
    if config.get("problem_type") == class_heads.SEVERAL:
        return "gave a text several labels at once, while a text has one class here"
    if config.get("problem_type") == class_heads.NUMBER:
        return "gave a text a number, no class"
    return next((task for kind, task in CLASSIFIED.items() if name.endswith(kind)), "gave classes")


def _note(weights: Weights, pattern: re.Pattern[str], task: str) -> str | None:
    names = sorted(name for name in weights.shapes if pattern.match(name))
    if not names:
        return None
    return f"a head is left out, which {task}: {_listed(names, weights.shapes)}"


def _listed(names: Sequence[str], shapes: Mapping[str, tuple[int, ...]]) -> str:
    """The names with their shapes, the first four of many."""
    listed = [f"{name} ({' × '.join(map(str, shapes[name]))})" for name in names[:4]]
    return ", ".join(listed) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
