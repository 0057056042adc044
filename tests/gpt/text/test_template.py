"""The template of prompts and answers: what is learned, and which tokens a vocabulary gets."""

from __future__ import annotations

import pytest
import torch

from gpt.errors import TextError, TokenizerError
from gpt.nn.loss import IGNORED, cross_entropy
from gpt.nn.padding import PADDING
from gpt.text.template import (
    as_text,
    check_fit,
    encode,
    encode_prompt,
    extended,
    inputs_and_targets,
    whole_texts,
)
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.tokenizers import choices

LETTERS = CharacterTokenizer("abⓆⒶ\n")  # a 0, b 1, Ⓠ 2, Ⓐ 3, end 4


def test_only_the_answer_and_its_end_are_learned() -> None:
    rows = [encode(LETTERS, "ab", "b"), encode(LETTERS, "a", "ba")]
    assert (rows[0].ids, rows[0].start) == ([2, 0, 1, 3, 1, 4], 4)
    ids, targets = inputs_and_targets(rows)
    assert ids.tolist() == [[2, 0, 1, 3, 1], [2, 0, 3, 1, 0]]
    no = IGNORED
    assert targets.tolist() == [[no, no, no, 1, 4], [no, no, 1, 0, 4]]


def test_a_shorter_row_is_filled_up_without_a_target() -> None:
    ids, targets = inputs_and_targets([encode(LETTERS, "ab", "bb"), encode(LETTERS, "a", "b")])
    assert ids[1].tolist() == [2, 0, 3, 1, 0, 0]
    assert targets[1].tolist() == [IGNORED, IGNORED, 1, 4, IGNORED, IGNORED]
    whole = whole_texts([encode(LETTERS, "a", "b"), encode(LETTERS, "a", "bb")])
    assert whole.tolist() == [[2, 0, 3, 1, 4, PADDING], [2, 0, 3, 1, 1, 4]]


@pytest.mark.parametrize(("prompt", "answer"), [("aⒶ", "b"), ("a", "b\na"), ("Ⓠ", "b")])
def test_the_signs_of_the_template_are_refused_in_a_text(prompt: str, answer: str) -> None:
    with pytest.raises(TextError, match="by which an assistant knows where the next one begins"):
        encode(LETTERS, prompt, answer)


def test_a_text_longer_than_the_block_is_refused() -> None:
    check_fit([encode(LETTERS, "a", "b")], 5)
    with pytest.raises(TextError, match="has 5 tokens; the model reads up to 4"):
        check_fit([encode(LETTERS, "a", "b")], 4)


def test_a_vocabulary_of_characters_gets_what_it_lacks_after_all_that_it_has() -> None:
    old = CharacterTokenizer("ba\n")
    new, added = extended(old, "cab7\n")
    assert added == "ⓆⒶ7c"
    assert new.encode("ba\nⓆⒶ7c") == list(range(7))
    assert extended(new, "cab7")[1] == ""


@pytest.mark.parametrize("name", ["bytes", "bpe"])
def test_bytes_write_the_signs_as_they_are(name: str) -> None:
    tokenizer = choices.make(name, "some text\n")
    same, added = extended(tokenizer, "any text ✓")
    assert same is tokenizer and added == ""
    row = encode(tokenizer, "a", "b")
    assert tokenizer.decode(row.ids) == as_text("a") + "b\n"
    assert tokenizer.decode(row.ids[row.start :]) == "b\n"
    assert encode_prompt(tokenizer, "a") == row.ids[: row.start]


def test_a_tokenizer_that_cannot_write_them_is_refused() -> None:
    with pytest.raises(TokenizerError, match=r"cannot write 'Ⓠ'.* no token can be added"):
        extended(choices.make("words", "some words\n"), "some")


def test_no_position_of_the_prompt_has_a_gradient() -> None:
    ids, targets = inputs_and_targets([encode(LETTERS, "ab", "b")])
    logits = torch.randn(1, ids.shape[1], 5, generator=torch.Generator().manual_seed(1))
    logits.requires_grad_()
    cross_entropy(logits, targets).backward()
    assert logits.grad is not None
    has = logits.grad.abs().sum(-1)[0] > 0
    assert has.tolist() == [False, False, False, True, True]
