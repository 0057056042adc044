"""Attention against a case worked out by hand, and the fused kernel against the shown weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from gpt.nn.attention import (
    SLOW_KERNEL,
    Attention,
    attend,
    attention_weights,
    fused_is_slower,
    weights_for_training,
)
from gpt.nn.recorder import Recorder
from gpt.nn.switches import Switches, resolve
from tests.close import ABS, REL
from tests.gpt.tiny import B, D, H, T, config

# Two tokens, one head, four channels: D = 4, so the scale is 1 / sqrt(4) = 1/2.
#
#   x0 = (1, 0, 0, 0)   x1 = (0, 1, 0, 0)      each picks one column of the weight matrices
#   q0 = (1, 2, 0, 0)   k0 = (1, 1, 0, 2)   v0 = (4, 0, 2, 0)
#   q1 = (2, 0, 1, 1)   k1 = (3, 0, 1, 1)   v1 = (0, 8, 2, 1)
#
#   scores  q0·k0 = 1 + 2         = 3     q0·k1 = 3             = 3
#           q1·k0 = 2 + 2         = 4     q1·k1 = 6 + 1 + 1     = 8
#   scaled  [[1.5, 1.5], [2, 4]]
#   masked  [[1.5, −inf], [2, 4]]
#   weights row 0: (1, 0); row 1: (e², e⁴) / (e² + e⁴) = (1, e²) / (1 + e²) = (0.1192, 0.8808)
#   head_out  row 0: v0 = (4, 0, 2, 0)
#             row 1: (4 × 0.1192, 8 × 0.8808, 2, 0.8808) = (0.4768, 7.0464, 2, 0.8808)
#   projection: y = (x[1], x[0], x[2] + x[3], x[2] − x[3]) + (0, 0, 0, 10)
#   output    row 0: (0, 4, 2, 12)   row 1: (7.0464, 0.4768, 2.8808, 11.1192)
X = [[1, 0, 0, 0], [0, 1, 0, 0]]
QUERY = [[1, 2, 0, 0], [2, 0, 1, 1]]
KEY = [[1, 1, 0, 2], [3, 0, 1, 1]]
VALUE = [[4, 0, 2, 0], [0, 8, 2, 1]]
PROJECTION = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, -1]]
SMALL, LARGE = 0.11920292, 0.88079708
WEIGHTS = [[1, 0], [SMALL, LARGE]]
HEAD_OUT = [[4, 0, 2, 0], [4 * SMALL, 8 * LARGE, 2, LARGE]]
OUTPUT = [[0, 4, 2, 12], [8 * LARGE, 4 * SMALL, 2 + LARGE, 12 - LARGE]]

HAND = config(n_layer=1, n_head=1, n_embd=4, block_size=2)


class Notes(Recorder):
    """A recorder that keeps what it is given."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}

    def record(self, name: str, layer: int | None, tensor: torch.Tensor) -> None:
        self.found[name] = tensor.detach().squeeze().tolist()


@torch.no_grad()
def hand_made() -> Attention:
    attention = Attention(HAND, layer=0)
    for part, rows in ((attention.query, QUERY), (attention.key, KEY), (attention.value, VALUE)):
        part.weight.zero_()
        part.weight[:, :2] = torch.tensor(rows, dtype=torch.float32).T
        part.bias.zero_()
    assert attention.proj is not None
    attention.proj.weight.copy_(torch.tensor(PROJECTION))
    attention.proj.bias.copy_(torch.tensor([0, 0, 0, 10]))
    return attention


@torch.no_grad()
def run(switches: Switches, notes: Notes | None = None) -> torch.Tensor:
    x = torch.tensor([X], dtype=torch.float32)
    return hand_made()(x, resolve(switches, HAND, 2), notes)[0]


def test_two_tokens_worked_out_by_hand() -> None:
    notes = Notes()
    out = run(Switches(), notes)
    assert notes.found["queries"] == QUERY
    assert notes.found["keys"] == KEY
    assert notes.found["values"] == VALUE
    np.testing.assert_allclose(notes.found["weights"], WEIGHTS, rtol=REL, atol=ABS)
    np.testing.assert_allclose(notes.found["head_out"], HEAD_OUT, rtol=REL, atol=ABS)
    np.testing.assert_allclose(out, OUTPUT, rtol=REL, atol=ABS)


def test_two_tokens_worked_out_by_hand_through_the_fused_kernel() -> None:
    np.testing.assert_allclose(run(Switches()), OUTPUT, rtol=REL, atol=ABS)


def test_without_the_mask_query_0_shares_equally_by_hand() -> None:
    # scaled row 0 is (1.5, 1.5), so its weights are 1/2 and 1/2 and it takes (v0 + v1) / 2
    # = (2, 4, 2, 1/2); through the projection (4, 2, 2.5, 1.5) + (0, 0, 0, 10).
    np.testing.assert_allclose(run(Switches(mask="none"))[0], [4, 2, 2.5, 11.5], rtol=REL, atol=ABS)


def test_without_the_scale_the_softmax_is_sharper_by_hand() -> None:
    # row 1 of the scores is (4, 8): weights (1, e⁴) / (1 + e⁴) = (0.01799, 0.98201).
    notes = Notes()
    run(Switches(scale="none"), notes)
    np.testing.assert_allclose(
        notes.found["weights"][1], [0.01798621, 0.98201379], rtol=REL, atol=ABS
    )


def test_temperature_2_halves_the_difference_by_hand() -> None:
    # row 1 of masked is (2, 4); over 2 it is (1, 2): weights (1, e) / (1 + e).
    notes = Notes()
    run(Switches(temperature=2.0), notes)
    np.testing.assert_allclose(
        notes.found["weights"], [[1, 0], [0.26894142, 0.73105858]], rtol=REL, atol=ABS
    )


def test_a_head_that_is_off_leaves_only_the_bias() -> None:
    np.testing.assert_allclose(run(Switches(heads_off={(0, 0)})), [[0, 0, 0, 10]] * 2, atol=0)


def drawn(seed: int, length: int = T, keys: int = T) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(B, H, n, D, generator=generator) for n in (length, keys, keys))


@pytest.mark.parametrize("mask", ["causal", "none"])
@pytest.mark.parametrize(("length", "keys"), [(T, T), (1, 1), (3, T), (1, T)])
def test_fused_equals_unfused(mask: str, length: int, keys: int) -> None:
    queries, *rest = drawn(7, length, keys)
    rule = resolve(Switches(), config(mask=mask), keys)
    assert rule.fused
    fast = attend(queries, *rest, layer=0, rule=rule, recorder=None)
    slow = attend(queries, *rest, layer=0, rule=rule, recorder=Notes())
    torch.testing.assert_close(fast, slow, atol=ABS, rtol=REL)
    assert fast.shape == (B, H, length, D)


def test_weights_of_the_latest_queries_are_the_last_rows() -> None:
    queries, keys, _ = drawn(8)
    mask = torch.tril(torch.ones(T, T, dtype=torch.bool))
    whole = attention_weights(queries, keys, mask, 0.5)
    latest = attention_weights(queries[:, :, -3:], keys, mask[-3:], 0.5)
    torch.testing.assert_close(latest, whole[:, :, -3:], atol=ABS, rtol=REL)


def test_weights_are_the_softmax_of_each_row_by_itself() -> None:
    queries, keys, _ = drawn(9)
    weights = attention_weights(queries, keys, torch.tril(torch.ones(T, T)).bool(), 0.3, 1.7)
    b, h, i = 4, 2, 6
    exps = [
        math.exp(0.3 * float(queries[b, h, i] @ keys[b, h, j]) / 1.7) if j <= i else 0.0
        for j in range(T)
    ]
    np.testing.assert_allclose(weights[b, h, i], [e / sum(exps) for e in exps], rtol=REL, atol=ABS)


def test_heads_do_not_see_each_other() -> None:
    """Changing one head's queries changes that head's output and no other's."""
    queries, keys, values = drawn(10)
    rule = resolve(Switches(), config(), T)
    before = attend(queries, keys, values, 0, rule, None)
    queries[:, 1] += 1
    changed = (attend(queries, keys, values, 0, rule, None) != before).any(-1).any(-1)
    assert changed.tolist() == [[False, True, False]] * B


def test_no_position_sees_a_later_one() -> None:
    queries, keys, values = drawn(11)
    rule = resolve(Switches(), config(), T)
    before = attend(queries, keys, values, 0, rule, None)
    keys[:, :, 5], values[:, :, 5] = 9, 9
    changed = (attend(queries, keys, values, 0, rule, None) != before).any(-1)
    assert not changed[:, :, :5].any()
    assert changed[:, :, 5:].all()


@pytest.mark.parametrize("length", [3, T])
@pytest.mark.parametrize("own", ["causal", "none"])
def test_fused_equals_unfused_with_unequal_padding(length: int, own: str) -> None:
    """Each of the B texts has another number of keys that are padding; T keys in all."""
    queries, keys, values = drawn(12, length, T)
    real = torch.arange(T) < torch.tensor([T, T - 2, T - 5, 4, 1])[:, None]
    rule = resolve(Switches(), config(), length, keys=T, own=own, real=real)
    fast = attend(queries, keys, values, layer=0, rule=rule, recorder=None)
    slow = attend(queries, keys, values, layer=0, rule=rule, recorder=Notes())
    torch.testing.assert_close(fast, slow, atol=ABS, rtol=REL)
    weights = attention_weights(queries, keys, rule.visible(length), rule.scale)
    assert not weights.transpose(1, 3)[~real].any()
    torch.testing.assert_close(weights.sum(-1), torch.ones(B, H, length))


@pytest.mark.parametrize("mask", ["causal", "none"])
def test_what_is_learned_in_bfloat16_learns_what_float32_does(mask: str) -> None:
    torch.manual_seed(0)
    parts = [torch.randn(2, H, T, D) for _ in range(3)]
    rule = resolve(Switches(), config(mask=mask), T)
    gradients = []
    for dtype in (torch.bfloat16, torch.float32):
        own = [part.to(dtype).requires_grad_() for part in parts]
        attend(own[0], own[1], own[2], 0, rule, None).float().square().sum().backward()
        gradients.append(torch.stack([part.grad.float() for part in own if part.grad is not None]))
    torch.testing.assert_close(*gradients, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("hidden", ["later keys", "padding", "nothing"])
def test_what_is_learned_from_are_the_same_weights(hidden: str) -> None:
    """Their values and the gradients of queries and keys, in float32, for masks of every shape."""
    lengths = torch.tensor([T, T - 2, T - 5, 4, 1])  # of the B texts
    mask = {
        "later keys": torch.ones(T, T, dtype=torch.bool).tril(),
        "padding": torch.arange(T) < lengths[:, None, None, None],
        "nothing": None,
    }[hidden]
    queries, keys, values = drawn(13)
    weights, gradients = [], []
    for weigh in (attention_weights, weights_for_training):
        own = queries.clone().requires_grad_(), keys.clone().requires_grad_()
        weights.append(weigh(*own, mask, 0.3))
        (weights[-1] @ values).square().sum().backward()
        gradients.append(torch.stack([part.grad for part in own if part.grad is not None]))
    torch.testing.assert_close(weights[1], weights[0], atol=ABS, rtol=REL)
    torch.testing.assert_close(gradients[1], gradients[0], atol=10 * ABS, rtol=REL)
    assert gradients[0].abs().max() > 0.1 and len(gradients[0]) == 2


def test_the_fused_kernel_is_left_where_it_is_slower() -> None:
    short, long = (torch.zeros(1, 1, keys, 2) for keys in (SLOW_KERNEL, SLOW_KERNEL + 1))
    learned = short.bfloat16().requires_grad_()
    assert fused_is_slower(learned, short)
    assert not fused_is_slower(learned, long)
    assert not fused_is_slower(short.requires_grad_(), short)  # float32
    assert not fused_is_slower(short.bfloat16().detach(), short)  # nothing is learned
