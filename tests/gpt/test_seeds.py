"""Seeds: those of different numbers differ, where torch reads them."""

from __future__ import annotations

from itertools import product

import torch

from gpt.seeds import seed_of
from gpt.text.encoded import Order


def test_every_pair_of_numbers_has_a_seed_of_its_own_in_32_bits() -> None:
    seeds = {seed_of(*pair) for pair in product((0, 1, 3, 1337, 2**31 - 1), range(200))}
    assert len(seeds) == 5 * 200
    assert max(seeds) < 2**32


def test_a_seed_is_the_same_wherever_it_is_made() -> None:
    assert seed_of(1337, 5) == 1105578762
    assert seed_of(5, 1337) != seed_of(1337, 5)


def test_two_odd_seeds_make_different_batches() -> None:
    order = Order(torch.arange(100))
    assert order.at_step(0, 10, seed=1).tolist() != order.at_step(0, 10, seed=3).tolist()
