"""Our GPT with GPT-2's settings equals `transformers`' GPT-2 with the same random weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

import gpt
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT

# (block_size, vocab_size, n_layer, n_head, n_embd, mlp_ratio, T): no two alike in any.
ODD: list[tuple[int, ...]] = [
    (13, 17, 2, 3, 21, 4, 11),
    (19, 31, 3, 5, 35, 2, 19),
    (7, 11, 1, 1, 13, 3, 5),
    (23, 29, 5, 7, 14, 1, 1),
]


@torch.no_grad()
def peer(sizes: tuple[int, ...]) -> GPT2LMHeadModel:
    """A GPT-2 of `transformers` whose every parameter is drawn, biases and norms included."""
    block_size, vocab_size, n_layer, n_head, n_embd, mlp_ratio, _ = sizes
    torch.manual_seed(sum(sizes))
    model = GPT2LMHeadModel(
        GPT2Config(
            n_positions=block_size,
            vocab_size=vocab_size,
            n_layer=n_layer,
            n_head=n_head,
            n_embd=n_embd,
            n_inner=mlp_ratio * n_embd,
            activation_function="gelu_new",
            attn_implementation="eager",
            output_attentions=True,
            bos_token_id=0,
            eos_token_id=0,
        )
    )
    for name, parameter in model.named_parameters():
        is_norm = ".ln_" in name and name.endswith("weight")
        nn.init.normal_(parameter, mean=float(is_norm), std=0.25)
    return model.eval()


def ours(model: GPT2LMHeadModel) -> GPT:
    """The same weights in our GPT: GPT-2's Conv1D keeps (in, out), and q, k, v in one matrix."""
    c: Any = model.config
    config = GPTConfig(
        block_size=c.n_positions,
        vocab_size=c.vocab_size,
        n_layer=c.n_layer,
        n_head=c.n_head,
        n_embd=c.n_embd,
        mlp_ratio=c.n_inner // c.n_embd,
        activation="gelu_tanh",
        tie_weights=True,
    )
    theirs = {name.removeprefix("transformer."): t for name, t in model.state_dict().items()}
    weights = {name: t for name, t in theirs.items() if not name.startswith("h.")}
    for l in range(c.n_layer):
        for part in ("ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias"):
            weights[f"h.{l}.{part}"] = theirs[f"h.{l}.{part}"]
        for part, c_part in (
            ("attn.proj", "attn.c_proj"),
            ("mlp.fc", "mlp.c_fc"),
            ("mlp.proj", "mlp.c_proj"),
        ):
            weights[f"h.{l}.{part}.weight"] = theirs[f"h.{l}.{c_part}.weight"].T
            weights[f"h.{l}.{part}.bias"] = theirs[f"h.{l}.{c_part}.bias"]
        for kind in ("weight", "bias"):
            thirds = theirs[f"h.{l}.attn.c_attn.{kind}"].chunk(3, dim=-1)
            for part, third in zip(("query", "key", "value"), thirds, strict=True):
                weights[f"h.{l}.attn.{part}.{kind}"] = third.T if kind == "weight" else third
    own = GPT(config)
    own.load_state_dict(weights)
    return own.eval()


@pytest.mark.parametrize("sizes", ODD, ids=str)
@torch.no_grad()
def test_logits_and_attentions_agree(sizes: tuple[int, ...]) -> None:
    theirs = peer(sizes)
    model = ours(theirs)
    ids = torch.randint(sizes[1], (1, sizes[-1]), generator=torch.Generator().manual_seed(2))
    expected = theirs(ids)
    traced = gpt.trace(model, ids[0].tolist())
    np.testing.assert_allclose(traced.logits, expected.logits[0], atol=1e-4, rtol=0)
    np.testing.assert_allclose(model(ids)[0], expected.logits[0], atol=1e-4, rtol=0)
    attentions = torch.stack(expected.attentions)[:, 0]
    np.testing.assert_allclose(traced.weights, attentions, atol=1e-5, rtol=0)


@torch.no_grad()
def test_a_batch_agrees_row_by_row() -> None:
    sizes = ODD[0]
    theirs = peer(sizes)
    ids = torch.randint(sizes[1], (5, 7), generator=torch.Generator().manual_seed(4))
    np.testing.assert_allclose(ours(theirs)(ids), theirs(ids).logits, atol=1e-4, rtol=0)


@torch.no_grad()
def test_hidden_states_are_the_residual_stream_after_each_block() -> None:
    sizes = ODD[0]
    theirs = peer(sizes)
    ids = torch.randint(sizes[1], (1, 11), generator=torch.Generator().manual_seed(6))
    hidden = theirs(ids, output_hidden_states=True).hidden_states
    traced = gpt.trace(ours(theirs), ids[0].tolist())
    for l in range(sizes[2]):  # after its last block transformers gives the normed stream
        np.testing.assert_allclose(traced.residual[2 * l], hidden[l][0], atol=1e-5, rtol=0)


def test_the_mapping_leaves_no_weight_out() -> None:
    theirs = peer(ODD[0])
    assert ours(theirs).n_parameters == sum(p.numel() for p in theirs.parameters())
