"""The bigram, a GPT without layers: its logits are a row of its table, and everything opens it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

import gpt
from gpt.inspect.architecture.parameter_counts import breakdown
from gpt.inspect.reader import Reader
from gpt.inspect.stream.direct_effects import direct_effects
from gpt.inspect.stream.logit_lens import logit_lens
from gpt.shape_only import count_parameters
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training import snapshots
from gpt.training.loop import train
from tests.gpt.tiny import BIGRAM, T, V, config, names, new_run, random_ids, random_model

MODEL = config(**BIGRAM)


def test_the_logits_are_the_rows_of_the_table() -> None:
    model, ids = random_model(MODEL), random_ids()
    logits = model(torch.tensor([ids]))
    assert torch.equal(logits[0], model.wte.weight[ids])
    assert [name for name, _ in model.named_parameters()] == ["wte.weight"]


def test_it_has_a_number_for_each_pair_of_tokens() -> None:
    assert count_parameters(config(**BIGRAM | {"n_embd": 65, "vocab_size": 65})) == 4_225
    assert [(part.name, part.count) for part in breakdown(MODEL)] == [("wte", V * V)]


def test_a_trace_has_no_layer_and_all_else() -> None:
    model, ids = random_model(MODEL), random_ids()
    traced = gpt.trace(model, ids)
    assert traced.weights.shape == (0, 1, T, T) and traced.contribution.shape == (0, 1, T, V)
    assert traced.residual.shape == (1, T, V) and traced.mlp_out.shape == (0, T, V)
    np.testing.assert_array_equal(traced.logits, traced.residual[0])
    assert (logit_lens(model, traced).top_ids[0, :, 0] == traced.logits.argmax(-1)).all()
    effects = direct_effects(model, traced, position=3, token=5)
    assert [part.name for part in effects.parts] == ["token embedding"]
    assert abs(effects.parts[0].value - traced.logits[3, 5]) < 1e-6


def test_it_generates_and_attends_to_nothing() -> None:
    model = random_model(MODEL)
    first = [step.id for step in gpt.generate(model, [2], 20, seed=3)]
    assert first == [step.id for step in gpt.generate(model, [2], 20, seed=3, cache=False)]
    attended = Reader(model, look=True).read([2, 3]).attended
    assert attended is not None and attended.shape == (0, 1, 2)


def test_a_run_of_it_is_an_ordinary_folder(tmp_path: Path) -> None:
    width = CharacterTokenizer.of(names().text).vocab_size
    run = new_run(tmp_path / "bigram", model=BIGRAM | {"n_embd": width})
    assert train(run).state == "done"
    loaded = gpt.load(run.path)
    assert loaded.model.n_parameters == loaded.config.vocab_size**2
    assert snapshots.read(run.path, 0).weights.shape[:2] == (0, 1)
    losses = [line["val_loss"] for line in run.metrics() if line["val_loss"] is not None]
    assert losses[-1] < losses[0]
