"""The parameters by part: they add up, and GPT-2's are the published ones."""

from __future__ import annotations

from typing import Any

import pytest

from gpt.inspect.architecture.parameter_counts import ModelPart, breakdown
from gpt.nn.config import GPTConfig
from gpt.shape_only import count_parameters
from tests.gpt.tiny import BERT, VARIANTS, config, random_model


def flat(parts: list[ModelPart]) -> dict[str, tuple[int, ...]]:
    return {
        tensor.name: tensor.shape
        for part in parts
        for within in (part, *part.parts)
        for tensor in within.tensors
    }


@pytest.mark.parametrize("changes", [*VARIANTS.values(), BERT], ids=[*VARIANTS, "BERT"])
def test_parts_add_up_and_leave_no_tensor_out(changes: dict[str, Any]) -> None:
    parts = breakdown(config(**changes))
    assert sum(part.count for part in parts) == count_parameters(config(**changes))
    for part in parts:
        assert not part.parts or sum(p.count for p in part.parts) == part.count
    model = random_model(config(**changes))
    assert flat(parts) == {n: tuple(p.shape) for n, p in model.named_parameters()}


def test_gpt2_has_its_published_numbers_under_its_own_names() -> None:
    parts = {p.name: p for p in breakdown(GPTConfig(1024, 50257, 12, 12, 768, tie_weights=True))}
    assert list(parts) == ["wte", "wpe", *(f"h.{l}" for l in range(12)), "ln_f", "lm_head"]
    assert parts["wte"].count == 50257 * 768
    assert parts["wpe"].count == 1024 * 768
    assert {parts[f"h.{l}"].count for l in range(12)} == {7_087_872}
    inner = {part.name: part.count for part in parts["h.3"].parts}
    assert inner == {
        "h.3.ln_1": 2 * 768,
        "h.3.attn": 4 * (768 * 768 + 768),
        "h.3.ln_2": 2 * 768,
        "h.3.mlp": 2 * 4 * 768 * 768 + 4 * 768 + 768,
    }
    assert (parts["lm_head"].count, parts["lm_head"].tied_to) == (0, "wte")
    assert sum(part.count for part in parts.values()) == 124_439_808


def test_a_model_of_its_own_has_a_head_of_its_own() -> None:
    parts = {part.name: part for part in breakdown(config(head_bias=True))}
    assert (parts["lm_head"].count, parts["lm_head"].tied_to) == (17 * 21 + 17, None)
    assert [tensor.name for tensor in parts["lm_head"].tensors] == [
        *("lm_head.weight", "lm_head.bias"),
    ]
