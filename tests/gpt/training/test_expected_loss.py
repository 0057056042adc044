"""What a run is expected to reach: the law by hand, and what it does not depend on."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gpt.errors import TextError
from gpt.shape_only import count_parameters
from gpt.text.corpus import Corpus, Document, from_builtin
from gpt.text.ngrams import counted_losses
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training import expected_loss
from gpt.training.expected_loss import context_length, counted, effective, expect, of_context
from gpt.training.presets import find
from tests.close import close

COUNTED = (3.0, 2.5, 2.0, 1.75)
"""A gain of a half, then of a quarter: their ratio is 0.5."""


def corpus(text: str) -> Corpus:
    return Corpus("own", (Document("own", text),))


def test_a_short_text_is_counted_whole_on_the_split_of_the_run() -> None:
    text = from_builtin("plays", length=5_000).text
    tokenizer = CharacterTokenizer.of(text)
    ids, cut = np.array(tokenizer.encode(text)), int(0.9 * len(text))
    orders = counted_losses(ids[:cut], ids[cut:], tokenizer.vocab_size, 4)
    assert list(counted(corpus(text), "stream")) == close([order.loss for order in orders])


def test_names_are_counted_by_the_line() -> None:
    names = from_builtin("names", length=5_000)
    lines = names.text.splitlines()
    held_out = "".join(f"{name}\n" for name in lines[9::10])
    learned = "".join(f"{name}\n" for n, name in enumerate(lines) if n % 10 != 9)
    tokenizer = CharacterTokenizer.of(learned + held_out)
    seen, new = (np.array(tokenizer.encode(text)) for text in (learned, held_out))
    orders = counted_losses(seen, new, tokenizer.vocab_size, 4)
    assert list(counted(names, "lines")) == close([order.loss for order in orders])


def test_of_a_long_text_pieces_from_all_over_it_are_counted() -> None:
    text = "".join(chr(ord("a") + n // 1000) for n in range(26_000))
    part = expected_loss.spread(text, 4_000)
    assert len(part) == 4_000 and set(part) == set(text)


def test_gains_go_on_as_a_series_whose_ratio_is_made_flatter() -> None:
    ratio = 0.5**expected_loss.FLATTER
    five = 2.5 - 0.5 * (1 + ratio + ratio**2)
    assert of_context(COUNTED, 5) == close(five)
    assert of_context(COUNTED, 2) == close(2.5)


def test_a_longer_training_and_a_larger_model_make_use_of_more() -> None:
    assert context_length(1e6, 10**6) == close(expected_loss.BASE)
    tenfold = context_length(1e7, 10**6) - context_length(1e6, 10**6)
    assert tenfold == close(expected_loss.OF_CHARACTERS * math.log(10))
    assert context_length(1e6, 10**7) > context_length(1e6, 10**6)


def test_reading_again_counts_for_less_and_less() -> None:
    assert effective(500.0, 1000, 15) == close(500.0)
    assert effective(1000.0, 1000, 15) == close(1000.0)
    assert effective(2000.0, 1000, 15) == close(1000 + 15_000 * (1 - math.exp(-1 / 15)))
    assert effective(1e9, 1000, 15) == close(16_000.0)


def test_a_text_of_few_tokens_is_soon_known_by_heart() -> None:
    model = find("small").model_config(50)
    plan = find("small").training_config(steps=10_000)
    characters = expect(COUNTED, corpus("x" * 10**6), model, plan, 1.0)
    plan = find("small").training_config(steps=4_000)
    pieces = expect(COUNTED, corpus("x" * 10**6), model, plan, 2.5)  # as many characters
    assert pieces.characters == close(characters.characters)
    assert pieces.loss > characters.loss


def test_an_expectation_counts_tokens_as_the_characters_they_write() -> None:
    model = find("tiny").model_config(50)
    plan = find("tiny").training_config(steps=100)
    by_characters = expect(COUNTED, corpus("x" * 10**6), model, plan, 1.0)
    assert by_characters.characters == close(100 * 16 * 64)
    length = context_length(100 * 16 * 64, count_parameters(model))
    assert by_characters.loss == close(of_context(COUNTED, length))
    assert by_characters.within == close(expected_loss.OF_FEW)  # 100 steps
    longer = expect(COUNTED, corpus("x" * 10**6), model, plan, 2.5)
    assert longer.characters == close(2.5 * 100 * 16 * 64) and longer.loss < by_characters.loss


def test_a_text_that_leaves_nothing_to_count_is_refused() -> None:
    with pytest.raises(TextError):
        counted(corpus("abc"), "stream")
