"""Dropout: how much is left out, what is kept, and when it does nothing."""

from __future__ import annotations

import pytest
import torch

from gpt.nn.dropout import Dropout

SHAPE = (8, 125, 100)


@pytest.mark.parametrize("p", [0.1, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_as_many_are_left_out_as_were_asked_for(p: float, dtype: torch.dtype) -> None:
    torch.manual_seed(1)
    out = Dropout(p).train()(torch.full(SHAPE, 2.0, dtype=dtype))
    # Five standard deviations of a share of 100,000.
    assert (out == 0).float().mean().item() == pytest.approx(p, abs=0.0079)
    torch.testing.assert_close(
        out[out != 0].float(),
        torch.full_like(out[out != 0], 2 / (1 - p)).float(),
        rtol=0.005,
        atol=0,
    )


def test_neighbours_are_left_out_apart_from_each_other() -> None:
    """Four elements share a draw of 64 bits; each is as likely to go with the next as with any."""
    torch.manual_seed(2)
    gone = (Dropout(0.5).train()(torch.ones(400_000)) == 0).view(-1, 4).float()
    correlations = torch.corrcoef(gone.T) - torch.eye(4)
    assert correlations.abs().max().item() < 5 / 100_000**0.5


def test_the_gradient_goes_through_what_was_kept() -> None:
    torch.manual_seed(3)
    x = torch.randn(SHAPE, requires_grad=True)
    out = Dropout(0.25).train()(x)
    out.sum().backward()
    assert x.grad is not None
    kept = out != 0
    torch.testing.assert_close(x.grad[kept], torch.full_like(x.grad[kept], 4 / 3))
    assert not x.grad[~kept].any()


def test_the_seed_draws_the_mask() -> None:
    drop, x = Dropout(0.5).train(), torch.ones(3, 5, 7)  # not a multiple of four
    masks = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        masks.append(drop(x) == 0)
    assert torch.equal(masks[0], masks[1]) and not torch.equal(masks[0], masks[2])


def test_in_use_nothing_is_left_out() -> None:
    x = torch.randn(3, 5)
    assert torch.equal(Dropout(0.5).eval()(x), x)
    assert torch.equal(Dropout(0.0).train()(x), x)


def test_almost_everything_may_go() -> None:
    torch.manual_seed(4)
    out = Dropout(0.9999999).train()(torch.ones(1_000))
    assert torch.isfinite(out).all()
