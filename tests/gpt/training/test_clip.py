"""Clipping: the gradient is shortened as PyTorch would, and measured where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from gpt.training.control import Control
from gpt.training.loop import Trainer
from tests.gpt.tiny import new_run


@pytest.mark.parametrize("longest", [0.0, 0.5, 1000.0])
def test_a_gradient_is_clipped_as_pytorch_does(longest: float, tmp_path: Path) -> None:
    run = new_run(tmp_path / "run", grad_clip=longest)
    trainer = Trainer(run, Control(), lambda line, status: None)
    generator = torch.Generator().manual_seed(3)
    theirs = []
    for parameter in trainer.model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)
        theirs.append(nn.Parameter(parameter.detach().clone()))
        theirs[-1].grad = parameter.grad.clone()
    expected = nn.utils.clip_grad_norm_(theirs, longest or torch.inf)
    assert trainer._clip() == expected.item()
    for ours, other in zip(trainer.model.parameters(), theirs, strict=True):
        assert ours.grad is not None and other.grad is not None
        assert torch.equal(ours.grad, other.grad)
