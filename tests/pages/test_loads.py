"""Loads: how many cores a look gets, and which traces are kept."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import gpt
from gpt.inspect import maps
from gpt.inspect.maps import Maps
from gpt.weights_file import save_weights
from pages.shared import large_traces, loads
from pages.shared.loads import Look
from tests.close import close
from tests.gpt import tiny
from tests.gpt.two_texts import CONFIG, numpy_forward, source_ids, target_ids, two_texts


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


def test_a_look_at_two_texts_is_at_one_site(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are a decoder's; the model in their place is that of two texts."""
    tokenizer = SimpleNamespace(pieces=lambda ids: [f"t{id}" for id in ids])
    tokenizers = {"tokenizer": tokenizer, "source_tokenizer": tokenizer}
    other = SimpleNamespace(model=two_texts(), config=CONFIG, **tokenizers)
    monkeypatch.setattr(loads, "checkpoint", lambda run: other)
    ids, source = tuple(target_ids()), tuple(source_ids())
    cross = Look("tiny", ids, gpt.Switches(scale=0.7), source=source, site="cross")
    site = loads.attention(cross)
    expected = numpy_forward(two_texts(), [*ids], [*source], {"cross": {"scale": 0.7}})["cross"]
    assert site.weights == close(expected["weights"]) and not site.weights.flags.writeable
    assert loads.entropies(cross).shape == (2, 3)
    assert cross.tokens[0] == f"t{ids[0]}" and cross.key_tokens == [f"t{id}" for id in source]
    encoder = Look("tiny", ids, source=source, site="encoder")
    assert loads.attention(encoder).weights.shape == (1, 3, 19, 19)
    assert encoder.tokens == cross.key_tokens and encoder.key_tokens is None
    assert len({cross.key, encoder.key, Look("tiny", ids).key}) == 3
