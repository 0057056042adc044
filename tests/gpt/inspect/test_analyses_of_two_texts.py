"""Analyses of a decoder with cross-attention: its parts add up, and its gradients are torch's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import ConfigError
from gpt.inspect.heads import ablation, edits
from gpt.inspect.one_head.matrices import one_head
from gpt.inspect.one_head.one_cell import logit_shares, story
from gpt.inspect.stream import model_norms
from gpt.inspect.stream.direct_effects import direct_effects
from gpt.inspect.stream.frozen_norm import frozen_norm, state_after, to_logits
from gpt.inspect.stream.gradients import gradients
from gpt.inspect.stream.logit_lens import logit_lens, state_names
from gpt.inspect.stream.stream_lengths import stream_norms
from gpt.nn.encoder_decoder import EncoderDecoder
from gpt.nn.loss import cross_entropy
from tests.close import close
from tests.gpt import other_kinds
from tests.gpt.two_texts import CONFIG, H, L, S, T, source_ids, target_ids

IDS, SOURCE = target_ids(), source_ids()
NORMS = ["pre", "post", "none"]


@pytest.fixture(scope="module", params=NORMS)
def model(request: pytest.FixtureRequest) -> EncoderDecoder:
    """With weights half as large as elsewhere: without norms, numbers grow from layer to layer."""
    model = other_kinds.drawn(replace(CONFIG, norm=request.param))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "ln_" not in name:
                parameter *= 0.5
    return model  # type: ignore[return-value]


@pytest.fixture(scope="module")
def trace(model: EncoderDecoder) -> gpt.Trace:
    return gpt.trace(model, IDS, source=SOURCE)


def test_states_are_named_in_their_order(trace: gpt.Trace) -> None:
    names = state_names(trace.config)
    assert names[:5] == ["embedding", "L0 attention", "L0 cross", "L0 MLP", "L1 attention"]
    assert len(names) == len(trace.residual) == 3 * L + 1
    assert state_names(trace.encoder.config) == ["embedding", "L0 attention", "L0 MLP"]
    assert [state_after(CONFIG, 1, branch) for branch in ("attention", "cross", "MLP")] == [4, 5, 6]


def test_the_parts_of_a_logit_add_up_to_it(model: EncoderDecoder, trace: gpt.Trace) -> None:
    effects = direct_effects(model, trace, position=T - 2, token=3)
    assert effects.logit == close(trace.logits[T - 2, 3])
    assert effects.total == close(effects.logit)
    names = [part.name for part in effects.parts]
    assert sum("cross H" in name for name in names) == L * H
    assert [part.name for part in effects.branches()][1:4] == ["L0 attention", "L0 cross", "L0 MLP"]


def test_one_look_at_the_source_adds_to_the_logits(model: EncoderDecoder, trace: gpt.Trace) -> None:
    """Its share is that of the vector that it adds, as all parts are weighed."""
    head = one_head(model, trace.cross, L - 1, 1)
    i, j = 4, 7
    cell = story(head, i, j)
    shares = logit_shares(model, trace, head, cell)
    assert shares.look + shares.head + shares.rest == close(trace.logits[i])
    norm = frozen_norm(model, trace).at(i)
    vector = cell.weight * cell.value @ head.projection
    passed = norm.apply(vector[None], state_after(CONFIG, L - 1, "cross"))[0]
    assert shares.look == close(model.lm_head.weight.detach().double().numpy() @ passed)


def test_the_last_state_says_what_the_model_says(model: EncoderDecoder, trace: gpt.Trace) -> None:
    lens = logit_lens(model, trace, [3 * L])
    assert lens.top_ids[0, :, 0].tolist() == trace.logits.argmax(-1).tolist()
    assert lens.top_probs[0, :, 0] == close(trace.probs.max(-1))


def test_lengths_of_all_three_branches(trace: gpt.Trace) -> None:
    lengths = stream_norms(trace, trace.cross)
    assert lengths.cross == close(np.linalg.norm(trace.cross.attention_out, axis=-1))
    assert lengths.stream.shape == (3 * L + 1, T)
    of_encoder = stream_norms(trace.encoder)
    assert of_encoder.cross is None and of_encoder.stream.shape == (3, S)


def test_gradients_are_those_of_torch(model: EncoderDecoder) -> None:
    found = gradients(model, IDS, source=SOURCE)
    model.zero_grad()
    batch, source = torch.tensor([IDS]), torch.tensor([SOURCE])
    loss = cross_entropy(model(batch, source=source)[:, :-1], batch[:, 1:])
    loss.backward()
    assert found.loss == close(loss.item()) and found.stream.shape == (3 * L + 1, T)
    for name in ("h.0.cross.query.weight", "h.1.cross.value.weight", "encoder.h.0.attn.key.weight"):
        gradient = model.get_parameter(name).grad
        assert gradient is not None and found.parameters[name] == close(gradient.norm().item())
    model.zero_grad()


def test_each_norm_reads_what_the_model_gave_it(model: EncoderDecoder, trace: gpt.Trace) -> None:
    if model.config.norm == "none":
        assert model_norms.norm_names(model) == []
        return
    places = model_norms.norm_names(model)
    assert places[0] == "encoder.h.0.ln_1" and "h.1.ln_cross" in places
    given: dict[str, np.ndarray] = {}
    for place in places:
        model.get_submodule(place).register_forward_hook(
            lambda _, read, __, place=place: given.update({place: read[0][0].numpy()})
        )
    with torch.no_grad():
        model(torch.tensor([IDS]), source=torch.tensor([SOURCE]))
    for place in places:
        model.get_submodule(place)._forward_hooks.clear()
    for place in places:
        assert model_norms.at_work(model, trace, place).before == close(given[place]), place


def test_norms_left_out_are_left_out_of_both_texts(model: EncoderDecoder) -> None:
    both = model_norms.without_norms(model, IDS, SOURCE)
    off = {site: gpt.Switches(norm_off=True) for site in ("encoder", "decoder", "cross")}
    assert both.without.logits == close(gpt.trace(model, IDS, off, SOURCE).logits[-1])


@pytest.mark.parametrize("site", ["encoder", "decoder", "cross"])
def test_a_head_is_switched_off_at_its_site(model: EncoderDecoder, site: str) -> None:
    ((head, reading),) = ablation.one_by_one(
        model, np.array([IDS]), gpt.Switches(), [(0, 2)], SOURCE, site
    )
    off = {site: gpt.Switches(heads_off={head})}
    assert reading.logits == close(gpt.trace(model, IDS, off, SOURCE).logits[-1])
    effects = ablation.untried(model, reading, site)
    assert effects.losses.shape == (1 if site == "encoder" else L, H)


@pytest.mark.parametrize("site", ["encoder", "decoder", "cross"])
def test_a_weight_is_edited_at_its_site(model: EncoderDecoder, site: str) -> None:
    wanted = [edits.Edit(0, 1, 5, 2, 0.75)]
    switches = edits.apply(model, IDS, gpt.Switches(), wanted, SOURCE, site)
    weights = gpt.trace(model, IDS, {site: switches}, SOURCE).site(site).weights
    assert weights[0, 1, 5, 2] == close(0.75) and weights[0, 1, 5].sum() == close(1)


def test_a_classifier_has_no_logits_of_tokens() -> None:
    classifier = other_kinds.drawn(other_kinds.CLASSIFIER)
    with pytest.raises(ConfigError, match="logits of labels"):
        to_logits(classifier, np.zeros((1, classifier.config.n_embd)))
    reading = ablation.read(classifier, np.array([[1, 2, 3]]))
    assert np.isnan(reading.loss)
    assert reading.logits == close(gpt.trace(classifier, [1, 2, 3]).class_logits)
