"""classify: the probability of every label of a text."""

from __future__ import annotations

from typing import cast

import torch

from gpt.checkpoint import Checkpoint
from gpt.errors import PromptError
from gpt.nn.classifier import Classifier
from gpt.nn.switches import DEFAULT, Switches


@torch.no_grad()
def classify(checkpoint: Checkpoint, text: str, switches: Switches = DEFAULT) -> dict[str, float]:
    """The labels of a classifier with their probabilities, which sum to 1, in the model's order.

    Args:
        switches: changes to the forward pass.

    Raises:
        PromptError: the model is no classifier, or the text is empty or longer than it reads.
        UnknownCharacterError: a character that the vocabulary lacks.
        SwitchError: switches that do not fit this model or text.
    """
    if not checkpoint.config.is_classifier:
        raise PromptError("this model gives a text no label; choose a run that was trained to")
    ids = text_ids(checkpoint, text)
    model = cast(Classifier, checkpoint.model.eval())
    device = next(model.parameters()).device
    logits = model(torch.tensor([ids], device=device), switches)[0].double()  # (K,)
    return dict(zip(checkpoint.labels, logits.softmax(0).tolist(), strict=True))


def text_ids(checkpoint: Checkpoint, text: str) -> list[int]:
    """The ids of a whole text, at most as many as a classifier reads.

    Raises:
        PromptError: the text is empty, or has more tokens than the model reads.
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    ids, most = checkpoint.ids_of(text), checkpoint.config.block_size
    if not ids:
        raise PromptError("the text is empty; type at least one character")
    if len(ids) > most:
        raise PromptError(
            f"the text has {len(ids):,} tokens; this model reads up to {most:,}. Give it a shorter "
            "one"
        )
    return ids
