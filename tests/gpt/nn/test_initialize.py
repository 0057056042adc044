"""How models start: PyTorch's own numbers, GPT-2's, and projections at zero."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from gpt.nn.model import GPT
from tests.gpt.tiny import config

SIZES = dict(n_embd=64, n_head=4, vocab_size=500)


def started(**changes: object) -> GPT:
    torch.manual_seed(2)
    return GPT(config(**SIZES, **changes))


def test_pytorchs_start_is_pytorchs() -> None:
    model = started(init="torch")
    assert model.wte.weight.std().item() == pytest.approx(1.0, abs=0.02)
    for linear in (m for m in model.modules() if isinstance(m, nn.Linear)):
        bound = linear.in_features**-0.5
        assert 0.9 * bound < linear.weight.abs().max().item() <= bound
        assert linear.bias is None or 0.5 * bound < linear.bias.abs().max().item() <= bound


def test_gpt2s_start_is_small() -> None:
    model = started()
    assert model.wte.weight.std().item() == pytest.approx(0.02, abs=0.001)
    assert model.blocks[0].attn.query.weight.std().item() == pytest.approx(0.02, abs=0.002)
    last = model.blocks[1].attn.proj
    assert last is not None
    assert last.weight.std().item() == pytest.approx(0.02 / 2, abs=0.001)  # 1/√(2·2 layers)


@pytest.mark.parametrize("init", ["gpt2", "unit_qk", "torch"])
def test_projections_at_zero_make_the_identity_of_every_block(init: str) -> None:
    model = started(init=init, zero_init=True, bias=False)
    for block in model.blocks:
        assert block.attn.proj is not None and block.mlp is not None
        assert not block.attn.proj.weight.any()
        assert block.mlp.proj is not None and not block.mlp.proj.weight.any()
