"""What a model does with a batch, against numpy, against hand-made gradients, and by invariants."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gpt.errors import PromptError
from gpt.inspect.batch.context_losses import context_losses
from gpt.inspect.batch.loss_noise import batch_losses, dropout_losses, means_of
from gpt.inspect.batch.one_step import take_step
from gpt.inspect.batch.row_change import change_one_token
from gpt.inspect.batch.step_orders import losses_by_order
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from tests.close import close
from tests.gpt import numpy_gpt, tiny


def drawn(*shape: int, seed: int = 5) -> np.ndarray:
    """Ids of the tiny vocabulary."""
    return np.random.default_rng(seed).integers(0, tiny.V, shape)


def bigram() -> GPT:
    torch.manual_seed(2)
    return GPT(GPTConfig(block_size=tiny.BLOCK, vocab_size=tiny.V, **tiny.BIGRAM))


def numpy_losses(model: GPT, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(B, T) losses by the model in numpy, one row at a time."""
    weights = numpy_gpt.numpy_weights(model)
    rows = []
    for ids, targets in zip(x, y, strict=True):
        logits = numpy_gpt.forward(weights, model.config, ids.tolist())["logits"]
        logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        rows.append(-logs[np.arange(len(ids)), targets])
    return np.array(rows)


@pytest.mark.parametrize("variant", ["learned", "rotary", "post", "batch norm"])
def test_other_rows_do_not_move_by_a_single_bit(variant: str) -> None:
    model = tiny.random_model(tiny.config(**tiny.VARIANTS[variant]))
    x = drawn(3, 7)
    change = change_one_token(model, x, row=1, position=4, id=(int(x[1, 4]) + 1) % tiny.V)
    assert change.shape == (3, 7, tiny.V)
    assert change.on_other_rows == 0.0 and not change.moved[[0, 2]].any()
    assert change.on_earlier_tokens == 0.0
    assert (change.moved[1, 4:] > 1e-3).all(), "the token itself, and all after it, do move"


def test_without_a_mask_earlier_tokens_move_and_other_rows_still_do_not() -> None:
    change = change_one_token(tiny.random_model(tiny.config(mask="none")), drawn(3, 7), 0, 5, 2)
    assert change.on_earlier_tokens > 1e-3 and change.on_other_rows == 0.0


def test_a_place_outside_the_batch_is_refused() -> None:
    with pytest.raises(PromptError, match="rows 0 to 2 and positions 0 to 6"):
        change_one_token(bigram(), drawn(3, 7), 3, 0, 1)


def test_the_step_of_a_bigram_is_worked_out_by_hand() -> None:
    model, x, y = bigram(), drawn(3, 7), drawn(3, 7, seed=6)
    step = take_step(model, x, y, learning_rate=1e-3)
    table = model.wte.weight.detach().double().numpy()
    assert step.shape == (3, 7, tiny.V)
    logs = table[x] - np.log(np.exp(table[x]).sum(-1, keepdims=True))
    losses = -np.take_along_axis(logs, y[..., None], -1)[..., 0]
    assert step.losses == close(losses) and step.loss == close(losses.mean())
    gradient = np.zeros_like(table)  # softmax − one-hot, over the B · T predictions
    for id, target in zip(x.ravel(), y.ravel(), strict=True):
        row = np.exp(table[id]) / np.exp(table[id]).sum()
        row[target] -= 1
        gradient[id] += row / x.size
    assert step.gradients["wte.weight"] == close(np.linalg.norm(gradient))
    assert step.gradient == close(np.linalg.norm(gradient))
    # AdamW's first step: each number by the rate, against its gradient's sign, and the decay.
    moved = -1e-3 * gradient / (np.abs(gradient) + 1e-8) - 1e-3 * 0.01 * table
    assert step.updates["wte.weight"] == pytest.approx(np.linalg.norm(moved), rel=1e-3)
    after = table + moved
    logs = after[x] - np.log(np.exp(after[x]).sum(-1, keepdims=True))
    assert step.after == close(-np.take_along_axis(logs, y[..., None], -1).mean())


def test_gradients_of_a_transformer_follow_finite_differences() -> None:
    model, x, y = tiny.random_model(tiny.config()), drawn(2, 5), drawn(2, 5, seed=8)
    step = take_step(model, x, y, 1e-3)
    assert step.losses == close(numpy_losses(model, x, y))
    name, width = "h.1.attn.query.weight", 1e-4
    numbers = model.get_parameter(name).detach()
    assert step.weights[name] == close(float(numbers.norm()))
    direction = torch.randn(numbers.shape, generator=torch.Generator().manual_seed(1))
    gradient = torch.autograd.grad(
        torch.nn.functional.cross_entropy(
            model(torch.tensor(x)).flatten(0, 1), torch.tensor(y).flatten()
        ),
        model.get_parameter(name),
    )[0]
    slope = float((gradient * direction).sum())
    losses = []
    for side in (1, -1):
        weights = numpy_gpt.numpy_weights(model)
        weights[name] = weights[name] + side * width * direction.double().numpy()
        rows = [numpy_gpt.forward(weights, model.config, ids.tolist())["logits"] for ids in x]
        logs = [r - np.log(np.exp(r).sum(-1, keepdims=True)) for r in rows]
        losses.append(-np.mean([g[np.arange(5), t] for g, t in zip(logs, y, strict=True)]))
    assert slope == pytest.approx((losses[0] - losses[1]) / (2 * width), rel=1e-3)
    assert step.gradients[name] == close(float(gradient.norm()))


def test_the_model_itself_takes_no_step() -> None:
    model = tiny.random_model(tiny.config())
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    take_step(model, drawn(2, 5), drawn(2, 5, seed=8), 0.1)
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
    assert all(p.grad is None for p in model.parameters())


def test_emptied_between_backward_and_step_the_gradients_move_nothing() -> None:
    lines = losses_by_order(drawn(3, 7), drawn(3, 7, seed=6), tiny.V, 40, 0.1, seed=3)
    learns, frozen, sums = lines.values()
    assert np.ptp(frozen) == 0.0, "the very same loss, forty times"
    assert learns[0] == frozen[0] == sums[0]
    assert learns[-1] < 0.6 * learns[0]
    assert np.abs(sums[2:] - learns[2:]).max() > 1e-3, "sums of gradients take another way"


def test_losses_by_context_are_those_of_numpy() -> None:
    model, x, y = tiny.random_model(tiny.config()), drawn(4, 9), drawn(4, 9, seed=6)
    losses = context_losses(model, x, y)
    expected = numpy_losses(model, x, y)
    assert losses.losses == close(expected)
    assert losses.mean == close(expected.mean(0))
    assert losses.error == close(expected.std(0, ddof=1) / 2)
    spans = [(0, 1), (1, 2), (2, 4), (4, 8), (8, 9)]
    assert [(first - 1, last) for first, last, _ in losses.doubling()] == spans
    means = [expected[:, start:stop].mean() for start, stop in spans]
    assert [mean for *_, mean in losses.doubling()] == close(means)


def test_a_loss_with_a_short_context_is_that_of_the_text_cut_there() -> None:
    model, x, y = tiny.random_model(tiny.config()), drawn(2, 9), drawn(2, 9, seed=6)
    whole, cut = context_losses(model, x, y), context_losses(model, x[:, :3], y[:, :3])
    assert whole.losses[:, :3] == close(cut.losses)


def test_means_of_batches_scatter_less() -> None:
    model, x, y = tiny.random_model(tiny.config()), drawn(40, 2, 5), drawn(40, 2, 5, seed=6)
    losses = batch_losses(model, x, y)
    assert losses[7] == close(numpy_losses(model, x[7], y[7]).mean())
    assert means_of(losses, 10) == close(losses.reshape(4, 10).mean(1))
    assert means_of(losses, 10).std() < losses.std()


def test_dropout_draws_in_training_mode_only() -> None:
    model, x, y = tiny.random_model(tiny.config(dropout=0.3)), drawn(3, 7), drawn(3, 7, seed=6)
    passes, still = dropout_losses(model, x, y, passes=20, seed=1)
    again, _ = dropout_losses(model, x, y, passes=20, seed=1)
    assert still == close(numpy_losses(model, x, y).mean())
    assert passes.std() > 1e-2 and (passes == again).all()
    assert not model.training
    dry, level = dropout_losses(tiny.random_model(tiny.config()), x, y, passes=3, seed=1)
    assert dry == close(np.full(3, level))
