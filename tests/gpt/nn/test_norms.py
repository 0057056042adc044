"""Norms: PyTorch's own numbers, what a batch leaks in training, and that its means are saved."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import gpt
from gpt.nn.model import GPT
from gpt.nn.norms import BatchNorm, rms_norm
from gpt.training.control import Control, Wish
from gpt.training.loop import train
from gpt.training.runs import Run
from gpt.weights_file import load_weights, save_weights, stored_weights
from tests.gpt.tiny import MODEL, B, C, T, V, config, new_run, random_model


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(4))


def test_the_root_mean_square_is_pytorchs_and_so_is_its_gradient() -> None:
    x = drawn(B, T, C) * 3
    own, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    normed, expected = rms_norm(own), F.rms_norm(theirs, (C,))
    torch.testing.assert_close(normed, expected)
    torch.testing.assert_close(normed.square().mean(-1), torch.ones(B, T))
    (normed * x.sin()).sum().backward()
    (expected * x.sin()).sum().backward()
    torch.testing.assert_close(own.grad, theirs.grad, atol=1e-5, rtol=1e-4)
    assert not rms_norm(torch.zeros(2, C)).any()  # a vector without length keeps none


@pytest.mark.parametrize("bias", [True, False])
def test_it_is_pytorchs_over_every_position_of_the_batch(bias: bool) -> None:
    ours, theirs = BatchNorm(C, 0.03, bias), nn.BatchNorm1d(C, 0.03)
    for step in range(3):
        x = drawn(B, T, C) * 2 + step
        expected = theirs(x.flatten(0, 1)).view(B, T, C)
        torch.testing.assert_close(ours(x), expected)
    torch.testing.assert_close(ours.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.running_var, theirs.running_var)
    alone = drawn(C)
    torch.testing.assert_close(ours.eval()(alone), theirs.eval()(alone[None])[0])


def test_by_hand_two_positions_of_one_channel() -> None:
    """1 and 3 have mean 2 and variance 1: they become −1 and 1, and a tenth of it is kept."""
    norm = BatchNorm(1, 1e-12, bias=True)
    torch.testing.assert_close(
        norm(torch.tensor([[[1.0], [3.0]]])), torch.tensor([[[-1.0], [1.0]]])
    )
    assert norm.running_mean.item() == pytest.approx(0.1 * 2)
    assert norm.running_var.item() == pytest.approx(0.9 * 1 + 0.1 * 2)  # over N − 1, as PyTorch


def logits_after_another_end(model: GPT) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits of all positions but the last, with one last token and with another."""
    ids = torch.randint(V, (2, T), generator=torch.Generator().manual_seed(8))
    other = ids.clone()
    other[:, -1] = (other[:, -1] + 1) % V
    return model(ids)[:, :-1], model(other)[:, :-1]


def test_in_training_a_later_token_changes_what_earlier_positions_say() -> None:
    model = random_model(config(norm_kind="batch"))
    before, after = logits_after_another_end(model)
    torch.testing.assert_close(before, after)  # in use it is causal
    before, after = logits_after_another_end(model.train())
    assert (before - after).abs().max() > 1e-3
    before, after = logits_after_another_end(random_model(config()).train())
    torch.testing.assert_close(before, after)  # with LayerNorm in training too


def test_the_running_statistics_are_saved_and_loaded(tmp_path: Path) -> None:
    model = random_model(config(norm_kind="batch"))
    names = set(stored_weights(model))
    assert {"ln_f.running_mean", "h.1.ln_2.running_var"} <= names
    save_weights(model, tmp_path / "model.safetensors", {})
    loaded, _ = load_weights(tmp_path / "model.safetensors", model.config)
    assert torch.equal(loaded.state_dict()["ln_f.running_var"], model.ln_f.running_var)  # type: ignore[union-attr]
    ids = torch.arange(T)[None] % V
    assert torch.equal(loaded.eval()(ids), model(ids))


def test_a_run_that_was_paused_goes_on_bit_for_bit(tmp_path: Path) -> None:
    model = {**MODEL, "norm_kind": "batch"}
    straight, paused = (new_run(tmp_path / name, model=model) for name in ("a", "b"))
    assert train(straight).state == "done"
    control = Control()

    def leave(line: dict[str, object], status: object) -> None:
        if line["step"] == 6:
            control.ask(Wish.PAUSE)

    assert train(paused, control, leave).state == "paused"
    assert train(Run(paused.path)).state == "done"
    ours, theirs = (gpt.load(run.path).model.state_dict() for run in (straight, paused))
    assert "h.0.ln_1.running_mean" in ours
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
