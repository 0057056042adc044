"""A trace of a model of two texts: T queries and S keys, at three sites of attention.

Each stage is held against a forward pass in numpy that shares no code with the model, for the
model as it is and for every switch, site by site.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import PromptError, SwitchError
from gpt.inspect import maps
from gpt.inspect.large import LargeRecorder, weights_of_head
from gpt.inspect.maps import Maps
from gpt.nn.attention import Attention, attention_weights
from gpt.nn.switches import Switches, resolve
from tests.close import ABS
from tests.gpt.tiny import config, random_ids, random_model
from tests.gpt.two_texts import (
    CONFIG,
    PAD,
    C,
    D,
    H,
    L,
    S,
    Settings,
    T,
    V,
    numpy_forward,
    source_ids,
    target_ids,
    two_texts,
)

STAGES = (
    *("attention_in", "keys_in", "queries", "keys", "values", "scores", "scaled", "masked"),
    *("weights", "head_out", "contribution", "attention_out"),
)
SHAPES = {"encoder": (1, S, S), "decoder": (L, T, T), "cross": (L, T, S)}
PADDING = 5
ROW = np.arange(S) % 4 == 1
DRAWN = np.stack([np.roll(ROW, i) for i in range(T)])
EDIT = np.random.default_rng(2).dirichlet(np.ones(S), size=T).astype(np.float32)

SETTINGS: dict[str, tuple[dict[str, Switches], dict[str, Settings]]] = {
    "as it is": ({}, {}),
    "a causal cross mask": (
        {"cross": Switches(mask="causal")},
        {"cross": dict(visible=np.tri(T, S, dtype=bool))},
    ),
    "a window in the cross-attention": (
        {"cross": Switches(mask="window:3")},
        {"cross": dict(visible=np.tri(T, S, dtype=bool) & ~np.tri(T, S, -3, dtype=bool))},
    ),
    "a drawn cross mask": ({"cross": Switches(mask=DRAWN)}, {"cross": dict(visible=DRAWN)}),
    "no mask in the decoder": (
        {"decoder": Switches(mask="none")},
        {"decoder": dict(visible=np.ones((T, T), bool))},
    ),
    "a window in the encoder": (
        {"encoder": Switches(mask="window:2")},
        {"encoder": dict(visible=np.tri(S, dtype=bool) & ~np.tri(S, S, -2, dtype=bool))},
    ),
    "scale and temperature": (
        {"cross": Switches(scale=0.7), "decoder": Switches(temperature=0.3)},
        {"cross": dict(scale=0.7), "decoder": dict(temperature=0.3)},
    ),
    "heads off at two sites": (
        {"cross": Switches(heads_off={(0, 2), (1, 0)}), "encoder": Switches(heads_off={(0, 1)})},
        {"cross": dict(heads_off={(0, 2), (1, 0)}), "encoder": dict(heads_off={(0, 1)})},
    ),
    "edited cross weights": (
        {"cross": Switches(weights_edit={(1, 2): EDIT})},
        {"cross": dict(weights_edit={(1, 2): EDIT})},
    ),
}


def equal(got: Any, expected: Any, atol: float = ABS) -> None:
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=atol)


def fast_logits(source: list[int], switches: dict[str, Switches]) -> np.ndarray:
    """The logits of the path that nobody looks at."""
    with torch.no_grad():
        ids, others = torch.tensor([target_ids()]), torch.tensor([source])
        return two_texts()(ids, switches, source=others)[0].numpy()


@pytest.mark.parametrize("padding", [0, PADDING])
@pytest.mark.parametrize("name", SETTINGS)
def test_every_stage_of_every_site_equals_numpy(name: str, padding: int) -> None:
    switches, settings = SETTINGS[name]
    source = source_ids(padding=padding)
    t = gpt.trace(two_texts(), target_ids(), switches, source=source)
    expected = numpy_forward(two_texts(), target_ids(), source, settings)
    assert t.sites == ("encoder", "decoder", "cross")
    for site in t.sites:
        found = t.site(site)
        for stage in STAGES:
            assert getattr(found, stage).dtype == np.float32, stage
            equal(getattr(found, stage), expected[site][stage])
        layers, queries, keys = SHAPES[site]
        assert found.shape == (layers, H, queries, keys) == found.weights.shape
        assert found.contribution.shape == (layers, H, queries, C)
        equal(found.weights.sum(-1), 1)
        assert not found.weights[..., ~found.visible].any() or "edited" in name
    equal(t.encoder.residual, expected["encoder"]["residual"])
    equal(t.residual, expected["decoder"]["residual"])
    equal(t.logits, expected["decoder"]["logits"], atol=5e-5)
    equal(t.logits, fast_logits(source, switches), atol=5e-5)
    assert t.residual.shape == (3 * L + 1, T, C) and t.logits.shape == (T, V)


def test_a_trace_is_its_decoders_site_and_names_the_others() -> None:
    t = gpt.trace(two_texts(), target_ids(), source=source_ids())
    assert t.decoder is t and t.site("cross") is t.cross and t.name == "decoder"
    assert t.ids.tolist() == t.query_tokens.tolist() == t.key_tokens.tolist() == target_ids()
    assert t.cross.query_tokens.tolist() == target_ids()
    assert t.cross.key_tokens.tolist() == t.encoder.query_tokens.tolist() == source_ids()
    one = gpt.trace(random_model(config()), random_ids())
    assert one.sites == ("decoder",) and one.decoder.weights is one.weights
    with pytest.raises(SwitchError, match="no attention site 'cross'; its sites are decoder"):
        _ = one.cross


def test_padding_changes_nothing_and_its_weights_are_exactly_0() -> None:
    padded = gpt.trace(two_texts(), target_ids(), source=source_ids(padding=PADDING))
    short = source_ids(padding=PADDING)[:-PADDING]
    bare = gpt.trace(two_texts(), target_ids(), source=short)
    equal(padded.logits, bare.logits)
    equal(padded.cross.weights[..., :-PADDING], bare.cross.weights)
    assert np.count_nonzero(padded.cross.weights[..., -PADDING:]) == 0
    assert np.count_nonzero(padded.encoder.weights[..., -PADDING:]) == 0
    assert not padded.cross.visible[:, -PADDING:].any() and bare.cross.visible.all()


def test_a_batch_of_unequal_padding_gives_what_each_text_gives_alone() -> None:
    """The fused path: three sources of 19, 14 and 6 tokens in one batch, with no recorder."""
    sources = [source_ids(padding=padding) for padding in (0, PADDING, 13)]
    with torch.no_grad():
        ids = torch.tensor([target_ids()] * 3)
        logits = two_texts()(ids, source=torch.tensor(sources)).numpy()
    for n, source in enumerate(sources):
        real = [id for id in source if id != PAD]
        equal(logits[n], gpt.trace(two_texts(), target_ids(), source=real).logits, atol=5e-5)


def test_a_square_cross_attention_is_not_taken_to_be_causal() -> None:
    """As many keys as queries, some padding: the fused kernel sees later keys, but no padding."""
    source = source_ids(T, padding=3)
    equal(
        fast_logits(source, {}),
        numpy_forward(two_texts(), target_ids(), source)["decoder"]["logits"],
        atol=5e-5,
    )


@pytest.mark.parametrize("padding", [0, PADDING])
@pytest.mark.parametrize("name", SETTINGS)
def test_strips_equal_the_plain_trace(
    name: str, padding: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    switches, _ = SETTINGS[name]
    ids, source = target_ids(), source_ids(padding=padding)
    plain = gpt.trace(two_texts(), ids, switches, source=source)
    monkeypatch.setattr(maps, "WHOLE", 0)
    monkeypatch.setattr("gpt.inspect.large.BLOCKS", 3)  # strips of three queries, the last of two
    large = gpt.trace(two_texts(), ids, switches, source=source)
    equal(large.logits, plain.logits, atol=5e-5)
    for site in plain.sites:
        one, other = large.site(site), plain.site(site)
        made = one.maps("weights")
        assert isinstance(made, Maps) and made.shape == other.shape
        equal(made[:], other.weights)
        equal(one.maps("masked")[:], other.masked)
        equal(one.head_out, other.head_out)
        equal(one.row_entropy, other.row_entropy)
        equal(one.row_top, other.row_top)
        assert one.peaks is not None and other.peaks is None
        equal(one.peaks, other.weights)  # blocks of one cell


def test_a_long_map_is_summarized_by_blocks_of_its_own_rows_and_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """127 queries and 211 keys: 96 × 96 blocks of one or two rows and two or three columns."""
    queries, keys = 127, 211
    generator = torch.Generator().manual_seed(4)
    q, k, v = (torch.randn(1, H, n, D, generator=generator) for n in (queries, keys, keys))
    rule = resolve(Switches(mask="causal"), CONFIG, queries, keys=keys, own="none")
    recorder = LargeRecorder(1, 3, queries, keys)
    head_out = recorder.attend(q, k, v, 0, rule)
    weights = attention_weights(q, k, rule.mask, rule.scale)[0]
    assert head_out is not None
    equal(head_out[0], weights @ v[0])
    peaks = recorder.layers["peaks"][0]
    assert peaks.shape == (H, 96, 96)
    rows = [n * queries // 96 for n in range(96)] + [queries]
    columns = [n * keys // 96 for n in range(96)] + [keys]
    for i, j in ((0, 0), (13, 5), (40, 20), (95, 0), (95, 55), (3, 90)):
        block = weights[:, rows[i] : rows[i + 1], columns[j] : columns[j + 1]]
        equal(peaks[:, i, j], block.amax((-2, -1)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("mask", ["none", "causal", "prefix:5", "array"])
def test_the_weights_of_one_head_in_strips_equal_the_plain_ones(
    mask: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpt.inspect.large.STRIP", 4)
    generator = torch.Generator().manual_seed(8)
    q, k = (torch.randn(n, D, generator=generator).to(dtype) for n in (T, S))
    switches = Switches(mask=DRAWN if mask == "array" else mask, temperature=0.7)
    rule = resolve(switches, CONFIG, T, keys=S, own="none")
    plain = attention_weights(q, k, rule.mask, rule.scale, 0.7).float().numpy()
    tolerance = ABS if dtype == torch.float32 else 0.01
    np.testing.assert_allclose(weights_of_head(q, k, rule), plain, rtol=0.02, atol=tolerance)


@pytest.mark.parametrize("shape", [(S, T), (T, T), (S, S), (T, S + 1)])
def test_a_mask_of_another_shape_is_refused_with_the_shape_that_fits(
    shape: tuple[int, int],
) -> None:
    switches = {"cross": Switches(mask=np.ones(shape, bool))}
    with pytest.raises(SwitchError) as caught:
        gpt.trace(two_texts(), target_ids(), switches, source=source_ids())
    assert str(caught.value) == (
        f"the mask is a bool array of shape {shape}; the context has 11 queries and 19 keys, "
        "so give booleans of shape (11, 19)"
    )


def test_edits_of_another_shape_are_refused_with_the_shape_that_fits() -> None:
    edit = {"cross": Switches(weights_edit={(0, 1): np.eye(T)})}
    with pytest.raises(SwitchError, match=r"of shape \(11, 19\); got shape \(11, 11\)"):
        gpt.trace(two_texts(), target_ids(), edit, source=source_ids())


def test_a_mask_that_leaves_a_query_only_padding_is_refused() -> None:
    last = np.zeros((T, S), bool)
    last[:, -1] = True
    switches = {"cross": Switches(mask=last)}
    gpt.trace(two_texts(), target_ids(), switches, source=source_ids())
    with pytest.raises(SwitchError, match="every key that some query may see is padding"):
        gpt.trace(two_texts(), target_ids(), switches, source=source_ids(padding=2))


def test_a_window_that_ends_before_the_last_query_is_refused() -> None:
    """Query 7 would see keys 5 to 7, and the source has five."""
    with pytest.raises(SwitchError, match="query 7 may see no key"):
        gpt.trace(
            two_texts(), target_ids(), {"cross": Switches(mask="window:3")}, source=source_ids(5)
        )


def test_unknown_sites_and_missing_or_needless_sources_are_refused() -> None:
    model, ids = two_texts(), target_ids()
    with pytest.raises(SwitchError, match="no attention site 'crass'; its sites are encoder"):
        gpt.trace(model, ids, {"crass": Switches()}, source=source_ids())
    with pytest.raises(PromptError, match="reads two texts; give the source too"):
        gpt.trace(model, ids)
    with pytest.raises(PromptError, match="the source is empty"):
        gpt.trace(model, ids, source=[])
    with pytest.raises(PromptError, match="reads one text; leave the source out"):
        gpt.trace(random_model(config()), random_ids(), source=source_ids())


def test_bare_switches_are_the_decoders() -> None:
    t = gpt.trace(two_texts(), target_ids(), Switches(mask="none", scale=0.5), source=source_ids())
    assert t.visible.all() and t.scale == 0.5
    assert t.cross.switches == Switches() and t.cross.scale == pytest.approx(D**-0.5)


def test_cross_attention_of_two_queries_and_three_keys_worked_out_by_hand() -> None:
    """One head of D = 4, scale 1/2; queries pick from x, keys and values from y.

    q0 = (2, 0, 0, 0), q1 = (0, 2, 0, 0); k0 = (ln 4, 0, …), k1 = (0, ln 9, …), k2 = 0
    scaled rows: (ln 4, 0, 0) and (0, ln 9, 0), so the weights are (4, 1, 1)/6 and (1, 9, 1)/11
    v0 = (6, 0, …), v1 = (0, 11, …), v2 = (0, 0, 66, 0)
    head_out: (4, 11/6, 11, 0) and (6/11, 9, 6, 0)
    """
    of = config(n_layer=1, n_head=1, n_embd=4, projection=False)
    attention = Attention(of, layer=0)
    key = np.diag([np.log(4), np.log(9), 0, 0])
    value = np.diag([6.0, 11, 66, 0])
    with torch.no_grad():
        for part, matrix in (("query", 2 * np.eye(4)), ("key", key), ("value", value)):
            linear = getattr(attention, part)
            linear.weight.copy_(torch.tensor(matrix))
            linear.bias.zero_()
        x, y = torch.eye(4)[None, :2], torch.eye(4)[None, :3]
        rule = resolve(Switches(), of, 2, keys=3, own="none")
        out = attention(x, rule, y=y)[0]
    equal(out, [[4, 11 / 6, 11, 0], [6 / 11, 9, 6, 0]])
