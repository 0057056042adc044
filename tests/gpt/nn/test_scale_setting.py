"""The model's own scale: in the config, in the switches, and in the fused kernel."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import ConfigError
from gpt.nn.config import GPTConfig
from gpt.nn.switches import Switches, resolve
from tests.close import ABS
from tests.gpt.tiny import config, copied, random_ids, random_model

NAMED = {"head_size": 7**-0.5, "n_embd": 21**-0.5, "none": 1.0}


@pytest.mark.parametrize(("own", "number"), NAMED.items())
def test_model_means_the_models_own_scale(own: str, number: float) -> None:
    of = config(scale=own)
    assert resolve(Switches(), of, 4).scale == pytest.approx(number, rel=1e-12)
    for name, explicit in NAMED.items():
        scale = resolve(Switches(scale=name), of, 4).scale
        assert scale == pytest.approx(explicit, rel=1e-12)


@pytest.mark.parametrize("own", NAMED)
def test_a_models_own_scale_is_what_the_switch_of_that_name_does(own: str) -> None:
    """Through the fused kernel on one side, through the recorded weights on the other."""
    scaled = random_model(config())
    other = copied(scaled, scale=own)
    ids = random_ids()
    switched = gpt.trace(scaled, ids, Switches(scale=own))
    fused = other(torch.tensor([ids]))[0].detach().numpy()
    np.testing.assert_allclose(fused, switched.logits, atol=1e-5)
    np.testing.assert_allclose(gpt.trace(other, ids).weights, switched.weights, atol=ABS)


def test_a_config_from_before_the_setting_is_scaled_by_the_head_size() -> None:
    fields = config().to_dict()
    del fields["scale"], fields["init"]
    old = GPTConfig.from_dict(fields)
    assert (old.scale, old.init) == ("head_size", "gpt2")


def test_a_scale_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="scale is 'sqrt'; choose one of head_size, n_embd, none"):
        config(scale="sqrt")


def test_unit_qk_changes_queries_and_keys_alone() -> None:
    states = []
    for init in ("gpt2", "unit_qk"):
        torch.manual_seed(3)
        states.append(gpt.GPT(config(n_head=1, n_embd=64, init=init)).state_dict())
    plain, unit = states
    for name in ("query", "key"):
        assert plain[f"h.0.attn.{name}.weight"].std().item() == pytest.approx(0.02, rel=0.1)
        assert unit[f"h.0.attn.{name}.weight"].std().item() == pytest.approx(1 / 8, rel=0.1)
    assert unit["h.0.attn.value.weight"].std().item() == pytest.approx(0.02, rel=0.1)
    assert torch.equal(plain["wte.weight"], unit["wte.weight"])
