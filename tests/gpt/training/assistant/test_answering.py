"""Answers to many prompts at once are those that `gpt.generate` writes one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import gpt
from gpt.training.assistant.answering import write_answers
from tests.close import close
from tests.gpt import tiny

END = 4
PROMPTS = [[1, 2, 3], [5], [6, 7, 8, 9, 2], [3, 3]]


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_each_answer_is_that_of_generate_with_the_same_seed(temperature: float) -> None:
    model = tiny.random_model(tiny.config())
    written = write_answers(model, PROMPTS, END, 6, seeds=[7, 8, 9, 10], temperature=temperature)
    for prompt, seed, one in zip(PROMPTS, (7, 8, 9, 10), written, strict=True):
        steps = list(gpt.generate(model, prompt, 6, temperature=temperature, seed=seed, stop=END))
        assert one.row.ids == [*prompt, *(step.id for step in steps)]
        assert one.row.start == len(prompt)
        assert one.log_probs == close([np.log(step.probs[step.id]) for step in steps])
        assert one.ended == (steps[-1].id == END)
        assert END not in one.answer


def test_without_seeds_every_token_is_the_likeliest() -> None:
    model = tiny.random_model(tiny.config())
    written = write_answers(model, PROMPTS, END, 5)
    for prompt, one in zip(PROMPTS, written, strict=True):
        steps = gpt.generate(model, prompt, 5, temperature=0, stop=END)
        assert one.row.ids == [*prompt, *(step.id for step in steps)]


def test_an_answer_stops_where_the_block_is_full() -> None:
    model = tiny.random_model(tiny.config())
    long = tiny.random_ids(tiny.BLOCK - 2)
    whole = tiny.random_ids(tiny.BLOCK)
    first, second = write_answers(model, [long, whole], end=-5, most=50, seeds=[1, 2])
    assert (len(first.row), len(second.row)) == (tiny.BLOCK, tiny.BLOCK)
    assert second.answer == [] and not second.ended and not first.ended


def test_the_model_is_in_training_again_if_it_was() -> None:
    model = tiny.random_model(tiny.config(dropout=0.5)).train()
    torch.manual_seed(1)
    first = write_answers(model, PROMPTS, END, 5)
    assert model.training
    assert first == write_answers(model, PROMPTS, END, 5)
