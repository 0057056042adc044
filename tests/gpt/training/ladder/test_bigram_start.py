"""The loss before training: half a nat above ln V where logits are drawn from N(0, 1)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gpt.text.corpus import from_builtin
from gpt.training.ladder.bigram_start import bigram_starts, expected_loss


def test_the_expected_loss_is_that_of_many_drawn_tables() -> None:
    """20,000 rows of 65 logits each, the target any of them."""
    logits = np.random.default_rng(3).normal(size=(20_000, 65))
    drawn = (np.log(np.exp(logits).sum(1)) - logits[:, 0]).mean()
    assert expected_loss(65, 1.0) == pytest.approx(drawn, abs=0.025)
    assert expected_loss(65, 0.0) == math.log(65)


def test_the_lectures_start_is_half_a_nat_too_high_and_the_small_one_is_not() -> None:
    corpus = from_builtin("plays", length=20_000)
    lecture, small = bigram_starts(corpus, range(8))
    V = len(set(corpus.text))
    assert (lecture.init, lecture.std, small.init, small.std) == ("torch", 1.0, "gpt2", 0.02)
    assert lecture.expected == expected_loss(V, 1.0)
    assert lecture.mean - math.log(V) == pytest.approx(0.49, abs=0.1)
    assert small.losses == pytest.approx([math.log(V)] * 8, abs=0.01)


def test_drawing_leaves_the_generator_of_others_as_it_was() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    bigram_starts(from_builtin("names", length=1500), [1])
    assert torch.equal(torch.rand(3), expected)
