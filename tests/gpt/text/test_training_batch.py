"""The split and a batch as a page shows them; on the lecture's text, the lecture's numbers."""

from __future__ import annotations

import numpy as np
import pytest

from gpt.errors import TextError
from gpt.nn.loss import IGNORED
from gpt.text import training_batch
from gpt.text.documents import Sample
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.tokenizers.bytes import ByteTokenizer
from tests.gpt.shakespeare import needs_shakespeare, shakespeare

LETTERS = "abcdefghij" * 3
TOKENIZER = CharacterTokenizer.of(LETTERS)


def test_the_split_by_hand() -> None:
    training, validation = training_batch.split_sides(
        TOKENIZER, training_batch.encoded(TOKENIZER, LETTERS)
    )
    assert (training.tokens, training.characters, training.share) == (27, 27, 0.9)
    assert (validation.tokens, validation.characters) == (3, 3)
    assert training.start == LETTERS[:27] and validation.start == "hij"


def test_characters_and_tokens_differ_where_a_token_is_no_character() -> None:
    ids = training_batch.encoded(ByteTokenizer(), "é" * 50)
    training, validation = training_batch.split_sides(ByteTokenizer(), ids)
    assert (training.tokens, training.characters) == (90, 45)
    assert (validation.tokens, validation.characters) == (10, 5)


def test_a_batch_is_of_the_training_part_and_each_target_follows() -> None:
    ids = np.arange(100)
    batch = training_batch.batch(ids, 16, 5, seed=3)
    assert batch.x.shape == batch.y.shape == (16, 5)
    np.testing.assert_array_equal(batch.y, batch.x + 1)
    assert batch.y.max() < 90
    np.testing.assert_array_equal(batch.x, training_batch.batch(ids, 16, 5, seed=3).x)
    assert not np.array_equal(batch.x, training_batch.batch(ids, 16, 5, seed=4).x)


def test_a_row_as_its_examples() -> None:
    batch = training_batch.Batch(np.array([[18, 47, 56]]), np.array([[47, 56, 57]]))
    assert batch.examples(0) == [([18], 47), ([18, 47], 56), ([18, 47, 56], 57)]


def test_a_text_that_fills_no_block_is_refused() -> None:
    with pytest.raises(TextError, match="has 9 tokens; a block of 9 and its last target need 10"):
        training_batch.batch(np.arange(10), 2, 9, seed=1)
    assert training_batch.batch(np.arange(10), 2, 8, seed=1).x.tolist() == [[*range(8)]] * 2


def test_pieces_of_ids_leave_out_what_is_ignored() -> None:
    assert training_batch.pieces_of(TOKENIZER, np.array([[0, 1]]), np.array([[1, IGNORED]])) == {
        0: "a",
        1: "b",
    }


def test_a_mixture_by_hand() -> None:
    """Three blocks: one document; two; and one whose last target alone is of the next."""
    sample = Sample(
        inputs=np.zeros((3, 2), dtype=int),
        targets=np.array([[1, IGNORED], [1, 1], [1, 1]]),
        documents=np.array([[0, -1], [1, 2], [3, 3]]),
        target_documents=np.array([[0, -1], [2, 2], [3, 4]]),
    )
    assert training_batch.mixture(sample) == training_batch.Mixture(
        blocks=3, mixed=2, positions=6, learned=5
    )


@needs_shakespeare
def test_the_lectures_split_and_batch() -> None:
    """1337, 4 × 8: the blocks that the lecture prints."""
    tokenizer = CharacterTokenizer.of(shakespeare())
    ids = training_batch.encoded(tokenizer, shakespeare())
    training, validation = training_batch.split_sides(tokenizer, ids)
    assert (training.characters, validation.characters) == (1_003_854, 111_540)
    batch = training_batch.batch(ids, 4, 8, seed=1337)
    assert batch.x.tolist() == [
        [24, 43, 58, 5, 57, 1, 46, 43],
        [44, 53, 56, 1, 58, 46, 39, 58],
        [52, 58, 1, 58, 46, 39, 58, 1],
        [25, 17, 27, 10, 0, 21, 1, 54],
    ]
    assert batch.y[:, -1].tolist() == [39, 1, 46, 39]
