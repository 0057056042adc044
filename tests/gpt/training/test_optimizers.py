"""Optimizers: who takes which parameter, and that their state survives a round trip."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch

from gpt.errors import CheckpointError
from gpt.nn.build import build
from gpt.nn.model import GPT
from gpt.training.optimizers import Optimizers
from gpt.training.settings import TrainingConfig
from tests.gpt.tiny import B, T, V, config, copied, random_model
from tests.gpt.training.processes import ROOT

EVERY = pytest.mark.parametrize("optimizer", ["adamw", "muon"])


def names(model: GPT, optimizer: torch.optim.Optimizer) -> set[str]:
    taken = {id(p) for group in optimizer.param_groups for p in group["params"]}
    return {name for name, p in model.named_parameters() if id(p) in taken}


def learn(model: GPT, optimizers: Optimizers, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randint(V, (B, T), generator=generator)
    model(x).square().mean().backward()
    optimizers.step()


def make(optimizer: str, **settings: Any) -> tuple[GPT, Optimizers]:
    model = random_model(config())
    return model, Optimizers(model, TrainingConfig(optimizer=optimizer, **settings))


def test_muon_takes_the_matrices_inside_the_blocks_and_nothing_else() -> None:
    model, optimizers = make("muon")
    adamw, muon = optimizers.all
    assert isinstance(adamw, torch.optim.AdamW) and isinstance(muon, torch.optim.Muon)
    parts = ("attn.query", "attn.key", "attn.value", "attn.proj", "mlp.fc", "mlp.proj")
    assert names(model, muon) == {f"h.{l}.{part}.weight" for l in (0, 1) for part in parts}
    assert names(model, adamw) == {n for n, _ in model.named_parameters()} - names(model, muon)
    assert {"wte.weight", "wpe.weight", "lm_head.weight"} < names(model, adamw)


def test_adamw_alone_takes_everything() -> None:
    model, optimizers = make("adamw")
    [adamw] = optimizers.all
    assert names(model, adamw) == {name for name, _ in model.named_parameters()}


@EVERY
def test_each_parameter_has_one_optimizer(optimizer: str) -> None:
    model, optimizers = make(optimizer)
    taken = [id(p) for one in optimizers.all for group in one.param_groups for p in group["params"]]
    assert sorted(taken) == sorted(id(p) for p in model.parameters())


def test_a_tied_embedding_is_taken_once() -> None:
    model = random_model(config(tie_weights=True))
    optimizers = Optimizers(model, TrainingConfig(optimizer="muon"))
    taken = [p for one in optimizers.all for group in one.param_groups for p in group["params"]]
    assert len(taken) == len({id(p) for p in taken}) == len(list(model.parameters()))


@EVERY
def test_norms_and_biases_do_not_decay(optimizer: str) -> None:
    _, optimizers = make(optimizer, weight_decay=0.3)
    for one in optimizers.all:
        for group in one.param_groups:
            for p in group["params"]:
                assert group["weight_decay"] == (0.3 if p.dim() >= 2 else 0.0)


@EVERY
def test_every_parameter_moves_and_gradients_are_forgotten(optimizer: str) -> None:
    model, optimizers = make(optimizer, weight_decay=0.0)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    learn(model, optimizers, seed=1)
    for name, p in model.named_parameters():
        # What no token reads has no gradient: adding to every key moves no softmax.
        if name not in ("h.0.attn.key.bias", "h.1.attn.key.bias"):
            assert not torch.equal(p, before[name]), name
        assert p.grad is None


def test_the_rates_are_factors_of_the_highest() -> None:
    _, optimizers = make("muon", learning_rate=0.004, muon_learning_rate=0.03)
    for factor in (0.5, 0.1, 1.0):  # each of the highest, not of the last one
        assert optimizers.set_rate(factor) == pytest.approx(0.004 * factor)
        rates = [group["lr"] for one in optimizers.all for group in one.param_groups]
        assert rates == pytest.approx([0.004 * factor, 0.004 * factor, 0.03 * factor])


@EVERY
def test_a_round_trip_of_the_state_gives_the_same_next_steps(optimizer: str) -> None:
    model, optimizers = make(optimizer)
    for seed in (1, 2, 3):
        learn(model, optimizers, seed)
    other = copied(model)
    restored = Optimizers(other, optimizers.config)
    state = {name: tensor.clone() for name, tensor in optimizers.state_tensors().items()}
    restored.load_state_tensors(state)
    for seed in (4, 5):
        learn(model, optimizers, seed)
        learn(other, restored, seed)
    after = dict(other.named_parameters())
    assert all(torch.equal(p, after[name]) for name, p in model.named_parameters())


@EVERY
def test_the_state_is_of_every_parameter(optimizer: str) -> None:
    model, optimizers = make(optimizer)
    assert optimizers.state_tensors() == {}
    learn(model, optimizers, seed=1)
    held = {key.rpartition("/")[0] for key in optimizers.state_tensors()}
    assert held == {name for name, _ in model.named_parameters()}


def test_forgetting_the_state_would_show() -> None:
    """The round trip above proves something: without the state the next step differs."""
    model, optimizers = make("adamw")
    learn(model, optimizers, seed=1)
    other = copied(model)
    learn(model, optimizers, seed=2)
    learn(other, Optimizers(other, optimizers.config), seed=2)
    assert not torch.equal(model.wte.weight, other.wte.weight)


def test_state_of_another_model_is_refused() -> None:
    _, optimizers = make("adamw")
    with pytest.raises(CheckpointError, match=r"optimizer.safetensors .* 'h.7.mlp.fc.weight'"):
        optimizers.load_state_tensors({"h.7.mlp.fc.weight/exp_avg": torch.zeros(3)})


def test_state_of_another_shape_is_refused() -> None:
    _, optimizers = make("adamw")
    with pytest.raises(CheckpointError, match=r"optimizer.safetensors .*wte.weight"):
        optimizers.load_state_tensors({"wte.weight/exp_avg": torch.zeros(3, 2)})


@EVERY
def test_a_step_is_that_of_torchs_own_method(optimizer: str) -> None:
    (ours, own), (theirs, others) = make(optimizer), make(optimizer)
    for seed in range(3):
        learn(ours, own, seed)
        generator = torch.Generator().manual_seed(seed)
        x = torch.randint(V, (B, T), generator=generator)
        theirs(x).square().mean().backward()
        for each in others.all:
            each.step()
            each.zero_grad()
    for parameter, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(parameter, other)
        assert parameter.grad is None


@pytest.mark.slow
def test_a_step_does_not_import_torchs_compiler() -> None:
    script = (
        "import sys\n"
        "from tests.gpt.training.test_optimizers import learn, make\n"
        "for optimizer in ('adamw', 'muon'):\n"
        "    learn(*make(optimizer), seed=1)\n"
        "sys.exit('torch._dynamo' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_muon_takes_the_matrices_of_an_encoder_and_of_cross_attention_too() -> None:
    model = build(config(n_encoder_layer=1, source_vocab_size=29))
    optimizers = Optimizers(model, TrainingConfig(optimizer="muon"))
    adamw, muon = optimizers.all
    attention = {f"{name}.weight" for name in ("query", "key", "value", "proj")}
    mlp = {"mlp.fc.weight", "mlp.proj.weight"}
    taken = {f"encoder.h.0.{name}" for name in mlp | {f"attn.{part}" for part in attention}}
    for l in (0, 1):
        parts = {f"{site}.{part}" for site in ("attn", "cross") for part in attention}
        taken |= {f"h.{l}.{name}" for name in mlp | parts}
    assert names(model, muon) == taken
    assert {"wte.weight", "encoder.wte.weight", "encoder.wpe.weight"} <= names(model, adamw)
    assert names(model, adamw) | taken == {name for name, _ in model.named_parameters()}


def test_the_heads_of_a_classifier_are_adamws() -> None:
    model = build(config(n_class=3, pool_activation="tanh", mask="none"))
    adamw, muon = Optimizers(model, TrainingConfig(optimizer="muon")).all
    assert {"class_head.weight", "pooler.weight", "wte.weight"} <= names(model, adamw)
    assert all(name.startswith("h.") for name in names(model, muon))
