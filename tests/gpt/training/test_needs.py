"""The memory that a training takes at least, and what is refused before it begins."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from gpt.__main__ import main
from gpt.errors import TrainingError
from gpt.nn.model import GPT
from gpt.shape_only import count_parameters
from gpt.training.needs import check_memory, state_memory, step_memory
from gpt.training.optimizers import Optimizers
from gpt.training.settings import TrainingConfig
from tests.gpt.tiny import BLOCK, C, L, V, config, new_run


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_state_is_at_most_that_of_a_real_optimizer(optimizer: str) -> None:
    settings = TrainingConfig(optimizer=optimizer)
    model = GPT(config())
    optimizers = Optimizers(model, settings)
    for parameter in model.parameters():
        parameter.grad = parameter.detach().clone()
    optimizers.step()
    kept = sum(tensor.numel() for tensor in optimizers.state_tensors().values() if tensor.dim())
    real = 4 * (2 * model.n_parameters + kept)
    assert state_memory(config(), settings) <= real
    if optimizer == "adamw":
        assert state_memory(config(), settings) == real == 16 * count_parameters(config())


def test_a_step_holds_logits_and_their_gradient_and_a_state_a_layer() -> None:
    settings = TrainingConfig(batch_size=3)
    assert step_memory(config(), settings) == 3 * BLOCK * (2 * 4 * V + 2 * L * C)


def test_a_classifier_has_the_logits_of_its_labels_only() -> None:
    settings = TrainingConfig(batch_size=3)
    assert step_memory(config(n_class=7), settings) == 3 * (BLOCK * 2 * L * C + 2 * 4 * 7)


def test_a_translator_has_the_states_of_its_encoder_too() -> None:
    settings = TrainingConfig(batch_size=3)
    model = config(n_encoder_layer=5, source_block_size=11)
    decoder = 3 * BLOCK * (2 * 4 * V + 2 * L * C)
    assert step_memory(model, settings) == decoder + 3 * 11 * 2 * 5 * C


def test_what_does_not_fit_is_refused_with_the_numbers() -> None:
    settings = TrainingConfig(batch_size=3)
    needed = state_memory(config(), settings) + step_memory(config(), settings)
    check_memory(config(), settings, available=needed)
    with pytest.raises(TrainingError, match=r"takes at least .* GiB of memory, and .* GiB can be"):
        check_memory(config(), settings, available=needed - 1)


@pytest.mark.parametrize(
    ("model", "training"),
    [
        (dict(n_layer=256, n_embd=1 << 14, n_head=256), {}),
        (dict(block_size=1 << 16), dict(batch_size=10_000_000)),
    ],
)
def test_a_run_that_cannot_fit_is_not_made(
    tmp_path: Path, model: dict[str, int], training: dict[str, int]
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TrainingError, match=r"takes at least .* of memory, and .* can be had here"):
        new_run(tmp_path / "run", model=model, **training)
    assert list(tmp_path.iterdir()) == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KiB


def test_the_command_line_refuses_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    monkeypatch.setattr("gpt.commands.train_command.pause_on_signals", lambda control: None)
    sizes = ("--set", "n_layer=256", "--set", "n_embd=16384", "--set", "n_head=256")
    assert main(["train", "--out", str(tmp_path / "run"), *sizes]) == 1
    assert "parameters (weights, gradients and optimizer" in capsys.readouterr().err
