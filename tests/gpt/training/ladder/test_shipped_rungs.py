"""The rungs that come with Headlight: the ladder knows them, and their figures are the README's."""

from __future__ import annotations

import re

import numpy as np
import pytest
from safetensors.numpy import load_file

import gpt
from gpt.text.fetch import SOURCES
from gpt.training import snapshots
from gpt.training.ladder.rungs import SEED, SMALL
from gpt.training.ladder.standing import Standing, standings
from gpt.training.runs import Run
from tests.close import close
from tests.gpt.shakespeare import ROOT, needs_shakespeare, shakespeare

RUNS = ROOT / "checkpoints"
every_rung = pytest.mark.parametrize("name", [f"ladder-{rung.name}" for rung in SMALL])


@pytest.fixture(scope="module")
def climbed(tmp_path_factory: pytest.TempPathFactory) -> list[Standing]:
    """The standings of the small rungs where there are no runs but the shipped ones."""
    root = tmp_path_factory.mktemp("runs")
    for rung in SMALL:
        (root / f"ladder-{rung.name}").symlink_to(RUNS / f"ladder-{rung.name}")
    return standings(root, SOURCES["shakespeare"].sha256, SEED)[: len(SMALL)]


def test_every_small_rung_is_there_with_a_result(climbed: list[Standing]) -> None:
    assert [each.run and each.run.name for each in climbed] == [f"ladder-{r.name}" for r in SMALL]
    assert all(each.run is not None and each.run.is_shared for each in climbed)
    for each in climbed:
        assert each.result is not None and each.result.step == each.rung.training_config(SEED).steps
        assert each.result.positions == 111_539
        assert each.difference is None or abs(each.difference) < 0.05


def test_the_figures_are_those_of_the_readme(climbed: list[Standing]) -> None:
    readme = (RUNS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `ladder-([\w-]+)` \| ([\d,]+) \| ([\d.]+) \|", readme, re.MULTILINE)
    stated = {name: (int(count.replace(",", "")), float(loss)) for name, count, loss in rows}
    results = {each.rung.name: each.result for each in climbed}
    assert list(stated) == list(results)
    for name, own in results.items():
        assert own is not None
        count, loss = stated[name]
        assert own.parameters == count and own.val_loss == pytest.approx(loss, abs=6e-5)


def test_the_climb_is_the_lectures(climbed: list[Standing]) -> None:
    losses = {each.rung.name: each.result.val_loss for each in climbed if each.result is not None}
    assert losses["bigram"] > losses["one-head"] > losses["four-heads"]
    assert losses["blocks"] > losses["feed-forward"] > losses["skips"] > losses["layernorm"]


@every_rung
def test_a_rung_holds_weights_in_16_bits_and_nothing_of_the_text(name: str) -> None:
    weights = load_file(RUNS / name / "model.safetensors")
    assert {each.dtype for each in weights.values()} == {np.dtype(np.float16)}
    files = {path.name for path in (RUNS / name).iterdir()} - {"snapshots"}
    assert files == {
        *("config.json", "tokenizer.json", "model.safetensors", "metrics.jsonl"),
        *("samples.jsonl", "status.json", "evaluation.json"),
    }
    tokenizer = gpt.load(RUNS / name).tokenizer
    for step in snapshots.steps(RUNS / name):
        assert tokenizer.decode(list(snapshots.read(RUNS / name, step).ids)) == "To be, o"


@every_rung
def test_a_rungs_last_snapshot_is_what_its_weights_do(name: str) -> None:
    checkpoint, steps = gpt.load(RUNS / name), snapshots.steps(RUNS / name)
    if not checkpoint.config.n_layer:
        assert not steps
        return
    assert steps == [0, Run(RUNS / name).status().step]
    last = snapshots.read(RUNS / name, steps[-1])
    weights = gpt.trace(checkpoint.model, list(last.ids)).weights[:]
    np.testing.assert_allclose(last.weights, weights, atol=0.004)


@needs_shakespeare
def test_the_bigrams_loss_is_its_tables(climbed: list[Standing]) -> None:
    tokenizer, text = gpt.load(RUNS / "ladder-bigram").tokenizer, shakespeare()
    ids = np.array(tokenizer.encode(text[int(0.9 * len(text)) :]))
    (table,) = load_file(RUNS / "ladder-bigram" / "model.safetensors").values()
    logs = np.log(np.exp(table.astype(float)).sum(-1, keepdims=True))
    loss = (logs - table)[ids[:-1], ids[1:]].mean()
    assert climbed[0].result is not None and climbed[0].result.val_loss == close(loss)
