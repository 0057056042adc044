"""A model whose weights come from a file is not drawn first, nor is what drawing takes imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gpt.nn.model import GPT
from gpt.shape_only import shape_only
from tests.gpt.tiny import config

ROOT = Path(__file__).resolve().parents[2]
LOOK = """
import sys, gpt
gpt.trace(gpt.load("checkpoints/copy").model, [0, 1])
print("torch._dynamo" in sys.modules)
"""


def test_a_shape_is_that_of_the_drawn_model_and_draws_nothing() -> None:
    before = torch.random.get_rng_state()
    with shape_only():
        model = GPT(config())
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(p.is_meta for p in model.parameters())
    shapes = {name: p.shape for name, p in model.named_parameters()}
    assert shapes == {name: p.shape for name, p in GPT(config()).named_parameters()}


@pytest.mark.slow
def test_who_looks_at_a_model_does_not_wait_for_the_compiler() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
