"""Direct effects add up to the logit, and each part's is what it adds when worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import ConfigError, PromptError
from gpt.inspect.stream.direct_effects import DirectEffects, direct_effects
from gpt.nn.model import GPT
from gpt.nn.switches import Switches
from tests.gpt.tiny import VARIANTS, H, L, T, V, config, random_ids
from tests.gpt.tiny import random_model as drawn_model

OTHERS = {
    "output bias": dict(head_bias=True),
    "embedding norm": dict(embedding_norm=True),
    "as BERT, but for its transform": dict(
        norm="post", mask="none", embedding_norm=True, head_bias=True, norm_epsilon=0.1
    ),
}
SETTINGS = {**VARIANTS, **OTHERS}
every_setting = pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS)


def effects(model: GPT, position: int = 6, switches: Switches | None = None, **of: Any) -> Any:
    traced = gpt.trace(model, random_ids(), switches or Switches())
    return direct_effects(model, traced, position, **{"token": 4, **of})


def named(found: DirectEffects) -> dict[str, float]:
    return {part.name: part.value for part in found.parts}


@every_setting
@pytest.mark.parametrize("position", [0, 6, T - 1])
def test_the_parts_add_up_to_the_logit(changes: dict[str, Any], position: int) -> None:
    model = drawn_model(config(**changes))
    logits = gpt.trace(model, random_ids()).logits[position]
    for token in (0, 9, V - 1):
        found = effects(model, position, token=token)
        assert found.logit == logits[token]
        assert found.total == pytest.approx(found.logit, abs=1e-4)
        assert sum(part.value for part in found.branches()) == pytest.approx(found.total, abs=1e-9)


@every_setting
def test_so_do_those_of_a_difference_of_two_logits(changes: dict[str, Any]) -> None:
    model = drawn_model(config(**changes))
    both = effects(model, token=4, against=11)
    one, other = effects(model, token=4), effects(model, token=11)
    assert both.logit == pytest.approx(one.logit - other.logit, abs=1e-5)
    assert both.total == pytest.approx(both.logit, abs=1e-4)
    for name, value in named(both).items():
        assert value == pytest.approx(named(one)[name] - named(other)[name], abs=1e-9)


@pytest.mark.parametrize(
    "switches",
    [
        Switches(mask="none"),
        Switches(scale="none"),
        Switches(heads_off={(0, 1), (1, 2)}),
        Switches(mlp_off={1}),
        Switches(positions_off=True),
        Switches(norm_off=True),
    ],
)
@pytest.mark.parametrize("changes", [dict(), dict(norm="post"), dict(skip=False)])
def test_and_under_switches(switches: Switches, changes: dict[str, Any]) -> None:
    found = effects(drawn_model(config(**changes)), switches=switches)
    assert found.total == pytest.approx(found.logit, abs=1e-4)


def test_without_norms_a_part_is_its_vector_times_the_tokens_unembedding() -> None:
    model = drawn_model(config(norm="none"))
    traced = gpt.trace(model, random_ids())
    row = model.lm_head.weight[4].detach().numpy()
    found = named(direct_effects(model, traced, 6, 4))
    assert found["token embedding"] == pytest.approx(traced.token_embedding[6] @ row, abs=1e-5)
    assert found["position embedding"] == pytest.approx(
        traced.position_embedding[6] @ row, abs=1e-5
    )
    assert found["L1 H2"] == pytest.approx(traced.contribution[1, 2, 6] @ row, abs=1e-5)
    assert found["L0 attention bias"] == pytest.approx(traced.attention_bias[0] @ row, abs=1e-5)
    assert found["L1 MLP"] == pytest.approx(traced.mlp_out[1, 6] @ row, abs=1e-5)
    assert "norm bias" not in found


def test_by_hand_a_frozen_norm_takes_the_mean_off_and_divides_by_the_streams_spread() -> None:
    """One layer, C = 2, nothing but embeddings: token (3, 1) + position (1, −1) is (4, 0).

    Its mean is 2 and its spread 2. Less their own means, the parts are (1, −1) and (1, −1); over
    2 they are (0.5, −0.5) each; the token's unembedding is (2, 1), so each adds 0.5.
    """
    sizes = dict(n_layer=1, n_head=1, n_embd=2, feed_forward=False)
    model = drawn_model(config(**sizes))
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
        assert model.wpe is not None and model.ln_f is not None
        model.wte.weight[5] = torch.tensor([3.0, 1.0])
        model.wpe.weight[0] = torch.tensor([1.0, -1.0])
        model.ln_f.weight.fill_(1)
        model.ln_f.bias.copy_(torch.tensor([0.25, 0.0]))
        model.lm_head.weight[7] = torch.tensor([2.0, 1.0])
    found = direct_effects(model, gpt.trace(model, [5]), 0, token=7)
    expected = {"token embedding": 0.5, "position embedding": 0.5, "L0 H0": 0.0, "norm bias": 0.5}
    assert named(found) == pytest.approx(expected, abs=1e-5)
    assert found.logit == pytest.approx(1.5, abs=1e-5)


def test_in_the_last_layer_a_heads_effect_without_norms_is_what_switching_it_off_takes() -> None:
    """Nothing comes after the last layer's heads but its MLP, so without one it is exact."""
    model = drawn_model(config(norm="none", feed_forward=False))
    found = named(effects(model))
    for head in range(H):
        off = effects(model, switches=Switches(heads_off={(L - 1, head)}))
        assert named(off)[f"L1 H{head}"] == 0
        assert effects(model).logit - off.logit == pytest.approx(found[f"L1 H{head}"], abs=1e-5)


def test_without_skip_connections_only_the_last_branch_reaches_the_logit() -> None:
    found = effects(drawn_model(config(skip=False)))
    pushing = {name for name, value in named(found).items() if value != 0}
    assert pushing == {"L1 MLP", "norm bias"}


def test_names_leave_out_what_a_model_has_not() -> None:
    model = drawn_model(config(bias=False, position="none", feed_forward=False))
    heads = [f"L{l} H{h}" for l in range(L) for h in range(H)]
    found = effects(model)
    assert [part.name for part in found.parts] == ["token embedding", *heads]
    assert [part.name for part in found.branches()] == ["embedding", "L0 attention", "L1 attention"]
    assert found.heads((L, H))[1, 2] == named(found)["L1 H2"]


def test_an_output_embedding_with_a_bias_has_it_as_a_part() -> None:
    """The lecture's own lm_head has one."""
    model = drawn_model(config(head_bias=True))
    assert named(effects(model))["output bias"] == pytest.approx(model.lm_head.bias[4].item())


def test_with_a_layer_before_the_output_embedding_there_is_no_such_sum() -> None:
    with pytest.raises(ConfigError, match="no sum over the parts"):
        effects(drawn_model(config(head_transform=True)))


def test_one_token() -> None:
    model = drawn_model(config())
    found = direct_effects(model, gpt.trace(model, [3]), 0, 2)
    assert found.total == pytest.approx(found.logit, abs=1e-4)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (dict(position=T), f"no position {T}; the prompt's are 0 to {T - 1}"),
        (dict(token=V), f"no token {V}; the vocabulary's are 0 to {V - 1}"),
        (dict(against=-1), "no token -1"),
    ],
)
def test_what_is_not_there_is_refused(place: dict[str, int], message: str) -> None:
    with pytest.raises(PromptError, match=message):
        effects(drawn_model(config()), **place)


def test_the_logit_is_a_plain_number() -> None:
    found = effects(drawn_model(config()))
    assert type(found.logit) is float and np.isfinite(found.logit)
