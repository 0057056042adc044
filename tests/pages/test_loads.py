"""Loads: how many cores a look gets, and which traces are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from gpt.checkpoint import save_weights
from gpt.inspect import maps
from gpt.inspect.maps import Maps
from pages.shared import large_traces, loads
from pages.shared.loads import Look
from tests.gpt import tiny


@pytest.fixture
def look(checkpoints: Path) -> Look:
    run = tiny.new_run(checkpoints / "tiny")
    model = tiny.random_model(tiny.GPTConfig(**run.config()["model"]))
    save_weights(model, run.path / "model.safetensors", {"step": "0"})
    return Look("tiny", (1, 2, 3))


def test_heavy_looks_get_every_core_for_as_long_as_they_take(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = torch.get_num_threads()
    with large_traces.cores(look):
        assert torch.get_num_threads() == before
    monkeypatch.setattr(large_traces, "HEAVY", 0)
    with large_traces.cores(look):
        assert torch.get_num_threads() == os.cpu_count()
    assert torch.get_num_threads() == 1


def test_of_large_traces_two_are_kept_and_without_their_weights(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "WHOLE", 0)
    first, second, third = (loads.Look("tiny", (1, 2, last)) for last in (3, 4, 5))
    one = loads.traced(first)
    assert isinstance(one.maps("weights"), Maps) and not one.queries.flags.writeable
    assert loads.traced(second) is loads.traced(second)
    assert loads.traced(first) is one
    loads.traced(third)
    assert loads.traced(first) is one and loads.traced(third) is loads.traced(third)
