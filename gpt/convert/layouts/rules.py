"""Rules that turn the tensors of one layout into those of another, in both directions.

Others may keep several of our matrices in one (GPT-2's queries, keys and values) or one of ours in
several (the lecture's heads). Both sides then hold the same rows, one after the other. GPT-2 also
transposes its matrices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from gpt.convert.files.weights import Weights
from gpt.errors import CheckpointError, ConversionError
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.shape_only import shape_only
from gpt.weights_file import assembled, check_shapes, expected_shapes, stored_weights

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Rule:
    """The rows of our tensors, one after the other, are the rows of theirs.

    Fields:
        ours, theirs: names. Each of theirs has the same number of rows.
        transposed: whether theirs are (in, out), as in GPT-2's Conv1D.
    """

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    transposed: bool = False

    def their_shape(self, ours: Mapping[str, Shape]) -> Shape:
        """The shape of each of theirs, given the shapes of ours."""
        rows = sum(ours[name][0] for name in self.ours) // len(self.theirs)
        shape = (rows, *ours[self.ours[0]][1:])
        return shape[::-1] if self.transposed else shape

    def to_ours(
        self, tensors: Sequence[torch.Tensor], ours: Mapping[str, Shape]
    ) -> dict[str, torch.Tensor]:
        """Our tensors out of theirs."""
        rows = torch.cat([t.T if self.transposed else t for t in tensors])
        parts = rows.split([ours[name][0] for name in self.ours])
        return {name: part.clone() for name, part in zip(self.ours, parts, strict=True)}

    def to_theirs(self, tensors: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Their tensors out of ours."""
        parts = torch.cat(list(tensors)).chunk(len(self.theirs))
        turned = [part.T if self.transposed else part for part in parts]
        return {name: t.contiguous() for name, t in zip(self.theirs, turned, strict=True)}


def to_ours(config: GPTConfig, rules: Sequence[Rule], weights: Weights, source: str) -> GPT:
    """A model of ours out of the weights of others, in evaluation mode and float32.

    Args:
        config: what the model should be.
        rules: for every one of its tensors.
        source: where that is written, in messages ("config.json").

    Raises:
        ConversionError: a tensor is missing, too many, of another shape or kind; nothing was
            allocated before the shapes were known to fit.
    """
    model = check(config, rules, weights, source)
    ours = expected_shapes(model)
    tensors: dict[str, torch.Tensor] = {}
    for rule in rules:
        tensors |= rule.to_ours([weights.floats(name) for name in rule.theirs], ours)
    return assembled(model, tensors).eval()


def check(config: GPTConfig, rules: Sequence[Rule], weights: Weights, source: str) -> GPT:
    """A model without numbers, into which the weights of others would fit.

    Raises:
        ConversionError: a tensor is missing, too many or of another shape.
    """
    with shape_only():
        model = build(config)
    ours = expected_shapes(model)
    theirs = {name: rule.their_shape(ours) for rule in rules for name in rule.theirs}
    try:
        check_shapes(weights.where, weights.shapes, theirs, source)
    except CheckpointError as error:
        raise ConversionError(str(error)) from None
    return model


def to_theirs(model: GPT, rules: Sequence[Rule]) -> dict[str, torch.Tensor]:
    """The tensors of others out of a model of ours, which has every one that the rules name."""
    ours = stored_weights(model)
    tensors: dict[str, torch.Tensor] = {}
    for rule in rules:
        tensors |= rule.to_theirs([ours[name].float().cpu() for name in rule.ours])
    return tensors


def are_same(weights: Weights, name: str, other: str) -> bool:
    """Whether two tensors hold the same numbers; what is not a number is refused elsewhere."""
    if weights.shapes[name] != weights.shapes[other]:
        return False
    return torch.equal(weights.read(name).nan_to_num(), weights.read(other).nan_to_num())


def same_if_tied(weights: Weights, embedding: str, head: str, source: str) -> Weights:
    """Weights whose output embedding is the token embedding, without its second copy.

    Raises:
        ConversionError: the two are not the same numbers.
    """
    if head not in weights.shapes or embedding not in weights.shapes:
        return weights
    if not are_same(weights, head, embedding):
        raise ConversionError(
            f"{weights.where}: {source} says that {head} is {embedding}, but they differ"
        )
    return weights.renamed(lambda name: None if name == head else name)
