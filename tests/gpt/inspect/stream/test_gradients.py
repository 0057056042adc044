"""Gradients: against differences, against `.backward()`, and without touching the model."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gpt.errors import PromptError, SwitchError
from gpt.inspect.stream import gradients as stream_gradients
from gpt.inspect.stream.gradients import gradients
from gpt.nn.model import GPT
from gpt.nn.switches import Switches
from gpt.training.initial import draw
from tests.close import close
from tests.gpt.tiny import VARIANTS, H, L, T, V, config, copied, random_ids
from tests.gpt.tiny import random_model as drawn_model

every_setting = pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)


def loss_of(model: GPT, ids: list[int]) -> torch.Tensor:
    x = torch.tensor([ids])
    return F.cross_entropy(model(x)[0, :-1], x[0, 1:])


@every_setting
def test_parameters_have_the_gradients_that_backward_gives(changes: dict[str, Any]) -> None:
    model = drawn_model(config(**changes))
    found = gradients(model, random_ids())
    twin = copied(model)
    loss = loss_of(twin, random_ids())
    loss.backward()
    assert found.loss == pytest.approx(loss.item(), abs=1e-5)
    own = {name: p for name, p in twin.named_parameters()}
    assert list(found.parameters) == list(own)
    for name, norm in found.parameters.items():
        grad = own[name].grad
        expected = 0.0 if grad is None else float(grad.norm())
        assert norm == pytest.approx(expected, rel=1e-4, abs=1e-6), name


@every_setting
@pytest.mark.parametrize("skip", [True, False])
def test_switching_skip_is_the_same_weights_in_the_other_architecture(
    changes: dict[str, Any], skip: bool
) -> None:
    model = drawn_model(config(**changes))
    switched = gradients(model, random_ids(), skip=skip)
    other = gradients(copied(model, skip=skip), random_ids())
    assert switched.loss == other.loss
    np.testing.assert_array_equal(switched.stream, other.stream)
    assert switched.parameters == other.parameters


def test_the_first_state_has_the_gradient_of_what_is_put_into_it() -> None:
    """dLoss/dx at the embedding is dLoss/d(position vector), position by position."""
    model = drawn_model(config())
    found = gradients(model, random_ids())
    twin = copied(model)
    loss_of(twin, random_ids()).backward()
    assert twin.wpe is not None and twin.wpe.weight.grad is not None
    expected = twin.wpe.weight.grad[:T].norm(dim=-1).numpy()
    np.testing.assert_allclose(found.stream[0], expected, rtol=1e-4, atol=1e-7)
    assert found.by_state[0] == pytest.approx(float(np.sqrt((expected**2).sum())), rel=1e-4)


def test_by_hand_the_last_state_without_norms() -> None:
    """There dLoss/dx is (p − one-hot of the target) through the unembedding, over T−1 targets."""
    model = drawn_model(config(norm="none"))
    x = torch.tensor([random_ids()])
    with torch.no_grad():
        error = model(x)[0, :-1].softmax(-1) - F.one_hot(x[0, 1:], V)
        expected = (error @ model.lm_head.weight / (T - 1)).norm(dim=-1).numpy()
    found = gradients(model, random_ids()).stream[-1]
    np.testing.assert_allclose(found[:-1], expected, rtol=1e-4)
    assert found[-1] == 0  # no target follows the last position


def test_a_small_step_along_the_gradient_changes_the_loss_by_its_square() -> None:
    """A finite difference, in float64."""
    model = drawn_model(config()).double()
    found = gradients(model, random_ids())
    weight = model.blocks[0].attn.value.weight
    (grad,) = torch.autograd.grad(loss_of(model, random_ids()), [weight])
    before = loss_of(model, random_ids()).item()
    with torch.no_grad():
        weight.add_(grad, alpha=1e-5)
    slope = (loss_of(model, random_ids()).item() - before) / 1e-5
    assert slope == pytest.approx(found.parameters["h.0.attn.value.weight"] ** 2, rel=1e-3)


def test_without_skip_connections_the_gradient_of_a_deep_new_model_vanishes() -> None:
    """What the lecture adds them for, at 1:26:48: with them it arrives at the first layer."""
    deep = config(n_layer=8, norm="none", n_embd=H * 8)
    model = draw(deep, seed=3)
    with_skip, without = (gradients(model, random_ids(), skip=s).by_state for s in (True, False))
    assert with_skip[0] == pytest.approx(with_skip[-1], rel=0.2)
    assert without[0] < 1e-6 * without[-1]


def test_nothing_of_the_model_is_touched() -> None:
    model = drawn_model(config())
    before = {name: p.clone() for name, p in model.named_parameters()}
    gradients(model, random_ids(), skip=False)
    assert all(p.grad is None and torch.equal(p, before[n]) for n, p in model.named_parameters())
    assert model.config.skip and model.blocks[0].skip
    assert not any(p._backward_hooks for p in model.parameters())


@pytest.mark.parametrize("read", [1, 2, T - 1])
def test_a_long_prompts_loss_is_taken_in_pieces(monkeypatch: pytest.MonkeyPatch, read: int) -> None:
    model = drawn_model(config(tie_weights=True))
    whole = gradients(model, random_ids())
    monkeypatch.setattr(stream_gradients, "READ", read)
    found = gradients(model, random_ids())
    assert found.loss == close(whole.loss)
    np.testing.assert_allclose(found.stream, whole.stream, rtol=1e-4, atol=1e-7)
    assert found.parameters == pytest.approx(whole.parameters, rel=1e-4, abs=1e-7)


def test_two_at_a_time_do_not_take_each_others_gradients() -> None:
    model = drawn_model(config())
    others = [random_ids()[n:] for n in range(4)]
    alone = [gradients(model, ids) for ids in others]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda ids: gradients(model, ids), others * 5))
    for n, found in enumerate(together):
        assert found.parameters == alone[n % 4].parameters


@torch.no_grad()
def test_it_works_where_gradients_are_switched_off() -> None:
    assert gradients(drawn_model(config()), random_ids()).by_state.all()


def test_switches_are_heeded() -> None:
    model = drawn_model(config())
    open_eyed = gradients(model, random_ids(), Switches(mask="none"))
    unmasked = gradients(copied(model, mask="none"), random_ids())
    assert open_eyed.loss == close(unmasked.loss)
    assert open_eyed.parameters == close(unmasked.parameters)
    assert open_eyed.loss != close(gradients(model, random_ids()).loss)
    off = gradients(model, random_ids(), Switches(heads_off={(0, 1)}, mlp_off={1}))
    assert off.parameters["h.1.mlp.fc.weight"] == 0


def test_a_new_model_with_zeroed_projections_lets_nothing_through_without_skips() -> None:
    zeroed = draw(config(zero_init=True), seed=1)
    without = gradients(zeroed, random_ids(), skip=False)
    assert not without.by_state[:-1].any() and without.loss == pytest.approx(math.log(V), abs=1e-3)
    own = draw(replace(config(zero_init=True), zero_init=False), seed=1)
    assert gradients(own, random_ids(), skip=False).by_state.all()


def test_a_loss_needs_two_tokens() -> None:
    with pytest.raises(PromptError, match="type at least two"):
        gradients(drawn_model(config()), [3])
    assert gradients(drawn_model(config()), [3, 4]).stream.shape == (2 * L + 1, 2)


def test_edited_weights_have_no_gradient() -> None:
    edit = Switches(weights_edit={(0, 0): np.eye(T)})
    with pytest.raises(SwitchError, match="edited weights"):
        gradients(drawn_model(config()), random_ids(), edit)
