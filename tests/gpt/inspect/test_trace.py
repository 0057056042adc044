"""The trace: every number that it holds is one that the model used, and follows from the others.

For random models over every setting of the config, each stage is held against a forward pass
in numpy (`tests.gpt.numpy_gpt`) and against what must hold between stages.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from torch import nn

import gpt
from gpt.errors import CheckpointError, ConfigError, PromptError, SwitchError
from gpt.nn.model import GPT
from gpt.nn.switches import Switches
from tests.close import REL
from tests.gpt import numpy_gpt
from tests.gpt.tiny import BERT, BLOCK, VARIANTS, C, D, H, L, T, V, config, copied, random_ids
from tests.gpt.tiny import random_model as drawn_model

STAGES = (
    *("token_embedding", "position_embedding", "residual", "attention_in", "queries", "keys"),
    *("values", "scores", "scaled", "masked", "weights", "head_out", "contribution"),
    *("attention_out", "mlp_out", "logits"),
)
SETTINGS = {**VARIANTS, "BERT": BERT}
every_setting = pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS)


def equal(got: Any, expected: Any, atol: float = 1e-5) -> None:
    np.testing.assert_allclose(got, expected, atol=atol, rtol=REL)


@torch.no_grad()
def fast_logits(model: GPT, ids: list[int], switches: Switches | None = None) -> np.ndarray:
    """The logits of the path that nobody looks at."""
    return model(torch.tensor([ids]), switches or Switches())[0].numpy()


def check(model: GPT, ids: list[int], switches: Switches | None = None) -> gpt.Trace:
    """Hold a trace against all that must hold between its stages; return it."""
    switches = switches or Switches()
    traced = gpt.trace(model, ids, switches)
    for name in STAGES:
        assert getattr(traced, name).dtype == np.float32, name
    equal(traced.logits, fast_logits(model, ids, switches))
    check_attention(traced)
    check_residual(model, traced)
    return traced


def check_attention(t: gpt.Trace) -> None:
    equal(t.weights.sum(-1), 1, atol=1e-6)
    hidden = np.broadcast_to(~t.visible, t.weights.shape)
    assert (t.weights[hidden] == 0).all()
    assert np.isneginf(t.masked[hidden]).all()
    assert np.isfinite(t.masked[~hidden]).all()
    equal(t.scores, np.einsum("lhid,lhjd->lhij", t.queries, t.keys))
    equal(t.scaled, t.scores * t.scale)
    equal(t.masked[~hidden], t.scaled[~hidden], atol=0)
    equal(t.weights, numpy_gpt.softmax(t.masked / t.switches.temperature), atol=2e-6)
    equal(t.head_out, np.einsum("lhij,lhjd->lhid", t.weights, t.values))
    equal(t.contribution.sum(1) + t.attention_bias[:, None], t.attention_out)


def check_residual(model: GPT, t: gpt.Trace) -> None:
    """The stream adds up, from the embeddings, normed where the config says so.

    With skips each branch is added to the stream, without them it takes its place; a `post`
    norm is taken of the result. A layer without feed-forward leaves the stream as it was.
    """
    config = t.config
    start = t.token_embedding + t.position_embedding
    if model.ln_e is not None and not t.switches.norm_off:
        start = model.ln_e(torch.from_numpy(start)).detach().numpy()
    equal(t.residual[0], start, atol=1e-6)
    for l, block in enumerate(model.blocks):
        branches = [(t.attention_out[l], block.ln_1)]
        branches += [(t.mlp_out[l], block.ln_2)] if config.feed_forward else []
        for step, (branch, norm) in enumerate(branches):
            before = t.residual[2 * l + step]
            joined = before + branch if config.skip else branch
            if config.norm == "post" and not t.switches.norm_off:
                assert norm is not None
                joined = norm(torch.from_numpy(joined)).detach().numpy()
            equal(t.residual[2 * l + step + 1], joined)
        if not config.feed_forward:
            equal(t.residual[2 * l + 2], t.residual[2 * l + 1], atol=0)
            assert not t.mlp_out[l].any()


# -- every setting ----------------------------------------------------------------------------


@every_setting
def test_every_stage_fits_every_other(changes: dict[str, Any]) -> None:
    check(drawn_model(config(**changes)), random_ids())


@every_setting
def test_every_stage_equals_a_forward_pass_in_numpy(changes: dict[str, Any]) -> None:
    model = drawn_model(config(**changes))
    traced = gpt.trace(model, random_ids())
    expected = numpy_gpt.forward(numpy_gpt.numpy_weights(model), model.config, random_ids())
    for name in STAGES:
        np.testing.assert_allclose(
            getattr(traced, name), expected[name], atol=3e-5, rtol=3e-5, err_msg=name
        )


def test_shapes_are_those_the_design_names() -> None:
    t = gpt.trace(drawn_model(config()), random_ids())
    shapes = {name: getattr(t, name).shape for name in STAGES}
    assert shapes == {
        "token_embedding": (T, C),
        "position_embedding": (T, C),
        "residual": (2 * L + 1, T, C),
        "attention_in": (L, T, C),
        "queries": (L, H, T, D),
        "keys": (L, H, T, D),
        "values": (L, H, T, D),
        "scores": (L, H, T, T),
        "scaled": (L, H, T, T),
        "masked": (L, H, T, T),
        "weights": (L, H, T, T),
        "head_out": (L, H, T, D),
        "contribution": (L, H, T, C),
        "attention_out": (L, T, C),
        "mlp_out": (L, T, C),
        "logits": (T, V),
    }
    assert t.visible.shape == (T, T)
    equal(t.probs.sum(-1), 1, atol=1e-6)


@st.composite
def combinations(draw: st.DrawFn) -> tuple[dict[str, Any], int, int]:
    """Any settings that fit together, a prompt's length and a seed."""
    D, H = draw(st.sampled_from([2, 4, 6])), draw(st.sampled_from([1, 3, 5]))
    settings = dict(
        n_layer=draw(st.integers(1, 3)),
        n_head=H,
        n_embd=H * D,
        position=draw(st.sampled_from(["learned", "sinusoidal", "rotary", "none"])),
        norm=draw(st.sampled_from(["pre", "post", "none"])),
        activation=draw(st.sampled_from(["relu", "gelu", "gelu_tanh", "squared_relu"])),
        mask=draw(st.sampled_from(["causal", "none"])),
        mlp_ratio=draw(st.integers(1, 4)),
    )
    for flag in ("bias", "tie_weights", "qk_norm", "skip", "feed_forward", "projection"):
        settings[flag] = draw(st.booleans())
    return settings, draw(st.integers(1, BLOCK)), draw(st.integers(0, 1000))


@hypothesis_settings(max_examples=60)
@given(combinations())
def test_any_settings_together_fit(drawn: tuple[dict[str, Any], int, int]) -> None:
    changes, length, seed = drawn
    try:
        model = drawn_model(config(**changes), seed)
    except ConfigError:  # an odd number of channels under sinusoidal positions, say
        return
    ids = random_ids(length, seed)
    traced = gpt.trace(model, ids)
    expected = numpy_gpt.forward(numpy_gpt.numpy_weights(model), model.config, ids)
    equal(traced.weights.sum(-1), 1, atol=1e-6)
    assert not traced.weights[..., ~traced.visible].any()
    # Without norms the stream may grow, and the softmax with it: allow what float32 rounds.
    equal(traced.weights, expected["weights"], 1e-5 * max(1.0, np.abs(expected["scaled"]).max()))
    largest = max(1.0, float(np.abs(traced.logits).max()))
    equal(traced.logits / largest, fast_logits(model, ids) / largest)
    equal(traced.logits / largest, expected["logits"] / largest, atol=1e-4)


def test_a_new_zero_initialized_model_is_the_identity() -> None:
    traced = gpt.trace(GPT(config(zero_init=True)), random_ids())
    for stream in traced.residual[1:]:
        equal(stream, traced.residual[0], atol=0)
    assert np.abs(gpt.trace(GPT(config()), random_ids()).attention_out).max() > 0


def test_one_token_sees_itself() -> None:
    traced = check(drawn_model(config()), [5])
    assert traced.weights.tolist() == [[[[1.0]]] * H] * L
    assert traced.logits.shape == (1, V)


def test_a_full_context_is_traced() -> None:
    check(drawn_model(config()), random_ids(BLOCK))


# -- switches ---------------------------------------------------------------------------------

SEES = np.random.default_rng(5).random((T, T)) < 0.4
SEES |= np.eye(T, dtype=bool)
WINDOW_3 = np.array([[0 <= i - j < 3 for j in range(T)] for i in range(T)])
CAUSAL = np.array([[j <= i for j in range(T)] for i in range(T)])
ALL = np.ones((T, T), bool)

SWITCHED: dict[str, tuple[Switches, dict[str, Any]]] = {
    "mask none": (Switches(mask="none"), dict(visible=ALL)),
    "mask causal": (Switches(mask="causal"), dict(visible=CAUSAL)),
    "mask window": (Switches(mask="window:3"), dict(visible=WINDOW_3)),
    "mask array": (Switches(mask=SEES), dict(visible=SEES)),
    "scale none": (Switches(scale="none"), dict(scale=1.0)),
    "scale n_embd": (Switches(scale="n_embd"), dict(scale=30**-0.5)),
    "scale head_size": (Switches(scale="head_size"), dict(scale=10**-0.5)),
    "scale number": (Switches(scale=0.37), dict(scale=0.37)),
    "temperature": (Switches(temperature=2.3), dict(temperature=2.3)),
    "temperature below 1": (Switches(temperature=0.4), dict(temperature=0.4)),
    "all three": (
        Switches(mask="window:3", scale=0.8, temperature=1.9),
        dict(visible=WINDOW_3, scale=0.8, temperature=1.9),
    ),
}


@pytest.mark.parametrize(("switches", "meant"), SWITCHED.values(), ids=SWITCHED)
@pytest.mark.parametrize("own", [dict(), dict(mask="none"), dict(position="rotary", qk_norm=True)])
def test_switches_change_the_computation(
    own: dict[str, Any], switches: Switches, meant: dict[str, Any]
) -> None:
    model = drawn_model(config(n_embd=30, **own))
    traced = check(model, random_ids(), switches)
    weights = numpy_gpt.numpy_weights(model)
    expected = numpy_gpt.forward(weights, model.config, random_ids(), **meant)
    for name in STAGES:
        np.testing.assert_allclose(
            getattr(traced, name), expected[name], atol=3e-5, rtol=3e-5, err_msg=name
        )


def test_spelling_out_the_models_own_settings_changes_nothing() -> None:
    model = drawn_model(config())
    own = gpt.trace(model, random_ids())
    for switches in (Switches(mask="causal"), Switches(scale="head_size"), Switches(mask=CAUSAL)):
        equal(fast_logits(model, random_ids(), switches), own.logits)


def off(model: GPT, heads: set[tuple[int, int]]) -> GPT:
    """A copy whose output projections read nothing from some heads."""
    other = copied(model)
    D = model.config.head_size
    with torch.no_grad():
        for layer, head in heads:
            proj = other.blocks[layer].attn.proj
            assert proj is not None
            proj.weight[:, head * D : (head + 1) * D] = 0
    return other


@pytest.mark.parametrize("heads", [{(0, 1)}, {(1, 2)}, {(0, 0), (0, 2), (1, 1)}])
def test_heads_off_equals_zeroing_their_slice_of_the_projection(heads: set[Any]) -> None:
    model = drawn_model(config())
    traced = check(model, random_ids(), Switches(heads_off=heads))
    expected = gpt.trace(off(model, heads), random_ids())
    for name in ("logits", "residual", "attention_out", "contribution", "weights"):
        equal(getattr(traced, name), getattr(expected, name), atol=2e-6)
    for place in heads:
        assert not traced.contribution[place].any()


def test_heads_off_without_a_projection_leaves_a_gap() -> None:
    traced = check(
        drawn_model(config(projection=False)), random_ids(), Switches(heads_off={(1, 2)})
    )
    assert not traced.attention_out[1, :, 2 * D : 3 * D].any()
    assert traced.attention_out[1, :, : 2 * D].all()


def test_editing_weights_to_what_they_are_changes_nothing() -> None:
    model = drawn_model(config())
    own = gpt.trace(model, random_ids())
    edits = {(l, h): own.weights[l, h] for l in range(L) for h in range(H)}
    traced = gpt.trace(model, random_ids(), Switches(weights_edit=edits))
    for name in STAGES:
        equal(getattr(traced, name), getattr(own, name), atol=0)


def test_an_identity_edit_gives_each_query_its_own_values() -> None:
    edits = {(1, 2): np.eye(T)}
    traced = gpt.trace(drawn_model(config()), random_ids(), Switches(weights_edit=edits))
    assert np.array_equal(traced.weights[1, 2], np.eye(T))
    equal(traced.head_out[1, 2], traced.values[1, 2], atol=0)
    assert not np.allclose(traced.head_out[1, 1], traced.values[1, 1])
    equal(traced.contribution.sum(1) + traced.attention_bias[:, None], traced.attention_out)


def test_an_edit_is_used_downstream_also_when_nobody_looks() -> None:
    model = drawn_model(config())
    switches = Switches(weights_edit={(0, 1): np.full((T, T), 1 / T)})
    edited = gpt.trace(model, random_ids(), switches)
    own = gpt.trace(model, random_ids())
    assert np.abs(edited.logits - own.logits).max() > 1e-3
    equal(edited.logits, fast_logits(model, random_ids(), switches))
    equal(edited.weights[0, [0, 2]], own.weights[0, [0, 2]], atol=0)
    equal(edited.head_out[0, 1], np.broadcast_to(own.values[0, 1].mean(0), (T, D)))


@pytest.mark.parametrize("position", ["learned", "rotary", "none"])
def test_positions_off_equals_a_model_without_positions(position: str) -> None:
    model = drawn_model(config(position=position, n_embd=30))
    traced = check(model, random_ids(), Switches(positions_off=True))
    expected = gpt.trace(copied(model, position="none"), random_ids())
    equal(traced.logits, expected.logits, atol=2e-6)
    assert not traced.position_embedding.any()


def test_positions_off_leaves_sinusoids_out_and_the_tokens_as_they_were() -> None:
    model = drawn_model(config(position="sinusoidal", n_embd=30))
    traced = check(model, random_ids(), Switches(positions_off=True))
    equal(traced.residual[0], model.wte.weight.detach()[random_ids()] * 30**0.5)


@pytest.mark.parametrize("changes", [dict(), dict(norm="post"), dict(skip=False)])
def test_mlp_off_equals_a_feed_forward_layer_of_zeros(changes: dict[str, Any]) -> None:
    model = drawn_model(config(**changes))
    traced = check(model, random_ids(), Switches(mlp_off={1}))
    other = copied(model)
    mlp = other.blocks[1].mlp
    assert mlp is not None
    nn.init.zeros_(mlp.proj.weight)
    nn.init.zeros_(mlp.proj.bias)
    equal(traced.logits, gpt.trace(other, random_ids()).logits, atol=2e-6)
    assert not traced.mlp_out[1].any() and traced.mlp_out[0].any()


@pytest.mark.parametrize("norm", ["pre", "post", "none"])
def test_norm_off_equals_a_model_without_norms(norm: str) -> None:
    model = drawn_model(config(norm=norm))
    traced = check(model, random_ids(), Switches(norm_off=True))
    expected = gpt.trace(copied(model, norm="none"), random_ids())
    for name in ("logits", "residual", "attention_in"):
        equal(getattr(traced, name), getattr(expected, name), atol=1e-6)


# -- what a trace leaves behind ---------------------------------------------------------------


def hooks(model: GPT) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)


def test_a_trace_leaves_the_model_as_it_was() -> None:
    model = drawn_model(config())
    before = {name: t.clone() for name, t in model.state_dict().items()}
    first = fast_logits(model, random_ids())
    gpt.trace(model, random_ids(), Switches(norm_off=True, heads_off={(0, 0)}, mask="none"))
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert hooks(model) == 0
    assert all(p.grad is None for p in model.parameters())
    equal(fast_logits(model, random_ids()), first, atol=0)


def test_a_trace_puts_the_model_into_evaluation_mode() -> None:
    model = drawn_model(config(dropout=0.5)).train()
    traced = gpt.trace(model, random_ids())
    assert not model.training
    equal(traced.logits, fast_logits(model, random_ids()))


def test_a_trace_is_a_copy_of_its_own() -> None:
    model = drawn_model(config())
    first = gpt.trace(model, random_ids())
    kept = {name: getattr(first, name).copy() for name in STAGES}
    with torch.no_grad():
        for p in model.parameters():
            p.add_(1)
    gpt.trace(model, random_ids(seed=8))
    for name in STAGES:
        equal(getattr(first, name), kept[name], atol=0)


def test_a_contribution_first_asked_for_after_more_training_is_of_the_pass_traced() -> None:
    model = drawn_model(config())
    traced = gpt.trace(model, random_ids())
    with torch.no_grad():
        for p in model.parameters():
            p.add_(1)
    equal(traced.contribution.sum(1) + traced.attention_bias[:, None], traced.attention_out)


def test_what_a_large_model_gives_later_is_refused_once_it_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gpt.inspect.site.SMALL", 0)
    model = drawn_model(config())
    early, late = gpt.trace(model, random_ids()), gpt.trace(model, random_ids())
    logits = early.logits.copy()
    with torch.no_grad():
        model.lm_head.weight.add_(1)
    equal(early.logits, logits, atol=0)
    for name in ("logits", "contribution"):
        with pytest.raises(CheckpointError, match="trace the prompt again"):
            getattr(late, name)


def test_a_half_precision_model_is_traced_in_float32() -> None:
    traced = gpt.trace(drawn_model(config()).bfloat16(), random_ids())
    assert traced.weights.dtype == traced.logits.dtype == np.float32


# -- what cannot be traced --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([], "the prompt is empty"),
        ([1] * (BLOCK + 1), f"{BLOCK + 1} tokens do not fit .* context of {BLOCK}"),
        ([0, V, 1], f"token id {V} is outside this model's vocabulary of {V}"),
        ([3, -1], "token id -1 is outside"),
    ],
)
def test_a_prompt_that_cannot_be_read_is_refused(ids: list[int], message: str) -> None:
    with pytest.raises(PromptError, match=message):
        gpt.trace(drawn_model(config()), ids)


@pytest.mark.parametrize(
    "switches",
    [
        Switches(mask=np.tri(T - 1, dtype=bool)),
        Switches(mask=np.tri(T)),
        Switches(mask=np.zeros((T, T), bool)),
        Switches(heads_off={(L, 0)}),
        Switches(weights_edit={(0, H): np.eye(T)}),
        Switches(weights_edit={(0, 0): np.eye(T + 1)}),
        Switches(mlp_off={L}),
    ],
)
def test_switches_that_do_not_fit_are_refused(switches: Switches) -> None:
    with pytest.raises(SwitchError):
        gpt.trace(drawn_model(config()), random_ids(), switches)


def test_a_trace_says_what_was_traced() -> None:
    model, switches = drawn_model(config()), Switches(scale=0.5, mask="window:3")
    traced = gpt.trace(model, random_ids(), switches)
    assert traced.ids.tolist() == random_ids()
    assert traced.config is model.config
    assert traced.switches is switches
    assert traced.scale == 0.5
    assert np.array_equal(traced.visible, WINDOW_3)
