"""Losses: the mean over positions, by hand and by going through a text token by token."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from gpt.checkpoint import Checkpoint
from gpt.errors import TextError
from gpt.text.batches import random_blocks
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.device import Device
from gpt.training.evaluate import (
    cross_entropy,
    estimate_loss,
    full_loss,
    overlapping_loss,
    validation_loss,
)
from tests.close import close
from tests.gpt.tiny import BLOCK, V, config, random_model

CPU = Device("cpu", bfloat16=False)


def drawn_ids(count: int) -> torch.Tensor:
    return torch.randint(V, (count,), generator=torch.Generator().manual_seed(6))


def test_cross_entropy_by_hand() -> None:
    # The probabilities of the targets are 1/4 and 1/2: the mean of ln 4 and ln 2 is 1.5 ln 2.
    logits = torch.tensor([[[0.0, math.log(3)], [5.0, 5.0]]])
    targets = torch.tensor([[0, 1]])
    assert cross_entropy(logits, targets).item() == pytest.approx(1.5 * math.log(2))


def test_a_model_that_knows_nothing_has_a_loss_of_ln_V() -> None:
    model = random_model(config(zero_init=True))
    torch.nn.init.zeros_(model.lm_head.weight)
    assert full_loss(model, drawn_ids(50), BLOCK) == close(math.log(V))


@pytest.mark.parametrize("length", [2, BLOCK, BLOCK + 1, 5 * BLOCK + 1, 5 * BLOCK + 4])
@pytest.mark.parametrize("batch_size", [1, 2, 7])
@torch.no_grad()
def test_the_full_loss_counts_every_position_once(length: int, batch_size: int) -> None:
    model, ids = random_model(config()), drawn_ids(length)
    losses = []
    for start in range(0, length - 1, BLOCK):
        block = ids[start : start + BLOCK + 1]
        logs = model(block[None, :-1])[0].double().log_softmax(-1)
        losses += [-logs[t, block[t + 1]].item() for t in range(len(block) - 1)]
    assert len(losses) == length - 1
    expected = sum(losses) / len(losses)
    assert full_loss(model, ids, BLOCK, batch_size) == pytest.approx(expected, rel=1e-5)


@torch.no_grad()
def test_the_overlapping_loss_reads_half_a_block_before_each_token() -> None:
    model, length, step = random_model(config()), 3 * BLOCK, BLOCK // 2
    ids = drawn_ids(length)
    losses = []
    for t in range(1, length):  # the block that first reaches it, or the last one
        number = -(-max(0, t - BLOCK) // step)
        start = min(number * step, length - 1 - BLOCK)
        logs = model(ids[None, start:t])[0, -1].double().log_softmax(-1)
        losses.append(-logs[ids[t]].item())
    expected = sum(losses) / len(losses)
    assert overlapping_loss(model, ids, BLOCK, 2) == pytest.approx(expected, rel=1e-5)
    assert overlapping_loss(model, ids[:BLOCK], BLOCK) == full_loss(model, ids[:BLOCK], BLOCK)


def test_the_full_loss_leaves_dropout_out_and_the_mode_alone() -> None:
    model, ids = random_model(config(dropout=0.5)), drawn_ids(99)
    expected = full_loss(model, ids, BLOCK)
    model.train()
    assert full_loss(model, ids, BLOCK) == expected
    assert model.training


def test_an_estimate_is_the_mean_over_the_batches_of_its_seed() -> None:
    model, ids = random_model(config(dropout=0.5)).train(), drawn_ids(200)
    estimate = estimate_loss(model, model, ids, BLOCK, 3, 4, CPU, seed=5)
    assert model.training
    model.eval()
    generator = torch.Generator().manual_seed(5)
    losses = []
    for _ in range(4):
        x, y = random_blocks(ids, BLOCK, 3, generator)
        losses.append(cross_entropy(model(x), y).item())
    assert estimate == pytest.approx(sum(losses) / 4, rel=1e-6)


def test_an_estimate_that_is_interrupted_gives_none_and_goes_back_to_training() -> None:
    model = random_model(config()).train()
    asked: list[int] = []

    def interrupted() -> bool:
        asked.append(1)
        return len(asked) == 3

    estimate = estimate_loss(model, model, drawn_ids(90), 7, 2, 10, CPU, interrupted=interrupted)
    assert estimate is None
    assert len(asked) == 3
    assert model.training


def checkpoint() -> Checkpoint:
    tokenizer = CharacterTokenizer.of("abcdefghijklmnopq")
    return Checkpoint(random_model(config()), tokenizer, config(), {}, Path("none"))


def test_the_validation_loss_is_of_the_last_tenth() -> None:
    ckpt = checkpoint()
    ids = drawn_ids(300)
    loss, positions = validation_loss(ckpt, ckpt.tokenizer.decode(ids.tolist()))
    assert positions == 29
    assert loss == pytest.approx(full_loss(ckpt.model, ids[270:], BLOCK), rel=1e-6)


@pytest.mark.parametrize("text", ["", "a", "abc", "abcdefghi"])
def test_a_text_with_nothing_to_validate_on_is_refused(text: str) -> None:
    with pytest.raises(TextError, match=f"a text of {len(text)} tokens leaves nothing"):
        validation_loss(checkpoint(), text)
