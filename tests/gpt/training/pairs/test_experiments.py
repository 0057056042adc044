"""Experiments: arms that differ in one thing, runs found again, and what they come to."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import ConfigError
from gpt.inspect.heads.head_entropy import entropy
from gpt.training import snapshots
from gpt.training.evaluate import unseen_loss
from gpt.training.initial import draw
from gpt.training.loop import train
from gpt.training.pairs.attention_pairs import PAIRS
from gpt.training.pairs.building_pairs import find
from gpt.training.pairs.experiments import (
    Arm,
    Experiment,
    find_runs,
    other_seed,
    prepare,
    run_name,
    seeds,
)
from gpt.training.pairs.findings import entropies, finding, uniform_entropy
from gpt.training.presets import Preset
from gpt.training.runs import Run
from tests.close import close
from tests.gpt import numpy_gpt
from tests.gpt.tiny import MODEL, TRAINING, names, new_run

TINY = Experiment(
    "tiny-mask",
    "Tiny",
    "Does it run?",
    "Nothing.",
    Preset("", text="names", model=MODEL, training=TRAINING),
    (Arm("masked", "masked"), Arm("unmasked", "not masked", model={"mask": "none"})),
    length=1500,
)


def config(run: Run) -> dict[str, object]:
    return json.loads((run.path / "config.json").read_text())  # type: ignore[no-any-return]


def found_names(root: Path) -> list[str | None]:
    """What the runs of the tiny experiment are called, with seed 1."""
    return [run and run.name for run in find_runs(root, TINY, 1)]


# -- the pairs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "differs"),
    [
        ("pair-scale", {"scale": ("head_size", "none")}),
        ("pair-n-embd", {"scale": ("head_size", "n_embd")}),
        ("pair-mask", {"mask": ("causal", "none")}),
        ("pair-positions", {"position": ("learned", "none")}),
        ("pair-scale-small", {"scale": ("head_size", "none")}),
    ],
)
def test_each_pair_differs_in_one_setting(name: str, differs: dict[str, tuple[str, str]]) -> None:
    assert find(name).differences() == differs


def test_every_pair_is_known_by_its_own_name() -> None:
    assert {name: one.name for name, one in PAIRS.items()} == {name: name for name in PAIRS}
    with pytest.raises(ConfigError, match="no experiment 'pair'; choose one of pair-scale, "):
        find("pair")


@pytest.mark.parametrize("name", ["pair-scale", "pair-n-embd", "pair-mask", "pair-scale-small"])
def test_where_no_matrix_differs_both_start_from_the_same_weights(name: str) -> None:
    pair = find(name)
    one, other = (draw(pair.model_of(arm, 31), 5).state_dict() for arm in pair.arms)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_the_scores_of_the_first_pair_have_the_variance_of_the_head_size() -> None:
    """Attention Is All You Need, footnote 4: with q and k of variance 1, q · k has variance D."""
    pair = find("pair-scale")
    model = draw(pair.model_of(pair.arms[0], 31), 5)
    x = torch.randn(4000, 64, generator=torch.Generator().manual_seed(1))
    q, k = model.blocks[0].attn.query(x), model.blocks[0].attn.key(x)
    assert q.var().item() == pytest.approx(1, rel=0.1)
    assert k.var().item() == pytest.approx(1, rel=0.1)
    assert (q[:2000] * k[2000:]).sum(-1).var().item() == pytest.approx(64, rel=0.2)


# -- runs -----------------------------------------------------------------------------------------


def test_runs_are_made_once_and_found_again(tmp_path: Path) -> None:
    assert find_runs(tmp_path, TINY, 1) == [None, None]
    arm_runs = prepare(tmp_path, TINY, 1)
    assert [run.name for run in arm_runs] == ["tiny-mask-masked-1", "tiny-mask-unmasked-1"]
    assert [run.status().state for run in arm_runs] == ["queued", "queued"]
    assert [config(run)["model"]["mask"] for run in arm_runs] == ["causal", "none"]  # type: ignore[index]
    again = prepare(tmp_path, TINY, 1)
    assert [run.path for run in again] == [run.path for run in arm_runs]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_run_counts_by_its_settings_not_by_its_name(tmp_path: Path) -> None:
    arm_runs = prepare(tmp_path, TINY, 1)
    arm_runs[0].path.rename(tmp_path / "renamed")
    assert found_names(tmp_path) == ["renamed", "tiny-mask-unmasked-1"]
    longer = TINY.shortened(13)
    assert find_runs(tmp_path, longer, 1) == [None, None]
    assert find_runs(tmp_path, TINY, 2) == [None, None]
    assert find_runs(tmp_path, replace(TINY, length=1600), 1) == [None, None]
    fresh = prepare(tmp_path, longer, 1)
    assert [run.name for run in fresh] == ["tiny-mask-masked-1", "tiny-mask-unmasked-1-2"]


def test_what_is_missing_is_made_and_what_is_broken_is_passed_over(tmp_path: Path) -> None:
    arm_runs = prepare(tmp_path, TINY, 1)
    shutil.rmtree(arm_runs[0].path)
    new_run(tmp_path / "another")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text('{"model": ')
    assert found_names(tmp_path) == [None, "tiny-mask-unmasked-1"]
    assert seeds(tmp_path, TINY) == []
    prepare(tmp_path, TINY, 1)
    prepare(tmp_path, TINY, 3)
    assert seeds(tmp_path, TINY) == [1, 3]
    assert (other_seed(tmp_path, TINY, 1), other_seed(tmp_path, TINY, 2)) == (2, 4)


def test_a_run_from_before_a_setting_existed_still_counts(tmp_path: Path) -> None:
    run = prepare(tmp_path, TINY, 1)[0]
    info = config(run)
    for name in ("scale", "init"):
        del info["model"][name]  # type: ignore[attr-defined]
    (run.path / "config.json").write_text(json.dumps(info))
    assert find_runs(tmp_path, TINY, 1)[0] is not None


def test_another_number_of_steps_is_evaluated_at_its_end() -> None:
    short = find("pair-mask").shortened(3)
    training = short.training_of(short.arms[1], 8)
    assert (training.steps, training.eval_interval, training.seed) == (3, 3, 8)
    assert find("pair-mask").shortened(70).training_of(short.arms[0], 1).eval_interval == 50


def test_a_run_is_named_after_its_experiment() -> None:
    assert run_name(TINY, TINY.arms[1], 7) == "tiny-mask-unmasked-7"


# -- findings -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Both arms of the tiny experiment, trained to their end."""
    runs = prepare(tmp_path_factory.mktemp("runs"), TINY, 1)
    assert [train(run).state for run in runs] == ["done", "done"]
    return runs


def test_a_causal_models_unseen_loss_is_its_validation_loss(trained: list[Run]) -> None:
    measured = finding(trained[0])
    assert measured is not None and measured.step == 12
    assert measured.unseen_loss == close(measured.val_loss)


def test_a_model_that_looks_ahead_is_judged_where_nothing_is_ahead(trained: list[Run]) -> None:
    """Held against numpy, one context at a time, from the safetensors file."""
    run = trained[1]
    weights, architecture, vocabulary = numpy_gpt.read_run(run.path)
    ids = [vocabulary[character] for character in names().text]
    validation, T = ids[int(0.9 * len(ids)) :], architecture.block_size
    generator, losses = torch.Generator().manual_seed(9), []
    starts = torch.randint(len(validation) - T, (3, 1), generator=generator).flatten().tolist()
    for start in starts:
        for n in range(1, T + 1):
            context, following = validation[start : start + n], validation[start + n]
            logits = numpy_gpt.forward(weights, architecture, context)["logits"]
            losses.append(-np.log(numpy_gpt.softmax(logits[-1])[following]))
    measured = unseen_loss(gpt.load(run.path), names().text, batch_size=3, batches=1, seed=9)
    assert measured == pytest.approx(np.mean(losses), abs=1e-5)


def test_entropies_of_the_snapshots_are_those_of_the_model(trained: list[Run]) -> None:
    for run in trained:
        measured = entropies(run)
        assert measured.steps.tolist() == [0, 4, 8, 12]
        assert measured.heads.shape == (4, 1, 2)
        probe = snapshots.read(run.path, 12).ids.tolist()
        exact = entropy(gpt.trace(gpt.load(run.path).model, probe).weights)
        np.testing.assert_allclose(measured.heads[-1], exact, atol=2e-3)
        np.testing.assert_allclose(measured.mean[-1], exact.mean(), atol=2e-3)


def test_a_head_that_sees_all_alike() -> None:
    assert uniform_entropy(4, causal=False) == pytest.approx(np.log(4))
    assert uniform_entropy(3, causal=True) == pytest.approx((np.log(2) + np.log(3)) / 3)


def test_a_run_that_was_not_evaluated_has_nothing_to_show(tmp_path: Path) -> None:
    assert finding(new_run(tmp_path / "a")) is None
