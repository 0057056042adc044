"""A model's norms at work: what the page shows is what each norm read and gave, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import gpt
from gpt.errors import ConfigError
from gpt.inspect.stream.model_norms import (
    STAGES,
    at_work,
    norm_names,
    row_moments,
    spreads,
    without_norms,
)
from gpt.nn.model import GPT
from tests.close import ABS, REL
from tests.gpt import tiny
from tests.gpt.tiny import config, random_ids, random_model

NORMED = {
    name: changes
    for name, changes in (tiny.VARIANTS | {"as BERT": tiny.BERT}).items()
    if changes.get("norm") != "none"
}


def seen(model: GPT, norm_name: str, ids: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """What a norm was really given in a forward pass, and what it gave."""
    found: dict[str, Any] = {}

    def hook(module: object, given: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        found["both"] = (given[0][0].numpy(), out[0].numpy())

    handle = model.get_submodule(norm_name).register_forward_hook(hook)
    with torch.no_grad():
        model(torch.tensor([ids]))
    handle.remove()
    return found["both"]


@pytest.mark.parametrize("name", NORMED)
def test_before_and_after_are_what_the_norm_read_and_gave(name: str) -> None:
    model, ids = random_model(config(**NORMED[name])), random_ids()
    traced = gpt.trace(model, ids)
    for norm_name in norm_names(model):
        found = at_work(model, traced, norm_name)
        before, after = seen(model, norm_name, ids)
        np.testing.assert_allclose(found.before, before, atol=1e-5, err_msg=norm_name)
        np.testing.assert_allclose(found.after, after, atol=1e-4, err_msg=norm_name)


@pytest.mark.parametrize("name", ["learned", "no bias", "batch norm", "odd width and epsilon"])
def test_after_is_normalized_times_gain_plus_bias(name: str) -> None:
    model = random_model(config(**tiny.VARIANTS[name]))
    traced = gpt.trace(model, random_ids())
    for norm_name in norm_names(model):
        found = at_work(model, traced, norm_name)
        bias = 0 if found.bias is None else found.bias
        np.testing.assert_allclose(found.normalized * found.gain + bias, found.after, atol=1e-5)
        np.testing.assert_array_equal(found.first_gain, np.ones(tiny.C))
        assert (found.bias is None) == (found.first_bias is None) == (name == "no bias")
        assert found.first_bias is None or not found.first_bias.any()


def test_layer_norm_is_pytorchs_and_each_row_is_even() -> None:
    model = random_model(config())
    found = at_work(model, gpt.trace(model, random_ids()), "h.1.ln_2")
    assert found.kind == "layer" and list(found.stages()) == list(STAGES)
    peer = F.layer_norm(torch.from_numpy(found.before), (tiny.C,))
    np.testing.assert_allclose(found.normalized, peer.numpy(), atol=1e-5)
    mean, std = row_moments(found.normalized)
    np.testing.assert_allclose(mean, 0, atol=1e-6)
    np.testing.assert_allclose(std, 1, atol=1e-3)


def test_batch_norm_goes_by_what_training_left_not_by_this_prompt() -> None:
    model = random_model(config(norm_kind="batch"))
    ids = random_ids()
    found = at_work(model, gpt.trace(model, ids), "h.0.ln_1")
    short = at_work(model, gpt.trace(model, ids[:3]), "h.0.ln_1")
    assert found.kind == "batch"
    np.testing.assert_allclose(found.normalized[:3], short.normalized, rtol=REL, atol=ABS)
    ln = model.blocks[0].ln_1
    mean, var = ln.running_mean.numpy(), ln.running_var.numpy()
    expected = (found.before[4] - mean) / np.sqrt(var + 1e-5)
    np.testing.assert_allclose(found.normalized[4], expected, atol=1e-5)
    assert abs(row_moments(found.normalized)[1] - 1).max() > 0.01


def test_names_in_the_order_of_a_token() -> None:
    assert norm_names(random_model(config(n_layer=2))) == [
        *("h.0.ln_1", "h.0.ln_2", "h.1.ln_1", "h.1.ln_2"),
        "ln_f",
    ]
    assert norm_names(random_model(config(norm="none"))) == []
    assert norm_names(random_model(config(**tiny.BIGRAM))) == []
    assert norm_names(random_model(config(**tiny.BERT)))[-1] == "transform.ln"


def test_a_norm_that_is_not_there_is_refused() -> None:
    model = random_model(config(norm="post"))
    with pytest.raises(ConfigError, match=r"no norm 'ln_f'; its norms are: h\.0\.ln_1"):
        at_work(model, gpt.trace(model, random_ids()), "ln_f")


def test_moments_and_spreads_by_hand() -> None:
    mean, std = row_moments(np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]], np.float32))
    np.testing.assert_allclose(mean, [2, 5])
    np.testing.assert_allclose(std, [(2 / 3) ** 0.5, 0])
    found = spreads({"a": np.array([0.0, 25.0]), "b": np.array([0.5, 0.6, 12.5, np.nan])})
    np.testing.assert_allclose(found.edges, np.arange(26))
    assert found.counts["a"][[0, -1]].tolist() == [1, 1] and found.counts["a"].sum() == 2
    assert found.counts["b"][[0, 12]].tolist() == [2, 1] and found.counts["b"].sum() == 3


def test_without_norms_is_the_model_without_norms() -> None:
    """The same weights in an architecture that has none give the same logits and loss."""
    model, ids = random_model(config()), random_ids()
    found = without_norms(model, ids)
    bare = tiny.copied(model, norm="none")
    with torch.no_grad():
        logits = bare(torch.tensor([ids]))[0]
    loss = F.cross_entropy(logits[:-1], torch.tensor(ids[1:])).item()
    np.testing.assert_allclose(found.without.logits, logits[-1].numpy(), atol=1e-5)
    assert found.without.loss == pytest.approx(loss, abs=1e-5)
    assert abs(found.without.loss - found.as_is.loss) > 0.01
