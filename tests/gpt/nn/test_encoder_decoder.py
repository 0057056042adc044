"""The encoder-decoder: against PyTorch's own nn.Transformer, and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gpt.errors import ConfigError, PromptError, SwitchError
from gpt.nn.attention import Attention
from gpt.nn.build import build
from gpt.nn.cache import KVCache
from gpt.nn.config import GPTConfig
from gpt.nn.encoder_decoder import EncoderDecoder
from gpt.nn.loss import IGNORED, cross_entropy
from gpt.nn.padding import PADDING
from gpt.nn.switches import Switches, resolve
from tests.close import ABS
from tests.gpt.two_texts import CONFIG, SOURCE_V, S, T, V, source_ids, target_ids, two_texts

BASE = dict(
    block_size=13,
    vocab_size=17,
    n_layer=2,
    n_head=3,
    n_embd=21,
    mlp_ratio=5,
    n_encoder_layer=3,
    source_vocab_size=29,
    source_block_size=23,
)
KINDS: dict[str, dict[str, Any]] = {
    "pre-norm, GELU": dict(norm="pre", activation="gelu"),
    "pre-norm, ReLU": dict(norm="pre", activation="relu"),
    "post-norm, GELU": dict(norm="post", activation="gelu"),
    "post-norm, ReLU": dict(norm="post", activation="relu"),
}


def drawn(**changes: Any) -> EncoderDecoder:
    """A model whose every number is drawn, gains and biases too."""
    torch.manual_seed(3)
    model = EncoderDecoder(GPTConfig(**{**BASE, **changes})).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_gain = "ln_" in name and name.endswith("weight")
            nn.init.normal_(parameter, mean=float(is_gain), std=0.15)
    return model


def torchs_own(model: EncoderDecoder) -> nn.Transformer:
    """PyTorch's Transformer of the same shape with the same numbers."""
    config = model.config
    has_last = config.norm == "pre"
    common = dict(
        d_model=config.n_embd,
        nhead=config.n_head,
        dim_feedforward=config.mlp_width,
        dropout=0.0,
        activation=config.activation,
        batch_first=True,
        norm_first=has_last,
    )
    last = [nn.LayerNorm(config.n_embd) if has_last else None for _ in range(2)]
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(**common), config.n_encoder_layer, last[0], False
    )
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**common), config.n_layer, last[1])
    other = nn.Transformer(
        d_model=config.n_embd,
        nhead=config.n_head,
        custom_encoder=encoder,
        custom_decoder=decoder,
        batch_first=True,
    ).eval()
    with torch.no_grad():
        for mine, theirs in zip(model.encoder.blocks, encoder.layers, strict=True):
            _copy_attention(mine.attn, theirs.self_attn)
            _copy_rest(mine, theirs, {"ln_1": "norm1", "ln_2": "norm2"})
        for mine, theirs in zip(model.blocks, decoder.layers, strict=True):
            assert mine.cross is not None
            _copy_attention(mine.attn, theirs.self_attn)
            _copy_attention(mine.cross, theirs.multihead_attn)
            _copy_rest(mine, theirs, {"ln_1": "norm1", "ln_cross": "norm2", "ln_2": "norm3"})
        if has_last:
            encoder.norm.load_state_dict(model.encoder.ln_f.state_dict())
            decoder.norm.load_state_dict(model.ln_f.state_dict())
    return other


def _copy_attention(mine: Attention, theirs: nn.MultiheadAttention) -> None:
    parts = (mine.query, mine.key, mine.value)
    theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
    theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    assert mine.proj is not None
    theirs.out_proj.load_state_dict(mine.proj.state_dict())


def _copy_rest(mine: Any, theirs: Any, norms: dict[str, str]) -> None:
    theirs.linear1.load_state_dict(mine.mlp.fc.state_dict())
    theirs.linear2.load_state_dict(mine.mlp.proj.state_dict())
    for name, their_name in norms.items():
        getattr(theirs, their_name).load_state_dict(getattr(mine, name).state_dict())


def batch(padding: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """(3, 11) target ids and (3, 19) source ids, the ends of which may be padding."""
    generator = torch.Generator().manual_seed(4)
    ids = torch.randint(17, (3, T), generator=generator)
    source = torch.randint(29, (3, S), generator=generator)
    if padding:
        ids[1, 7:], source[0, 5:], source[2, 18:] = PADDING, PADDING, PADDING
    return ids, source


@pytest.mark.parametrize("padding", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_the_output_is_that_of_torchs_own_transformer(kind: str, padding: bool) -> None:
    model = drawn(**KINDS[kind])
    ids, source = batch(padding)
    x = model.wte(ids.clamp(min=0)) + model.wpe.weight[:T]
    y = model.encoder.wte(source.clamp(min=0)) + model.encoder.wpe.weight[:S]
    expected = torchs_own(model)(
        y,
        x,
        tgt_mask=~torch.ones(T, T, dtype=torch.bool).tril(),
        src_key_padding_mask=source == PADDING,
        memory_key_padding_mask=source == PADDING,
        tgt_key_padding_mask=ids == PADDING,
        tgt_is_causal=False,
    )
    got = model.read(ids, source=source)
    real = ids != PADDING
    torch.testing.assert_close(got[real], expected[real], atol=1e-5, rtol=1e-5)


def test_a_cross_attention_worked_out_by_hand() -> None:
    """Two target and three source tokens, one head of two channels, scale 1."""
    attention = Attention(GPTConfig(3, 5, 1, 1, 2, scale="none", bias=False), layer=0)
    with torch.no_grad():
        attention.query.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
        attention.key.weight.copy_(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
        attention.value.weight.copy_(torch.tensor([[1.0, 1.0], [0.0, 3.0]]))
        attention.proj.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, -1.0]]))
    x = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])  # queries (1, 0) and (0, 2)
    y = torch.tensor([[[0.0, np.log(2)], [0.0, np.log(3)], [np.log(2), 0.0]]]).float()
    # keys (log 2, 0), (log 3, 0), (0, log 2); values (log 2, 3 log 2), (log 3, 3 log 3), (log 2, 0)
    # scores of the first query: log 2, log 3, 0; of the second: 0, 0, 2 log 2
    weights = np.array([[2, 3, 1], [1, 1, 4]]) / 6
    values = np.array([[np.log(2), 3 * np.log(2)], [np.log(3), 3 * np.log(3)], [np.log(2), 0]])
    rule = resolve(Switches(), GPTConfig(3, 5, 1, 1, 2, scale="none"), 2, keys=3, own="none")
    out = attention(x, rule, y=y).detach().numpy()[0]
    np.testing.assert_allclose(out, weights @ values * [1, -1], atol=ABS)


@torch.no_grad()
def test_padding_changes_no_real_token_and_counts_in_no_loss() -> None:
    model = two_texts()
    long, short = (source_ids(count) for count in (S, 7))
    texts = target_ids(T), target_ids(5)
    source = torch.tensor([long, [*short, *[PADDING] * (S - 7)]])
    ids = torch.tensor([texts[0], [*texts[1], *[PADDING] * (T - 5)]])
    together = model(ids, source=source)
    alone = model(torch.tensor([texts[1]]), source=torch.tensor([short]))
    torch.testing.assert_close(together[1, :5], alone[0], atol=1e-5, rtol=1e-5)
    targets = ids.roll(-1, 1)
    targets[:, -1], targets[1, 4] = IGNORED, IGNORED
    each = [
        model(torch.tensor([t]), source=torch.tensor([s]))
        for t, s in zip(texts, (long, short), strict=True)
    ]
    losses = [
        cross_entropy(logits[:, :-1], torch.tensor([t[1:]]))
        for logits, t in zip(each, texts, strict=True)
    ]
    expected = (10 * losses[0] + 4 * losses[1]) / 14
    torch.testing.assert_close(cross_entropy(together, targets), expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_cache_gives_the_logits_of_the_whole_pass() -> None:
    model, ids = two_texts(), torch.tensor([target_ids()])
    source = torch.tensor([source_ids()])
    whole = model(ids, source=source)
    states, cache = model.encode(source), KVCache(CONFIG, model.wte.weight)
    steps = [model(ids[:, t : t + 1], cache=cache, source=source, states=states) for t in range(T)]
    torch.testing.assert_close(torch.cat(steps, 1), whole, atol=1e-5, rtol=1e-5)
    assert cache.length == T and cache.source[0][0].shape == (1, 3, S, 7)


@torch.no_grad()
def test_a_cache_goes_on_with_the_rows_that_are_picked() -> None:
    model, ids = two_texts(), torch.tensor([target_ids(4), [1, 2, 3, 4]])
    source = torch.tensor([source_ids()])
    states, cache = model.encode(source), KVCache(CONFIG, model.wte.weight, batch=2)
    both, seen = source.expand(2, -1), states.expand(2, -1, -1)
    model(ids[:, :3], cache=cache, source=both, states=seen)
    cache.pick(torch.tensor([1, 1, 0]))
    new = torch.tensor([[4], [5], [6]])
    got = model(new, cache=cache, source=source.expand(3, -1), states=states.expand(3, -1, -1))
    rows = torch.tensor([[1, 2, 3, 4], [1, 2, 3, 5], [*target_ids(3), 6]])
    whole = model(rows, source=source.expand(3, -1))
    torch.testing.assert_close(got[:, 0], whole[:, -1], atol=1e-5, rtol=1e-5)


def test_a_shared_vocabulary_has_one_embedding_of_both_texts() -> None:
    model = EncoderDecoder(GPTConfig(**{**BASE, "source_vocab_size": 0, "tie_weights": True}))
    assert model.encoder.wte is model.wte and model.lm_head.weight is model.wte.weight
    names = [name for name, _ in model.named_parameters()]
    assert "wte.weight" in names
    assert not {"encoder.wte.weight", "lm_head.weight"} & set(names)


def test_a_model_of_two_texts_asks_for_both() -> None:
    model = two_texts()
    with pytest.raises(PromptError, match="reads two texts; give the source too"):
        model(torch.tensor([target_ids()]))
    with pytest.raises(PromptError, match=f"vocabulary of {SOURCE_V} "):
        model(torch.tensor([target_ids()]), source=torch.tensor([[SOURCE_V]]))
    with pytest.raises(PromptError, match=f"vocabulary of {V} "):
        model(torch.tensor([[V]]), source=torch.tensor([[1]]))
    with pytest.raises(PromptError, match="24 tokens do not fit into this model's context of 23"):
        model(torch.tensor([[1]]), source=torch.ones(1, 24, dtype=torch.long))
    with pytest.raises(SwitchError, match="no attention site 'crass'"):
        model(torch.tensor([[1]]), {"crass": Switches()}, source=torch.tensor([[1]]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(mask="none"), "its mask is causal"),
        (dict(n_class=3), "n_class = 3 and n_encoder_layer = 3 do not go together"),
        (dict(n_encoder_layer=0), "source_vocab_size is set, but there is no encoder"),
        (dict(n_encoder_layer=257), "n_encoder_layer is 257; choose a whole number from 0 to 256"),
        (dict(source_vocab_size=-1), "source_vocab_size is -1"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        GPTConfig(**{**BASE, **changes})


def test_the_kind_of_a_config_decides_the_class_and_the_sites() -> None:
    two, one = GPTConfig(**BASE), GPTConfig(5, 7, 1, 1, 4)
    assert (two.kind, one.kind) == ("encoder-decoder", "decoder")
    assert (two.encoder.kind, two.encoder.vocab_size, two.encoder.n_layer) == ("encoder", 29, 3)
    assert list(build(two).sites) == ["encoder", "decoder", "cross"]
    assert [len(attentions) for attentions in build(two).sites.values()] == [3, 2, 2]
    assert list(build(one).sites) == ["decoder"]
    with pytest.raises(ConfigError, match="of kind 'decoder' has no encoder"):
        _ = one.encoder
