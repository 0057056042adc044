"""The table of devices: a row for each that the machine has, with what was measured there."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from gpt.nn.config import GPTConfig
from gpt.training import device as devices
from gpt.training.estimate import Pace
from gpt.training.presets import find
from gpt.training.settings import TrainingConfig
from pages.parts.train import device_table, training_pace
from tests.pages.opening import opened, said

MODEL = GPTConfig(block_size=8, vocab_size=5, n_layer=1, n_head=1, n_embd=4)
TRAINING = TrainingConfig(steps=10, batch_size=25)


def with_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some GPU")


def test_the_devices_come_in_the_order_in_which_they_are_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices.on_this_machine() == ["cpu"] and devices.choose(TRAINING).name == "cpu"
    with_a_gpu(monkeypatch)
    assert devices.on_this_machine() == ["cuda", "cpu"]
    assert devices.described("cuda") == "GPU: Some GPU"


def test_each_device_has_its_step_and_the_fastest_stands_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_a_gpu(monkeypatch)
    each = {name: TrainingConfig(steps=10, batch_size=25, device=name) for name in ("cuda", "cpu")}
    steps = {"cuda": 0.004, "cpu": 0.002}

    def known(model: GPTConfig, training: TrainingConfig) -> Pace | None:
        step = steps.get(training.device)
        return None if step is None else Pace(step, 0.0, 0.0, 4)

    monkeypatch.setattr(training_pace, "known", known)
    gpu, cpu = device_table.table(MODEL, each).splitlines()[2:]
    assert gpu.endswith("Some GPU | 4.0 ms | 50,000 |")  # 25 × 8 tokens a step
    assert cpu.endswith("| **2.0 ms** | **100,000** |")
    del steps["cuda"]
    gpu, cpu = device_table.table(MODEL, each).splitlines()[2:]
    assert gpu.endswith("| not measured yet |  |") and cpu.endswith("| 2.0 ms | 100,000 |")


def test_a_press_measures_this_very_model_on_each_device(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []

    def measure(model: GPTConfig, training: TrainingConfig, *data: Any) -> Pace:
        assert model == find("tiny").model_config(model.vocab_size)
        measured.append(training.device)
        return Pace(0.125, 0.0, 0.0, 4)

    monkeypatch.setattr(training_pace, "measure", measure)
    app = opened("train", preset="tiny", text="plays")
    assert "Devices of this machine" in said(app)
    app.button(key="train_devices").click().run()
    assert not app.exception and measured == devices.on_this_machine()
    assert "125.0 ms" in said(app)
