"""Losses over batches of examples: padding never counts, and hidden tokens are really hidden."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.loss import IGNORED, counted, cross_entropy
from gpt.nn.padding import PADDING
from gpt.text.encoded import LabelledIds
from gpt.training.control import Control
from gpt.training.device import Device
from gpt.training.loop import Trainer, train
from gpt.training.tasks.estimating import (
    as_batch,
    estimate,
    evaluation_batches,
    with_hidden_tokens,
)
from gpt.training.tasks.task import Batch, Watched
from tests.close import close
from tests.gpt.training.task_runs import classify_run, translate_run

CPU = Device("cpu", bfloat16=False)


class Fixed(nn.Module):
    """Gives the same logits whatever it reads."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, ids: torch.Tensor, source: torch.Tensor | None = None) -> torch.Tensor:
        return self.logits


def test_padding_never_counts_in_the_loss_of_a_translation() -> None:
    """Two targets of two tokens and one, V = 2: three tokens, with probabilities by hand."""
    half, quarter = [0.0, 0.0], [0.0, math.log(3)]  # probabilities 1/2, 1/2 and 1/4, 3/4
    logits = torch.tensor([[half, quarter], [quarter, [50.0, -50.0]]])  # (B, T, V)
    targets = torch.tensor([[0, 1], [0, IGNORED]])
    ids = torch.tensor([[1, 0], [1, PADDING]])
    batch = Batch(ids, targets, torch.tensor([[0, 1], [1, PADDING]]))
    expected = -(math.log(1 / 2) + math.log(3 / 4) + math.log(1 / 4)) / 3
    assert cross_entropy(logits, targets).item() == close(expected)
    model = Fixed(logits)
    measured = estimate([batch], Watched(model, model, CPU))  # type: ignore[arg-type]
    assert measured is not None and measured.loss == close(expected)
    assert counted(targets) == 3
    assert measured.accuracy == close(2 / 3)  # of the half, the first is taken: right


def test_label_smoothing_spreads_a_share_of_the_target() -> None:
    """0.2 of the target over two labels: 0.9 on the right one, 0.1 on the other."""
    logits = torch.tensor([[0.0, math.log(3)]])  # probabilities 1/4 and 3/4
    expected = -(0.9 * math.log(3 / 4) + 0.1 * math.log(1 / 4))
    assert cross_entropy(logits, torch.tensor([1]), 0.2).item() == close(expected)


def test_batches_of_different_size_count_by_their_targets() -> None:
    sure, unsure = torch.tensor([[50.0, 0.0]] * 3), torch.tensor([[0.0, 0.0]])
    models = iter([sure, unsure])

    class InTurn(nn.Module):
        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return next(models)

    model = InTurn()
    batches = [Batch(torch.zeros(n, 1), torch.zeros(n, dtype=torch.long)) for n in (3, 1)]
    measured = estimate(batches, Watched(model, model, CPU))  # type: ignore[arg-type]
    assert measured is not None
    assert measured.loss == close(math.log(2) / 4) and measured.accuracy == close(1.0)


def test_an_interrupted_estimate_gives_none_and_leaves_the_model_in_training() -> None:
    model = Fixed(torch.zeros(1, 2)).train()
    batches = [Batch(torch.zeros(1, 1), torch.zeros(1, dtype=torch.long))] * 3
    watched = Watched(model, model, CPU, lambda: True)  # type: ignore[arg-type]
    assert estimate(batches, watched) is None
    assert model.training


def examples(count: int = 9) -> LabelledIds:
    return LabelledIds([[0] * (1 + n % 4) for n in range(count)], [n % 2 for n in range(count)])


def test_few_examples_are_all_evaluated_once() -> None:
    batches = list(evaluation_batches(examples(9), batch_size=4, batches=3, seed=1))
    assert [len(batch.ids) for batch in batches] == [4, 4, 1]


def test_of_many_examples_the_same_ones_are_evaluated_each_time() -> None:
    def drawn(seed: int) -> list[list[int]]:
        batches = evaluation_batches(examples(40), batch_size=4, batches=3, seed=seed)
        return [batch.ids.tolist() for batch in batches]

    assert len(drawn(1)) == 3
    assert drawn(1) == drawn(1)


def test_hidden_tokens_are_a_share_and_never_the_first() -> None:
    ids = torch.arange(400).view(8, 50)
    assert torch.equal(with_hidden_tokens(ids, 0.0, torch.Generator()), ids)
    shown = with_hidden_tokens(ids, 0.3, torch.Generator().manual_seed(1))
    hidden = shown == PADDING
    assert 0.2 < hidden.float().mean() < 0.4
    assert not hidden[:, 0].any()
    assert torch.equal(shown[~hidden], ids[~hidden])


@pytest.mark.parametrize("make", [classify_run, translate_run])
def test_the_loss_of_a_batch_is_that_of_its_texts_read_one_by_one(
    tmp_path: Path, make: type
) -> None:
    """Whatever fills up a batch changes nothing."""
    run = make(tmp_path / "run", batch_size=7)
    own = Trainer(run, Control(), lambda line, status: None)
    model, batch = own.model.eval(), own._batch(2)
    total, targets = 0.0, 0
    with torch.no_grad():
        whole = cross_entropy(batch.logits(model), batch.targets).item()
        for alone in one_by_one(batch):
            total += cross_entropy(alone.logits(model), alone.targets).item() * counted(
                alone.targets
            )
            targets += counted(alone.targets)
    assert whole == close(total / targets)


def one_by_one(batch: Batch) -> Iterator[Batch]:
    for row in range(len(batch.ids)):
        real = batch.ids[row] != PADDING
        ids, targets = batch.ids[row][real][None], batch.targets[row]
        targets = targets[None] if targets.dim() == 0 else targets[real][None]
        if batch.source is None:
            yield Batch(ids, targets)
        else:
            source = batch.source[row]
            yield Batch(ids, targets, source[source != PADDING][None])


def test_the_accuracy_of_a_run_is_that_of_its_latest_weights(tmp_path: Path) -> None:
    run = classify_run(tmp_path / "run", eval_batches=9)
    assert train(run).state == "done"
    own = Trainer(run, Control(), lambda line, status: None)
    held_out = own.task.held_out  # type: ignore[attr-defined]
    right = 0
    with torch.no_grad():
        for batch in map(as_batch, held_out.consecutive(1)):
            right += int(own.model.eval()(batch.ids).argmax() == batch.targets[0])
    assert run.metrics()[-1]["accuracy"] == close(right / 10)


def test_hidden_tokens_may_be_left_out_where_the_order_is_not_known() -> None:
    """Without positions it is the same whether padding stands between tokens or behind them."""
    torch.manual_seed(2)
    sizes = GPTConfig(block_size=13, vocab_size=9, n_layer=2, n_head=2, n_embd=6)
    model = build(replace(sizes, mask="none", n_class=3, position="none")).eval()
    ids = torch.randint(9, (5, 13))
    ids[1, 7:] = PADDING
    hidden, left = (
        with_hidden_tokens(ids, 0.6, torch.Generator().manual_seed(4), close_up)
        for close_up in (False, True)
    )
    assert left.shape[1] < 13 and (left != PADDING).sum() == (hidden != PADDING).sum()
    assert model(left).detach().numpy() == close(model(hidden).detach().numpy())
