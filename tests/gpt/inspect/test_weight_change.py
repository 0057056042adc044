"""Weight changes, against numpy on the tensors by hand, and putting back, against a whole model."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from gpt.inspect.weight_change import part_of, put_back, weight_change
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from tests.close import close
from tests.gpt import tiny
from tests.gpt.tiny import C, D, H, L


@pytest.fixture(scope="module")
def models() -> tuple[GPT, GPT]:
    config = tiny.config()
    return tiny.random_model(config, seed=1), tiny.random_model(config, seed=2)


def arrays(model: GPT) -> dict[str, np.ndarray]:
    return {name: tensor.detach().double().numpy() for name, tensor in model.named_parameters()}


def loss_of(model: GPT) -> float:
    ids = torch.tensor([tiny.random_ids()])
    with torch.no_grad():
        return cross_entropy(model(ids)[:, :-1], ids[:, 1:]).item()


def of_head(weights: dict[str, np.ndarray], layer: int, head: int) -> list[np.ndarray]:
    """The numbers of a head: rows of query, key and value, columns of the projection."""
    rows = slice(head * D, (head + 1) * D)
    a = f"h.{layer}.attn"
    of_rows = [
        weights[f"{a}.{n}.{t}"][rows] for n in ("query", "key", "value") for t in ("weight", "bias")
    ]
    return [*of_rows, weights[f"{a}.proj.weight"][:, rows]]


def test_norms_are_those_of_the_tensors(models: tuple[GPT, GPT]) -> None:
    before, after = map(arrays, models)
    change = weight_change(*models)
    assert change.heads.shape == (L, H) and C == H * D
    for layer, head in ((0, 0), (1, 2)):
        pairs = zip(of_head(before, layer, head), of_head(after, layer, head), strict=True)
        expected = np.sqrt(sum(((new - old) ** 2).sum() for old, new in pairs))
        assert change.heads[layer, head] == close(expected)
    mlp = [name for name in before if name.startswith("h.1.mlp")]
    moved = np.sqrt(sum(((after[n] - before[n]) ** 2).sum() for n in mlp))
    assert change.parts["h.1.mlp"] == close(moved)
    assert change.before["h.1.mlp"] == close(np.sqrt(sum((before[n] ** 2).sum() for n in mlp)))
    total = sum(((after[n] - before[n]) ** 2).sum() for n in before)
    assert sum(x**2 for x in change.parts.values()) == close(total), "each weight is in one part"


def test_one_head_put_back_is_a_model_with_that_head(models: tuple[GPT, GPT]) -> None:
    before, after = models
    kept = arrays(copy.deepcopy(after))
    found = put_back(before, after, loss_of)
    assert found.as_is == close(loss_of(after))
    mixed, old = copy.deepcopy(after), before.state_dict()
    rows = slice(1 * D, 2 * D)
    with torch.no_grad():
        for name, tensor in mixed.named_parameters():
            if name.startswith("h.1.attn.") and ".proj." not in name:
                tensor[rows] = old[name][rows]
            elif name == "h.1.attn.proj.weight":
                tensor[:, rows] = old[name][:, rows]
    assert found.heads[1, 1] == close(loss_of(mixed))
    assert found.of_heads[1, 1] == close(loss_of(mixed) - loss_of(after))
    for name, array in arrays(after).items():
        assert np.array_equal(array, kept[name]), "the model itself stays as it was"


def test_one_part_put_back_and_nothing_changed_is_no_loss(models: tuple[GPT, GPT]) -> None:
    before, after = models
    found = put_back(before, after, loss_of)
    mixed = copy.deepcopy(after)
    names = {n: t for n, t in before.state_dict().items() if part_of(n) == "h.0.mlp"}
    mixed.load_state_dict({**after.state_dict(), **names})
    assert found.parts["h.0.mlp"] == close(loss_of(mixed))
    same = put_back(after, after, loss_of)
    assert np.all(same.of_heads == 0) and not np.any(weight_change(after, after).heads)


def test_models_of_two_shapes_are_refused(models: tuple[GPT, GPT]) -> None:
    other = tiny.random_model(tiny.config(n_layer=1))
    with pytest.raises(ValueError, match="different architectures"):
        weight_change(models[0], other)
