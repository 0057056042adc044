"""The classifier: its body against PyTorch's own encoder layers, its head by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from gpt.errors import ConfigError, PromptError
from gpt.nn.build import build
from gpt.nn.classifier import Classifier, pool
from gpt.nn.config import GPTConfig
from gpt.nn.padding import PADDING

BASE = dict(
    block_size=13,
    vocab_size=17,
    n_layer=3,
    n_head=3,
    n_embd=21,
    mlp_ratio=5,
    mask="none",
    n_class=5,
)


def drawn(**changes: Any) -> Classifier:
    """A classifier whose every number is drawn, gains and biases too."""
    torch.manual_seed(3)
    model = Classifier(GPTConfig(**{**BASE, **changes})).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_gain = "ln_" in name and name.endswith("weight")
            nn.init.normal_(parameter, mean=float(is_gain), std=0.15)
    return model


def padded_batch() -> torch.Tensor:
    """(3, 11) ids; the second text has 4 tokens, the third 10."""
    ids = torch.randint(17, (3, 11), generator=torch.Generator().manual_seed(4))
    ids[1, 4:], ids[2, 10:] = PADDING, PADDING
    return ids


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("norm", ["pre", "post"])
@torch.no_grad()
def test_the_logits_are_those_of_torchs_own_encoder_layers(norm: str, activation: str) -> None:
    model, ids = drawn(norm=norm, activation=activation), padded_batch()
    x = model.wte(ids.clamp(min=0)) + model.wpe.weight[:11]
    for block in model.blocks:
        layer = nn.TransformerEncoderLayer(
            21, 3, 105, 0.0, activation, batch_first=True, norm_first=norm == "pre"
        ).eval()
        attn, mlp = block.attn, block.mlp
        assert attn.proj is not None and mlp is not None and mlp.proj is not None
        parts = (attn.query, attn.key, attn.value)
        layer.self_attn.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        layer.self_attn.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        layer.self_attn.out_proj.load_state_dict(attn.proj.state_dict())
        layer.linear1.load_state_dict(mlp.fc.state_dict())
        layer.linear2.load_state_dict(mlp.proj.state_dict())
        layer.norm1.load_state_dict(block.ln_1.state_dict())
        layer.norm2.load_state_dict(block.ln_2.state_dict())
        x = layer(x, src_key_padding_mask=ids == PADDING)
    if norm == "pre":
        x = model.ln_f(x)
    rows = [x[0].mean(0), x[1, :4].mean(0), x[2, :10].mean(0)]
    expected = torch.stack(rows) @ model.class_head.weight.T + model.class_head.bias
    torch.testing.assert_close(model(ids), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("mean", [[2.0, 5.0], [5.5, 8.5]]),
        ("first", [[1.0, 4.0], [5.0, 8.0]]),
        ("last", [[3.0, 6.0], [6.0, 9.0]]),
    ],
)
def test_a_pool_leaves_padding_out(how: str, expected: list[list[float]]) -> None:
    x = torch.tensor(
        [[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]], [[5.0, 8.0], [6.0, 9.0], [torch.nan, 7.0]]]
    )
    real = torch.tensor([[True, True, True], [True, True, False]])
    torch.testing.assert_close(pool(x, real, how), torch.tensor(expected))


def test_the_last_token_is_the_last_that_is_not_hidden() -> None:
    x = torch.tensor([[[1.0], [2.0], [3.0], [4.0]]])
    real = torch.tensor([[True, False, True, False]])
    assert pool(x, real, "last").tolist() == [[3.0]]
    assert pool(x, real, "mean").tolist() == [[2.0]]


@pytest.mark.parametrize("mask", ["none", "causal"])
@pytest.mark.parametrize("how", ["mean", "first", "last"])
@torch.no_grad()
def test_a_text_has_the_same_logits_alone_and_in_a_batch(how: str, mask: str) -> None:
    model, ids = drawn(pool=how, mask=mask), padded_batch()
    alone = torch.cat([model(ids[:1]), model(ids[1:2, :4]), model(ids[2:, :10])])
    torch.testing.assert_close(model(ids), alone, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_pooler_is_a_matrix_and_an_activation_before_the_head() -> None:
    model, ids = drawn(pool="first", pool_activation="tanh"), padded_batch()[:1]
    assert model.pooler is not None
    first = model.read(ids)[:, 0]
    expected = model.class_head(torch.tanh(model.pooler(first)))
    torch.testing.assert_close(model(ids), expected, atol=1e-5, rtol=1e-5)
    assert drawn().pooler is None


def test_a_classifier_has_no_output_embedding() -> None:
    names = {name for name, _ in build(GPTConfig(**BASE)).named_parameters()}
    assert {"class_head.weight", "class_head.bias"} <= names
    assert not any(name.startswith(("lm_head", "pooler")) for name in names)


def test_an_id_below_padding_and_a_padding_of_a_decoder_are_refused() -> None:
    with pytest.raises(PromptError, match="token id -2 is outside this model's vocabulary"):
        drawn()(torch.tensor([[1, -2]]))
    with pytest.raises(PromptError, match="token id -1 is outside this model's vocabulary"):
        build(GPTConfig(5, 7, 1, 1, 4))(torch.tensor([[1, PADDING]]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(n_class=1), "n_class is 1; a classifier chooses between at least 2 labels"),
        (dict(tie_weights=True), "a classifier .* has no output embedding; set tie_weights"),
        (dict(pool="max"), "pool is 'max'; choose one of mean, first, last"),
        (dict(pool_activation="gelu"), "choose one of none, tanh, relu"),
        (dict(n_class=True), "n_class is True"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        GPTConfig(**{**BASE, **changes})
