"""The page that works GPT-2 out on paper: its numbers follow from its formulas and the code."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import pytest

from benchmarks.trace_overhead import GPT2
from gpt.commands import train_command
from gpt.commands.setting_arguments import changes
from gpt.nn.cache import KVCache
from gpt.shape_only import count_parameters, shape_only
from gpt.training.needs import state_memory
from gpt.training.presets import find
from gpt.training.ranks import check_parts
from gpt.training.settings import TrainingConfig

PAGE = Path(__file__).resolve().parents[3] / "docs" / "gpt2-on-paper.md"
TEXT = " ".join(PAGE.read_text(encoding="utf-8").split())
L, H, C, T, V = 12, 12, 768, 1024, 50_257
ROWS, PROCESSES, PARTS = 480, 8, 5
TOKENS = 10e9
A100, H100, USED, OURS = 312e12, 989e12, 0.4, 410e9
GIB = 2**30

BLOCK = 12 * C**2 + 13 * C
N = V * C + T * C + L * BLOCK + 2 * C
PER_TOKEN = 6 * (N - T * C) + 12 * L * C * T
STEP = PER_TOKEN * ROWS * T
ALL = PER_TOKEN * TOKENS
GRADIENT = 4 * N
RING = 2 * (PROCESSES - 1) / PROCESSES * GRADIENT
PART = ROWS // PROCESSES // PARTS * T

NUMBERS = {
    "parameters of a block": f"{BLOCK:,}",
    "parameters": f"{N:,}",
    "operations a token": f"{PER_TOKEN / 1e6:,.0f} million",
    "of which attention": f"{12 * L * C * T / PER_TOKEN:.0%} of them",
    "operations a step": f"{STEP / 1e12:,.0f} × 10¹²",
    "tokens a step": f"{ROWS * T:,} tokens",
    "steps": f"{TOKENS / (ROWS * T):,.0f} steps",
    "operations in all": f"{ALL / 1e18:.2f} × 10¹⁸",
    "tokens a parameter": f"{TOKENS / N:.0f} tokens a parameter",
    "two cores": f"{ALL / OURS / 86_400:.0f} days",
    "one A100": f"{ALL / (A100 * USED) / 3600:.0f} hours",
    "eight A100": f"{ALL / (A100 * USED) / 3600 / 8:.1f} hours",
    "one H100": f"{ALL / (H100 * USED) / 3600:.1f} hours",
    "cost": f"{ALL / (A100 * USED) / 3600 * 2:.0f} dollars",
    "nanoGPT's": f"{PER_TOKEN * 600_000 * 491_520 / (8 * A100 * USED) / 86_400:.1f} days",
    "state with AdamW": f"{16 * N / GIB:.2f} GiB",
    "saved by Muon": f"{4 * L * 12 * C**2 / GIB:.2f} GiB",
    "activations of a token": f"{2 * 16 * C * L / 1e3:.0f} kB",
    "logits of a token": f"{8 * V / 1e3:.0f} kB",
    "activations of a part": f"{2 * 16 * C * L * PART / GIB:.1f} GiB",
    "logits of a part": f"{8 * V * PART / GIB:.1f} GiB",
    "gradient": f"{GRADIENT / 1e6:.0f} MB",
    "sent a step": f"{RING / 1e6:.0f} MB",
    "over a gigabit": f"{RING / 125e6:.1f} s",
    "over NVLink": f"{1e3 * RING / 300e9:.1f} ms",
    "a step on eight A100": f"{STEP / (PROCESSES * A100 * USED):.2f} s",
    "over 25 gigabit": f"{RING / 3.125e9:.2f} s",
    "cache of a token": f"{2 * L * C * 4 / 1e3:.0f} kB",
    "whole cache": f"{2 * L * C * 4 * T / 2**20:.0f} MiB",
    "tokens a second": f"{20e9 / GRADIENT:.0f} tokens a second",
    "tokens on disk": f"{2 * TOKENS / 1e9:.0f} GB",
    "read a second": f"{2 * ROWS * T / (STEP / (PROCESSES * A100 * USED)) / 1e6:.1f} MB a second",
}


@pytest.mark.parametrize("number", NUMBERS.values(), ids=list(NUMBERS))
def test_the_page_has_what_its_formulas_come_to(number: str) -> None:
    assert number in TEXT


def test_the_formulas_are_those_of_the_code() -> None:
    assert count_parameters(GPT2) == N == 124_439_808
    training = TrainingConfig(batch_size=ROWS)
    assert state_memory(GPT2, training) == 16 * N
    with shape_only():
        import torch

        cache = KVCache(GPT2, like=torch.empty(0))
    assert 4 * (cache.keys.numel() + cache.values.numel()) == 2 * L * C * 4 * T


def test_the_pages_command_is_this_model_and_this_batch() -> None:
    block = PAGE.read_text(encoding="utf-8").split("```")[1].replace("\\\n", " ")
    words = shlex.split(block)
    parser = argparse.ArgumentParser()
    train_command.add_arguments(parser)
    arguments = parser.parse_args(words[words.index("train") + 1 :])
    model, training = changes(arguments)
    preset = find(arguments.preset)
    config, plan = preset.model_config(V, **model), preset.training_config(**training)
    assert count_parameters(config) == N
    assert (config.n_layer, config.n_head, config.n_embd, config.block_size) == (L, H, C, T)
    assert words[words.index("--nproc-per-node") + 1] == str(PROCESSES)
    assert (plan.batch_size, plan.accumulation) == (ROWS, PARTS)
    assert plan.steps == round(TOKENS / (ROWS * T))
    check_parts(config, plan, PROCESSES)
