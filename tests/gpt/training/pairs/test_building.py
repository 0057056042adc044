"""The pairs on what a model is built of: each differs in one setting, all arms can be built."""

from __future__ import annotations

import pytest
import torch

from gpt.errors import ConfigError
from gpt.nn.model import GPT
from gpt.training.pairs.attention_pairs import PAIRS
from gpt.training.pairs.building_pairs import BUILDING_PAIRS, EXPERIMENTS, find

DIFFERS = {
    "pair-norm-kind": {"norm_kind": ("layer", "batch")},
    "pair-norm-place": {"norm": ("pre", "post")},
    "pair-activation": {"activation": ("relu", "gelu")},
    "pair-dropout": {"dropout": (0.2, 0.0)},
    "pair-position-kinds": {"position": ("learned", "sinusoidal", "rotary", "none")},
    "pair-learning-rate": {"learning_rate": (1e-4, 1e-3, 1e-2, 1e-1)},
    "pair-bigram-start": {"init": ("torch", "gpt2")},
}


@pytest.mark.parametrize("name", DIFFERS)
def test_each_differs_in_one_setting(name: str) -> None:
    assert find(name).differences() == DIFFERS[name]


@pytest.mark.parametrize("name", DIFFERS)
def test_every_arm_can_be_built(name: str) -> None:
    experiment = find(name)
    for arm in experiment.arms:
        with torch.device("meta"):
            GPT(experiment.model_of(arm, 58))
        experiment.training_of(arm, 1)


def test_all_experiments_are_found_by_their_names() -> None:
    assert set(BUILDING_PAIRS) == set(DIFFERS)
    assert EXPERIMENTS == PAIRS | BUILDING_PAIRS
    assert {name: find(name).name for name in EXPERIMENTS} == {n: n for n in EXPERIMENTS}
    with pytest.raises(ConfigError, match=r"no experiment 'pair'; choose .*, pair-bigram-start$"):
        find("pair")
