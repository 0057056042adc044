"""Query and key swapped, the value path as one map, and all heads at once, against numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import PromptError
from gpt.inspect.one_head import query_key_swap
from gpt.inspect.one_head.heads_together import heads_together
from gpt.inspect.one_head.matrices import one_head
from gpt.inspect.one_head.query_key_swap import swap, swapped
from gpt.inspect.one_head.value_path import value_path
from gpt.nn.model import GPT
from tests.close import close
from tests.gpt import numpy_gpt, tiny

VARIANTS = ["learned", "rotary with qk_norm", "no bias", "no projection", "post", "no mask"]


def model_of(variant: str) -> GPT:
    return tiny.random_model(tiny.config(**tiny.VARIANTS[variant]))


def numpy_loss(weights: dict[str, np.ndarray], config: Any, ids: list[int]) -> float:
    logits = numpy_gpt.forward(weights, config, ids)["logits"][:-1]
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return float(-logs[np.arange(len(ids) - 1), ids[1:]].mean())


@pytest.mark.parametrize("variant", VARIANTS)
def test_swapped_scores_are_transposed(variant: str) -> None:
    model, ids = model_of(variant), tiny.random_ids()
    result = swap(model, ids, gpt.Switches(), layer=1, head=2)
    assert result.after == close(result.before.T)
    assert result.from_transposed < 1e-4
    assert np.abs(result.before - result.before.T).max() > 0.1, "it was not symmetric before"


@pytest.mark.parametrize("variant", ["learned", "no bias"])
def test_the_losses_are_those_of_numpy_with_exchanged_matrices(variant: str) -> None:
    model, ids = model_of(variant), tiny.random_ids()
    result = swap(model, ids, gpt.Switches(), layer=0, head=1)
    weights = numpy_gpt.numpy_weights(model)
    assert result.loss == close(numpy_loss(weights, model.config, ids))
    exchanged = {
        name.replace("query", "…").replace("key", "query").replace("…", "key"): array
        for name, array in weights.items()
    }
    assert result.all_heads == close(numpy_loss(exchanged, model.config, ids))
    rows = slice(tiny.D, 2 * tiny.D)
    one = {name: array.copy() for name, array in weights.items()}
    for kind in ("weight", "bias"):
        query, key = f"h.0.attn.query.{kind}", f"h.0.attn.key.{kind}"
        if query in one:
            one[query][rows], one[key][rows] = weights[key][rows], weights[query][rows]
    assert result.one_head == close(numpy_loss(one, model.config, ids))


def test_swapped_twice_is_as_before_and_the_model_itself_stays() -> None:
    model = model_of("learned")
    before = {name: p.clone() for name, p in model.state_dict().items()}
    twice = swapped(swapped(model, [(0, 1)]), [(0, 1)])
    for name, numbers in twice.state_dict().items():
        assert torch.equal(numbers, before[name])
        assert torch.equal(model.state_dict()[name], before[name])


def test_a_large_model_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_key_swap, "LARGEST", 10)
    with pytest.raises(PromptError, match="choose a model of at most 10"):
        swapped(model_of("learned"), [(0, 0)])


@pytest.mark.parametrize("variant", VARIANTS)
def test_value_down_and_up_are_one_map_of_rank_D(variant: str) -> None:
    model = model_of(variant)
    trace = gpt.trace(model, tiny.random_ids())
    path = value_path(one_head(model, trace, 1, 2))
    C, D = model.config.n_embd, model.config.head_size
    whole = np.linalg.svd(path.matrix, compute_uv=False)
    assert path.matrix.shape == (C, C)
    assert whole[:D] == close(path.singular) and whole[D:] == close(np.zeros(C - D))
    assert path.rank == D
    assert path.contribution == close(trace.contribution[1, 2])
    assert path.difference < 1e-5


def test_a_value_matrix_of_rank_one_gives_a_map_of_rank_one() -> None:
    model = model_of("learned")
    with torch.no_grad():
        rows = model.blocks[0].attn.value.weight[: tiny.D]
        rows.copy_(torch.outer(torch.arange(1.0, tiny.D + 1), torch.ones(tiny.C)))
    path = value_path(one_head(model, gpt.trace(model, [3, 1, 4]), 0, 0))
    assert path.rank == 1


@pytest.mark.parametrize("variant", VARIANTS)
def test_heads_one_by_one_are_the_batched_product(variant: str) -> None:
    model, ids = model_of(variant), tiny.random_ids()
    trace = gpt.trace(model, ids)
    together = heads_together(model, trace, 1)
    D = model.config.head_size
    assert together.D == D
    assert together.difference < 1e-12
    for head in range(tiny.H):
        block = together.at_once[:, head * D : (head + 1) * D]
        assert block == close(trace.head_out[1, head])
    assert together.added == close(trace.attention_out[1])
    assert together.from_model < 1e-5
