"""The loss before training: half a nat above ln V where logits are drawn from N(0, 1)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gpt.text.corpus import Corpus, Document, from_builtin
from gpt.training.ladder.bigram_start import (
    bigram_starts,
    expected_loss,
    one_batch_start,
    table_loss,
)
from tests.gpt.shakespeare import needs_shakespeare, shakespeare


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


# The lecture's first batch, as it prints it: 4 blocks of 8, and the token after each.
LECTURE_BATCH = [
    [24, 43, 58, 5, 57, 1, 46, 43, 39],
    [44, 53, 56, 1, 58, 46, 39, 58, 1],
    [52, 58, 1, 58, 46, 39, 58, 1, 46],
    [25, 17, 27, 10, 0, 21, 1, 54, 39],
]


def test_the_lectures_batch_and_table_start_at_its_very_loss() -> None:
    blocks = torch.tensor(LECTURE_BATCH)
    assert round(table_loss(blocks[:, :-1], blocks[:, 1:], 65, 1337), 4) == 4.8786


@needs_shakespeare
def test_the_batch_of_the_text_is_the_lectures() -> None:
    corpus = Corpus("tinyshakespeare", (Document("tinyshakespeare", shakespeare()),))
    assert round(one_batch_start(corpus, 1337), 4) == 4.8786


def test_one_batch_is_worked_out_from_the_table() -> None:
    corpus = from_builtin("names", length=1500)
    characters = sorted(set(corpus.text))
    ids = np.array([characters.index(char) for char in corpus.text])
    ids = ids[: int(0.9 * len(ids))]
    draws = torch.Generator().manual_seed(3)
    at = torch.randint(len(ids) - 8, (4, 1), generator=draws).numpy() + np.arange(8)
    torch.manual_seed(3)
    table = torch.nn.Embedding(len(characters), len(characters)).weight.detach().double().numpy()
    logs = table[ids[at]] - np.log(np.exp(table[ids[at]]).sum(-1, keepdims=True))
    losses = -np.take_along_axis(logs, ids[at + 1][..., None], -1)
    assert one_batch_start(corpus, 3) == pytest.approx(losses.mean(), abs=1e-5)
