"""The imitated processor: other last bits where a sum is rounded, and the same ones twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import torch

from tests.close import close
from tests.conftest import THREADS
from tests.rounding import OtherRounding, imitate

TABLE = torch.randn(23, 7, generator=torch.Generator().manual_seed(1))
ROWS = torch.randn(11, 23, generator=torch.Generator().manual_seed(2))
ROUNDED: dict[str, Callable[[], torch.Tensor]] = {
    "product": lambda: ROWS @ TABLE,
    "softmax": lambda: ROWS.softmax(-1),
    "layer norm": lambda: torch.nn.functional.layer_norm(ROWS, (23,)),
    "exp": lambda: ROWS.exp(),
    "sum": lambda: ROWS.sum(-1),
    "gradient": lambda: torch.func.grad(lambda x: (x @ TABLE).logsumexp(-1).sum())(ROWS),
}


@pytest.mark.parametrize("name", ROUNDED)
def test_other_last_bits_and_the_same_ones_twice(name: str) -> None:
    plain = ROUNDED[name]()
    with OtherRounding(1):
        first, again = ROUNDED[name](), ROUNDED[name]()
    with OtherRounding(2):
        other = ROUNDED[name]()
    assert torch.equal(first, again)
    assert not torch.equal(first, plain) and not torch.equal(first, other)
    assert first.numpy() == close(plain.numpy())
    assert torch.equal(ROUNDED[name](), plain)  # it is over


def test_another_shape_is_another_way_to_the_same_numbers() -> None:
    with OtherRounding(1):
        whole, part = ROWS @ TABLE, ROWS[:3] @ TABLE
    assert not torch.equal(whole[:3], part)
    assert whole[:3].numpy() == close(part.numpy())


def test_what_no_processor_rounds_stays() -> None:
    ids = torch.tensor([3, 22, 0])
    with OtherRounding(1):
        assert torch.equal(torch.nn.functional.one_hot(ids, 23).float() @ TABLE, TABLE[ids])
        assert torch.randn(5, 1).softmax(-1).tolist() == [[1.0]] * 5
        assert not (torch.zeros(3, 23) @ TABLE).any()
        assert torch.equal(TABLE + 1, (TABLE.double() + 1).float())
        masked = torch.tensor([[0.3, 0.7, -torch.inf]]).softmax(-1)
    assert masked[0, 2] == 0 and (masked <= 1).all()


def test_threads_that_are_started_later_round_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with OtherRounding(3):
        expected = ROWS @ TABLE
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.start)  # put back afterwards
    found: list[torch.Tensor] = []
    mode = imitate(3)
    mode.__exit__(None, None, None)
    thread = threading.Thread(target=lambda: found.append(ROWS @ TABLE))
    thread.start()
    thread.join()
    assert torch.equal(found[0], expected)


def test_the_suite_runs_with_as_many_threads_as_it_says() -> None:
    assert torch.get_num_threads() == int(THREADS)
