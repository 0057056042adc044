"""Batches of encoded examples: padding, targets, order, and what is too long."""

from __future__ import annotations

import pytest
import torch

from gpt.convert.vocabulary import specs
from gpt.errors import TextError
from gpt.nn.loss import IGNORED
from gpt.nn.padding import PADDING
from gpt.text import labelled, pairs
from gpt.text.encoded import (
    LabelledIds,
    PairBatch,
    PairIds,
    Rows,
    check_pairs_fit,
    check_texts_fit,
    encode_labelled,
    encode_pairs,
)
from gpt.text.huggingface import HuggingFaceTokenizer
from gpt.text.labelled import LabelledExamples
from gpt.text.pairs import PairExamples
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.tokenizers.words import train
from tests.gpt.text.samples import sample

LENGTHS = [1 + (7 * i) % 23 for i in range(500)]


def texts_of(lengths: list[int]) -> LabelledIds:
    return LabelledIds([[i % 50] * n for i, n in enumerate(lengths)], [i % 3 for i in range(500)])


def unpadded(rows: torch.Tensor, filling: int) -> list[list[int]]:
    return [[id for id in row if id != filling] for row in rows.tolist()]


def test_rows_are_filled_up_with_padding() -> None:
    rows = Rows([[5, 6, 7], [8], [9, 10]])
    assert len(rows) == 3
    assert rows.row(2) == [9, 10]
    padded = rows.padded(torch.tensor([2, 0, 1]))
    assert padded.tolist() == [[9, 10, PADDING], [5, 6, 7], [8, PADDING, PADDING]]
    assert rows.padded(torch.tensor([1])).tolist() == [[8]]


def test_a_target_is_read_from_its_start_and_predicted_to_its_end() -> None:
    """By hand: "\\n" is 0, "a" to "d" are 1 to 4."""
    tokenizer = CharacterTokenizer.of("abcd\n")
    few = PairExamples("few", ("ab", "d"), ("b", "cda"))
    batch = encode_pairs(few, tokenizer, tokenizer).batch(torch.tensor([0, 1]))
    assert batch.source.tolist() == [[1, 2], [4, PADDING]]
    assert batch.ids.tolist() == [[0, 2, PADDING, PADDING], [0, 3, 4, 1]]
    assert batch.targets.tolist() == [[2, 0, IGNORED, IGNORED], [3, 4, 1, 0]]
    assert batch.numbers.tolist() == [0, 1]


def test_an_imported_model_has_its_own_start_and_end() -> None:
    """A start of two tokens is given: the second is read, and not learned."""
    tokenizer = CharacterTokenizer.of("abcd")
    few = PairExamples("few", ("ab",), ("b",))
    encoded = encode_pairs(few, tokenizer, tokenizer, start=[8, 9], end=7)
    batch = encoded.batch(torch.tensor([0]))
    assert batch.ids.tolist() == [[8, 9, 1]]
    assert batch.targets.tolist() == [[IGNORED, 1, 7]]


def test_sources_keep_the_frame_of_their_tokenizer() -> None:
    framed, plain = sample("word pieces"), CharacterTokenizer.of("x\n")
    few = PairExamples("few", ("the cat",), ("x",))
    batch = encode_pairs(few, framed, plain).batch(torch.tensor([0]))
    assert batch.source.tolist() == [framed.encode("the cat")]
    assert len(batch.source[0]) == 4
    texts = LabelledExamples("one", ("the cat",), (1,), ("a", "b"))
    assert encode_labelled(texts, framed).batch(torch.tensor([0])).classes.tolist() == [1]


def test_a_step_s_batch_depends_on_step_and_seed_alone() -> None:
    first, second = texts_of(LENGTHS), texts_of(LENGTHS)
    for step in (0, 17, 3, 900):
        second.at_step(step + 1, 16, seed=5)
        a, b = first.at_step(step, 16, seed=5), second.at_step(step, 16, seed=5)
        assert torch.equal(a.ids, b.ids)
        assert torch.equal(a.classes, b.classes)
        assert torch.equal(a.classes, a.numbers % 3)
        assert unpadded(a.ids, PADDING) == [first.texts.row(i) for i in a.numbers.tolist()]
    assert not torch.equal(first.at_step(3, 16, 5).numbers, first.at_step(3, 16, 6).numbers)
    assert not torch.equal(first.at_step(3, 16, 5).numbers, first.at_step(34, 16, 5).numbers)


def test_every_row_comes_once_an_epoch_if_it_fits() -> None:
    encoded = texts_of(LENGTHS)
    for epoch in range(3):
        steps = range(31 * epoch, 31 * epoch + 31)  # 31 batches of 16 are 496 of 500
        numbers = torch.cat([encoded.at_step(step, 16, 1).numbers for step in steps])
        assert len(set(numbers.tolist())) == 31 * 16
    learned = torch.cat([encoded.at_step(step, 16, 1).numbers for step in range(31 * 3)])
    assert len(set(learned.tolist())) == 500  # what one epoch leaves out comes in another


def test_rows_of_similar_length_go_together() -> None:
    encoded = texts_of(LENGTHS)
    batches = [encoded.at_step(step, 16, 1).ids for step in range(31)]
    generator = torch.Generator().manual_seed(1)
    batches += [encoded.random(16, generator).ids for _ in range(31)]
    filled = sum(int((ids == PADDING).sum()) for ids in batches)
    assert filled < 0.1 * sum(ids.numel() for ids in batches)
    unsorted = texts_of(LENGTHS).batch(torch.arange(500)).ids
    assert int((unsorted == PADDING).sum()) > 0.4 * unsorted.numel()


def test_random_batches_draw_every_row_alike() -> None:
    encoded, generator = texts_of(LENGTHS), torch.Generator().manual_seed(1)
    counts = torch.zeros(500)
    for _ in range(2_000):
        counts[encoded.random(16, generator).numbers] += 1
    assert counts.sum() == 32_000
    assert counts.min() > 25 and counts.max() < 120  # 64 are expected


def test_evaluation_sees_every_pair_once() -> None:
    corpus = pairs.from_builtin("sort", count=150)
    tokenizer = CharacterTokenizer.of(corpus.text)
    encoded = encode_pairs(corpus, tokenizer, tokenizer)
    seen: list[int] = []
    for batch in encoded.consecutive(32):
        assert isinstance(batch, PairBatch)
        for number, source, ids in zip(
            batch.numbers.tolist(),
            unpadded(batch.source, PADDING),
            unpadded(batch.ids, PADDING),
            strict=True,
        ):
            assert tokenizer.decode(source) == corpus.sources[number]
            assert tokenizer.decode(ids) == "\n" + corpus.targets[number]
            seen.append(number)
    assert sorted(seen) == list(range(150))
    moved = encoded.at_step(0, 4, 1).to("cpu")
    assert torch.equal(moved.targets, encoded.at_step(0, 4, 1).targets)


def test_few_rows_make_small_batches() -> None:
    encoded = LabelledIds([[1], [2, 3], [4]], [0, 1, 0])
    assert sorted(encoded.at_step(7, 64, 1).numbers.tolist()) == [0, 1, 2]
    assert len(encoded.random(64, torch.Generator()).ids) == 3
    assert [len(batch.ids) for batch in encoded.consecutive(2)] == [2, 1]


def test_what_a_model_cannot_read_is_refused() -> None:
    texts = LabelledIds([[1] * 5, [1] * 9, [1] * 8], [0, 1, 0])
    check_texts_fit(texts, 9)
    with pytest.raises(
        TextError, match=r"2 of 3 texts are longer .* block_size = 7: the longest, n"
    ):
        check_texts_fit(texts, 7)
    both = PairIds([[1] * 5, [1] * 6], [[0, 1, 2, 0], [0, 1, 2, 3, 0]])
    check_pairs_fit(both, 4, 6)
    check_pairs_fit(both, 6)
    with pytest.raises(
        TextError, match=r"1 of 2 sources is .* Choose source_block_size = 6, a tok"
    ):
        check_pairs_fit(both, 4, 5)
    with pytest.raises(TextError, match=r"1 of 2 targets is longer .* Choose block_size = 4"):
        check_pairs_fit(both, 3, 6)
    with pytest.raises(TextError, match=r"2 of 2 sources are longer .* Choose block_size = 6"):
        check_pairs_fit(both, 4)


def test_a_text_without_tokens_is_refused() -> None:
    corpus = LabelledExamples("corpus", ("a", "\u200b\u200b"), (0, 1), ("x", "y"))
    with pytest.raises(TextError, match=r"the tokenizer makes no token of .* \(example 2\)"):
        encode_labelled(corpus, HuggingFaceTokenizer(specs.words({"[UNK]": 0, "a": 1}, "[UNK]")))
    with pytest.raises(TextError, match="has no line break"):
        tokenizer = CharacterTokenizer.of("ab")
        encode_pairs(PairExamples("p", ("a",), ("b",)), tokenizer, tokenizer)


def test_bpe_of_both_sides_writes_the_line_break_as_one_token() -> None:
    from gpt.text.tokenizers import choices

    corpus = pairs.from_builtin("numbers-fr", count=200)
    for name, size in (("bpe", 300), ("words", 64), ("characters", None), ("bytes", None)):
        tokenizer = choices.make(name, corpus.text, size)
        encoded = encode_pairs(corpus, tokenizer, tokenizer)
        end = encoded.targets.row(0)[-1]
        assert encoded.targets.row(5)[0] == end
        assert all(end not in encoded.targets.row(i)[1:-1] for i in range(200))
        assert tokenizer.decode(encoded.targets.row(7)[1:-1]) == corpus.targets[7]


def test_reviews_are_batched_with_their_classes() -> None:
    corpus = labelled.from_builtin("reviews", count=100)
    encoded = encode_labelled(corpus, train(corpus.text, 256))
    for batch in encoded.consecutive(30):
        assert batch.classes.tolist() == [corpus.classes[i] for i in batch.numbers.tolist()]
    assert len(encoded) == 100
