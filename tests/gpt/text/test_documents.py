"""Documents: blocks stop where a document ends, and every token is learned from alike."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from gpt.errors import TextError
from gpt.nn.loss import IGNORED
from gpt.text.documents import (
    Documents,
    draw,
    end_token,
    line_documents,
    lines,
    sample_blocks,
)
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.tokenizers.bytes import ByteTokenizer

NAMES = ["ava", "emma", "li"]
TOKENIZER = CharacterTokenizer.of("\n".join(NAMES))  # \n a e i l m v: 0 to 6


def drawn(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_line_begins_and_ends_with_the_line_break() -> None:
    documents = line_documents(NAMES, TOKENIZER)
    assert len(documents) == 3
    assert [documents.document(i).tolist() for i in range(3)] == [
        [0, 1, 6, 1, 0],
        [0, 2, 5, 5, 1, 0],
        [0, 4, 3, 0],
    ]
    assert documents.targets == 4 + 5 + 3
    assert documents.longest().tolist() == [0, 2, 5, 5, 1, 0]


def test_a_short_document_is_read_from_its_start_and_filled_up() -> None:
    """ "li" in a block of 5: what follows \\n, l, i is l, i, \\n; two places are left over."""
    documents = line_documents(NAMES, TOKENIZER)
    x, y = documents.block(documents.edges[2:3], torch.tensor([2]), 5)
    assert x[0, :3].tolist() == [0, 4, 3]
    assert y.tolist() == [[4, 3, 0, IGNORED, IGNORED]]


def test_no_block_leaves_its_document() -> None:
    """Documents of tens, twenties, …: a block's tokens share their tens, and follow each other."""
    documents = Documents([[10, 11, 12], [20, 21, 22, 23, 24, 25, 26, 27, 28], [30, 31]])
    x, y = documents.random(4, 2000, drawn())
    inside = y != IGNORED
    assert torch.equal(y[inside], x[inside] + 1)
    assert torch.equal((x // 10)[inside], (y // 10)[inside])
    short = torch.isin(x[:, 0], torch.tensor([10, 30]))
    assert torch.equal(short, ~inside.all(dim=1))
    assert set(x[:, 0].tolist()) == {10, 30, *range(20, 25)}  # 25 would not fill the block


def test_a_token_of_a_long_document_is_learned_from_as_often_as_one_of_a_short() -> None:
    """1 document of 400 targets and 20 of 20, in blocks of 20: 40 blocks' worth, half of them the
    long one's; without the weight it would be begun once in 21 draws, or 381 times in 401."""
    documents = Documents([list(range(401)), *([1000 + i] * 21 for i in range(20))])
    x, _ = documents.random(20, 8000, drawn())
    assert 0.47 < (x[:, 0] < 1000).double().mean().item() < 0.53
    shorts = Counter(x[:, 0][x[:, 0] >= 1000].tolist())
    assert len(shorts) == 20 and all(130 < count < 270 for count in shorts.values())


def test_the_generator_decides_the_blocks() -> None:
    documents = line_documents(NAMES * 20, TOKENIZER)
    first, again, other = (draw(documents, 6, 16, drawn(seed)) for seed in (3, 3, 4))
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
    assert not torch.equal(first[1], other[1])


@pytest.mark.parametrize("block_size", [1, 2, 3, 4, 5, 7, 50])
@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_read_from_end_to_end_each_target_comes_once(block_size: int, batch_size: int) -> None:
    rows = [list(range(10 * n, 10 * n + length)) for n, length in enumerate((2, 9, 5, 3, 10))]
    documents = Documents(rows)
    predicted: list[int] = []
    for x, y in documents.consecutive(block_size, batch_size):
        assert x.shape == y.shape and x.shape[0] <= batch_size and x.shape[1] == block_size
        predicted += y[y != IGNORED].tolist()
    assert predicted == [id for row in rows for id in row[1:]]
    assert len(predicted) == documents.targets


def test_a_document_needs_something_to_predict() -> None:
    for rows in ([], [[1, 2], [3]]):
        with pytest.raises(TextError, match="at least two tokens"):
            Documents(rows)


def test_empty_lines_are_no_documents() -> None:
    assert lines("\nava\n \nemma\n\n") == ["ava", "emma"]


def test_a_vocabulary_without_a_line_break_cannot_end_a_document() -> None:
    with pytest.raises(TextError, match="no line break"):
        end_token(CharacterTokenizer.of("abc"))
    assert end_token(ByteTokenizer()) == 10


# -- for a picture ----------------------------------------------------------------------------


def test_sampled_blocks_with_boundaries_are_whole_names() -> None:
    documents = sample_blocks(NAMES, TOKENIZER, 6, 40, seed=1, boundaries=True)
    assert documents.inputs.shape == documents.targets.shape == documents.documents.shape == (40, 6)
    assert set(documents.documents[:, 0].tolist()) == {0, 1, 2}
    for row in range(40):
        kept = documents.targets[row] != IGNORED
        number = int(documents.documents[row, 0])
        assert TOKENIZER.decode(documents.targets[row][kept]) == NAMES[number] + "\n"
        assert TOKENIZER.decode(documents.inputs[row][kept]) == "\n" + NAMES[number]
        assert set(documents.documents[row][kept]) == {number}
        assert set(documents.documents[row][~kept]) <= {-1}


def test_sampled_blocks_without_boundaries_are_slices_of_the_stream() -> None:
    documents = sample_blocks(NAMES, TOKENIZER, 6, 40, seed=1, boundaries=False)
    stream, numbers = "ava\nemma\nli\n", [0] * 4 + [1] * 5 + [2] * 3
    for row in range(40):
        block = TOKENIZER.decode([*documents.inputs[row], documents.targets[row, -1]])
        at = stream.index(block)
        assert documents.documents[row].tolist() == numbers[at : at + 6]
        assert documents.target_documents[row].tolist() == numbers[at + 1 : at + 7]
        assert np.array_equal(documents.inputs[row, 1:], documents.targets[row, :-1])
    assert any(len(set(row)) > 1 for row in documents.documents.tolist())


def test_a_stream_too_short_for_a_block_is_refused() -> None:
    with pytest.raises(TextError, match="12 tokens do not fill"):
        sample_blocks(NAMES, TOKENIZER, 12, 1, seed=1, boundaries=False)
