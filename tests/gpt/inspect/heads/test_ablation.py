"""Switching a head off is what editing its output projection to zero is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import gpt
from gpt.inspect.heads import ablation
from gpt.inspect.heads.ablation import effects, one_by_one, read, token_losses, untried
from gpt.nn.switches import Switches
from tests.browser.app_server import ROOT
from tests.close import close
from tests.gpt import tiny

WITH_PROJECTION = [name for name in tiny.VARIANTS if name != "no projection"]


def loss_of(logits: torch.Tensor, ids: torch.Tensor) -> float:
    """By the definition: the mean of −ln p(next token)."""
    logs = logits.log_softmax(-1)[:, :-1]
    return float(-logs.gather(-1, ids[:, 1:, None]).mean())


@torch.no_grad()
@pytest.mark.parametrize("name", WITH_PROJECTION)
def test_off_equals_a_projection_edited_to_zero(name: str) -> None:
    model = tiny.random_model(tiny.config(**tiny.VARIANTS[name]))
    ids = torch.tensor([tiny.random_ids(), tiny.random_ids(seed=8)])
    found = effects(model, ids.numpy())
    D = model.config.head_size
    for l in range(model.config.n_layer):
        for h in range(model.config.n_head):
            edited = tiny.copied(model)
            edited.blocks[l].attn.proj.weight[:, h * D : (h + 1) * D] = 0
            logits = edited(ids)
            assert found.losses[l, h] == pytest.approx(loss_of(logits, ids), abs=1e-5)
            np.testing.assert_allclose(found.logits[l, h], logits[0, -1], atol=1e-5)


@torch.no_grad()
def test_every_token_has_its_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.random_model(tiny.config())
    ids = np.array([tiny.random_ids(seed=n) for n in range(5)])
    off = Switches(heads_off=frozenset({(1, 2)}))
    logs = model(torch.tensor(ids), off).double().log_softmax(-1)[:, :-1]
    expected = -np.take_along_axis(logs.numpy(), ids[:, 1:, None], -1)[..., 0]
    assert token_losses(model, ids, off) == close(expected)
    monkeypatch.setattr(ablation, "MOST_LOGITS", 2 * ids.shape[1] * tiny.V)  # two texts at a time
    assert token_losses(model, ids, off) == close(expected)
    assert token_losses(model, ids).mean() == close(read(model, ids).loss)


@torch.no_grad()
def test_effects_are_differences_to_the_model_as_it_is() -> None:
    model = tiny.random_model(tiny.config())
    ids = np.array([tiny.random_ids()])
    found = effects(model, ids)
    plain = model(torch.tensor(ids))
    assert found.as_is.loss == close(loss_of(plain, torch.tensor(ids)))
    assert found.on_loss == close(found.losses - found.as_is.loss)
    assert found.on_logit(4) == close(found.logits[..., 4] - plain[0, -1, 4].item())


def test_other_switches_stay_as_they_are() -> None:
    """A head that is off already changes nothing; the others are judged without it and maskless."""
    model = tiny.random_model(tiny.config())
    ids = np.array([tiny.random_ids()])
    switches = gpt.Switches(mask="none", heads_off=frozenset({(1, 1)}))
    found = effects(model, ids, switches)
    assert found.on_loss[1, 1] == close(0) and found.on_logit(3)[1, 1] == close(0)
    both = gpt.Switches(mask="none", heads_off=frozenset({(1, 1), (0, 2)}))
    assert found.losses[0, 2] == close(read(model, ids, both).loss)


def test_texts_in_small_batches_are_read_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.random_model(tiny.config())
    ids = np.array([tiny.random_ids(seed=seed) for seed in range(5)])
    whole = read(model, ids)
    monkeypatch.setattr(ablation, "MOST_LOGITS", 2 * ids.shape[1] * tiny.V)
    parts = read(model, ids)
    assert parts.loss == close(whole.loss)
    assert parts.logits == close(whole.logits)


def test_what_is_missing_can_be_asked_later() -> None:
    model = tiny.random_model(tiny.config())
    ids = np.array([tiny.random_ids()])
    found = untried(model, read(model, ids))
    assert len(found.missing()) == tiny.L * tiny.H
    (l, h), reading = next(one_by_one(model, ids, gpt.Switches(), found.missing()))
    found.losses[l, h], found.logits[l, h] = reading.loss, reading.logits
    assert (l, h) not in found.missing() and len(found.missing()) == tiny.L * tiny.H - 1


def test_one_token_has_no_loss_but_logits() -> None:
    found = effects(tiny.random_model(tiny.config()), np.array([[3]]))
    assert np.isnan(found.on_loss).all()
    assert np.isfinite(found.logits).all() and not found.missing()


def test_without_its_induction_head_the_copy_run_cannot_copy() -> None:
    checkpoint = gpt.load(ROOT / "checkpoints" / "copy")
    text = "\nqhxtbmzqhxtbmz\nkfwyrkfwyr\n"
    found = effects(checkpoint.model, np.array([checkpoint.tokenizer.encode(text)]))
    assert found.on_loss[1, 0] > 1  # nats a token
