"""Whether a head looks at the digit that a word depends on, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.errors import TextError
from gpt.inspect.digit_alignment import digit_alignment, looks_at
from gpt.nn.config import GPTConfig
from gpt.text import pairs
from gpt.text.builtin.number_words import digits_of
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.tokenizers import choices
from gpt.training.creation import create_run
from gpt.training.loop import train
from gpt.training.settings import TrainingConfig
from tests.close import close


def test_a_head_that_follows_the_digits_and_one_that_looks_at_the_first() -> None:
    """345, "three hundred and forty-five": and needs any of the three."""
    digits = digits_of(345, "en")
    assert digits == [(0,), (0,), (0, 1, 2), (1,), (2,)]
    followed, first = (np.eye(3)[list(places)] for places in ([0, 0, 1, 1, 2, 2], [0] * 6))
    weights = np.stack([followed, first])[None]  # (1, 2, 6, 3): the last row writes the end
    assert looks_at(weights, digits).tolist() == [[5, 3]]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> gpt.Checkpoint:
    """An untrained model of numbers, a token a word."""
    examples = pairs.from_builtin("numbers-en", count=150)
    words = choices.make("words", examples.target_text, 64)
    digits = CharacterTokenizer.of(examples.source_text)
    sizes = dict(block_size=20, n_layer=2, n_encoder_layer=1, n_head=2, n_embd=8)
    config = GPTConfig(vocab_size=words.vocab_size, source_vocab_size=digits.vocab_size, **sizes)
    plan = TrainingConfig(task="translate", steps=1, batch_size=4, eval_batches=1)
    folder = tmp_path_factory.mktemp("runs") / "numbers"
    run = create_run(folder, config, plan, examples, words, source_tokenizer=digits)
    assert train(run).state == "done"
    return gpt.load(run.path)


def test_shares_are_of_the_words_of_all_numbers(spoken: gpt.Checkpoint) -> None:
    found = digit_alignment(spoken, [("7", "seven"), ("20", "twenty")], "en")
    assert found.words == 2 and found.chance == close((1 + 1 / 2) / 2)
    ids, source = spoken.ids_of("twenty"), spoken.source_ids("20")
    traced = gpt.trace(spoken.model, ids, source=source)
    first = traced.cross.weights[:, :, 0].argmax(-1) == 0  # (L, H): twenty is of the first digit
    np.testing.assert_allclose(found.shares, (1 + first) / 2)
    assert found.shares[found.best] == found.shares.max()


def test_a_text_of_other_words_is_refused(spoken: gpt.Checkpoint) -> None:
    with pytest.raises(TextError, match="'twenty seven' is not one token a word"):
        digit_alignment(spoken, [("20", "twenty seven")], "en")
