"""Hugging Face tokenizers: the owners' ids, honest pieces, and hostile files refused."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import BertTokenizer, GPT2Tokenizer

from gpt.convert.vocabulary import specs, vocabularies
from gpt.errors import ConversionError, TokenizerError, UnknownCharacterError
from gpt.text.huggingface import HuggingFaceTokenizer
from gpt.text.tokenizer import from_json

TEXT = "hello there, hello world! né né 3.14 \n\n hello hello there there's" * 3
NASTY = "hello né née\n 😀\t<|endoftext|> it's  there \u2028▁Ġ"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """vocab.json and merges.txt, as GPT-2's are, of a small text."""
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=280,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    library.train_from_iterator([TEXT], trainer)
    path = tmp_path_factory.mktemp("bpe")
    library.model.save(str(path))
    ids = json.loads((path / "vocab.json").read_text())
    (path / "vocab.json").write_text(json.dumps({**ids, "<|endoftext|>": len(ids)}))
    return path


@pytest.fixture(scope="module")
def bpe(folder: Path) -> HuggingFaceTokenizer:
    return vocabularies.of_folder(folder)


# -- GPT-2's ------------------------------------------------------------------------------------


def test_the_ids_are_those_of_transformers(bpe: HuggingFaceTokenizer, folder: Path) -> None:
    theirs = GPT2Tokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    assert bpe.vocab_size == len(theirs) > 270
    for text in (TEXT, NASTY, "", " ", "\n"):
        assert bpe.encode(text) == theirs(text)["input_ids"]


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_encode_and_decode_are_the_identity(bpe: HuggingFaceTokenizer, text: str) -> None:
    if any("\ud800" <= c <= "\udfff" for c in text):
        assert bpe.unknown(text)
        return
    ids = bpe.encode(text)
    assert bpe.decode(ids) == text
    assert bpe.unknown(text) == []
    assert len(bpe.pieces(ids)) == len(ids)


def test_pieces_show_spaces_and_bytes_of_a_part_of_a_character(bpe: HuggingFaceTokenizer) -> None:
    ids = bpe.encode(" hello😀\n<|endoftext|>")
    assert bpe.pieces(ids) == [
        *(" hello", "⟨0xF0⟩", "⟨0x9F⟩", "⟨0x98⟩", "⟨0x80⟩", "\n", "<|endoftext|>"),
    ]
    assert bpe.decode(ids[1:3]) == "�"


def test_half_a_surrogate_pair_is_refused_where_it_stands(bpe: HuggingFaceTokenizer) -> None:
    assert bpe.unknown("ab\ud83dc") == [(2, "\ud83d")]
    with pytest.raises(UnknownCharacterError, match="at position 2"):
        bpe.encode("ab\ud83dc")


def test_ids_outside_are_refused(bpe: HuggingFaceTokenizer) -> None:
    for id in (-1, bpe.vocab_size, 10**12):
        for use in (bpe.decode, bpe.pieces):
            with pytest.raises(TokenizerError, match=f"token id {id:,} is outside 0 to"):
                use([0, id])


def test_a_round_trip_through_json_changes_nothing(bpe: HuggingFaceTokenizer) -> None:
    again = from_json(json.loads(json.dumps(bpe.to_json())))
    assert again.encode(NASTY) == bpe.encode(NASTY)
    assert again.vocab_size == bpe.vocab_size
    assert again.to_json() == bpe.to_json()


def test_a_padded_vocabulary_has_unused_ids(bpe: HuggingFaceTokenizer) -> None:
    size = bpe.vocab_size
    padded = HuggingFaceTokenizer(bpe.spec, size + 5)
    assert padded.vocab_size == size + 5
    assert padded.pieces([size - 1, size]) == ["<|endoftext|>", f"⟨unused {size}⟩"]
    assert from_json(padded.to_json()).vocab_size == size + 5
    with pytest.raises(TokenizerError, match=f"has {size} tokens; vocab_size says {size - 1}"):
        HuggingFaceTokenizer(bpe.spec, size - 1)


def test_a_vocabulary_that_lacks_bytes_says_which_characters(bpe: HuggingFaceTokenizer) -> None:
    spec = json.loads(json.dumps(bpe.spec))
    spec["model"].update(vocab={"a": 0, "b": 1, "ab": 2, "Ã": 3}, merges=[["a", "b"]])
    spec["added_tokens"] = []
    few = HuggingFaceTokenizer(spec)
    assert few.encode("abba") == [2, 1, 0]
    assert few.unknown("a é?") == [(1, " "), (2, "é"), (3, "?")]  # é is Ã and another
    with pytest.raises(UnknownCharacterError, match="at position 1"):
        few.encode("a b")


# -- BERT's -------------------------------------------------------------------------------------

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] hel ##lo world ! né ne 世".split()


def test_word_pieces_are_those_of_transformers(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    ours = vocabularies.of_folder(tmp_path)
    theirs = BertTokenizer(vocab=str(tmp_path / "vocab.txt"))
    for text in ("Hello world!", "hello", "né xyz [MASK] 世界", "", "!!"):
        assert ours.encode(text) == theirs(text)["input_ids"], text
    ids = ours.encode("Hello [MASK] xyz!")
    assert ours.pieces(ids) == ["[CLS]", "hel", "##lo", "[MASK]", "[UNK]", "!", "[SEP]"]
    assert ours.decode(ids) == "hello [MASK] [UNK]!"
    assert ours.encode(ours.decode(ids)) == ids
    assert ours.unknown("xyz\x00") == []


def test_case_is_kept_where_the_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join([*WORDS, "Hel"]))
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    assert vocabularies.of_folder(tmp_path).pieces([2, 12, 6]) == ["[CLS]", "Hel", "##lo"]
    assert vocabularies.of_folder(tmp_path).encode("Hello") == [2, 12, 6, 3]


# -- files that are no good -----------------------------------------------------------------------


def changed(**changes: Any) -> dict[str, Any]:
    """A tokenizer.json of two characters, with some of it changed."""
    return {**specs.characters("ab"), **changes}


def replacing(times: int, content: str) -> dict[str, Any]:
    one = {"type": "Replace", "pattern": {"String": "a"}, "content": content}
    return {"type": "Sequence", "normalizers": [one] * times}


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": (None, 'it has no "model"'),
    "a list": ([1], 'it has no "model"'),
    "another json": ({"version": "1.0"}, 'it has no "model"'),
    "a model of nothing": (changed(model={}), "not a tokenizer.json that `tokenizers` reads"),
    "an unknown model": (changed(model={"type": "LSTM"}), "that `tokenizers` reads"),
    "no tokens": (
        changed(model={"type": "WordLevel", "vocab": {}, "unk_token": "u"}),
        "has no tokens",
    ),
    "an id of 2^32 - 1": (
        changed(model={"type": "WordLevel", "vocab": {"a": 2**32 - 1}, "unk_token": "u"}),
        "token ids up to 4,294,967,295",
    ),
    "a text doubled 64 times": (changed(normalizer=replacing(64, "aa")), "times as long"),
    "a letter made a book": (changed(normalizer=replacing(1, "a" * 1000)), "1,001 times as long"),
    "nested without end": (
        changed(normalizer=json.loads('{"a":' * 500 + "1" + "}" * 500)),
        "nests its steps too deep",
    ),
    "a template of tokens that are not there": (
        changed(post_processor={"type": "BertProcessing", "sep": ["x", 7], "cls": ["y", 8]}),
        "token id 8 is outside 0 to 1",
    ),
}


@pytest.mark.parametrize(("spec", "message"), WRONG.values(), ids=WRONG)
def test_a_file_that_cannot_be_used_is_refused(spec: Any, message: str) -> None:
    with pytest.raises(TokenizerError) as caught:
        HuggingFaceTokenizer(spec)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_filling_cutting_and_chance_are_set_aside() -> None:
    filling = {
        **{"strategy": {"Fixed": 10**9}, "direction": "Right", "pad_to_multiple_of": None},
        **{"pad_id": 0, "pad_type_id": 0, "pad_token": "a"},
    }
    cutting = {"direction": "Right", "max_length": 1, "strategy": "LongestFirst", "stride": 0}
    spec = changed(padding=filling, truncation=cutting)
    assert HuggingFaceTokenizer(spec).encode("abab") == [0, 1, 0, 1]
    merging = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}
    bpe = HuggingFaceTokenizer(changed(model={**merging, "dropout": 0.9}, pre_tokenizer=None))
    assert all(bpe.encode("abababab") == [2, 2, 2, 2] for _ in range(9))


def test_a_pattern_without_end_is_given_up() -> None:
    split = {"type": "Split", "behavior": "Isolated", "invert": False}
    slow = HuggingFaceTokenizer(changed(pre_tokenizer={**split, "pattern": {"Regex": "(a+)+$"}}))
    start = time.monotonic()
    with pytest.raises(TokenizerError, match="cannot read the text"):
        slow.encode("a" * 40 + "b")
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vocab.json", '["a"]', "is not a vocabulary: tokens with their ids"),
        ("vocab.json", '{"a": "0"}', "is not a vocabulary: tokens with their ids"),
        ("merges.txt", "#version: 0.2\na b c\n", "'a b c' is not a pair of tokens"),
        ("merges.txt", "#version: 0.2\nqq zz\n", "that `tokenizers` reads"),
        ("merges.txt", b"\xff\xfe", "merges.txt is not UTF-8 text"),
        ("tokenizer.json", "{", "tokenizer.json is not JSON"),
    ],
)
def test_a_folder_with_a_bad_file_is_refused_by_it(
    name: str, content: str | bytes, message: str, folder: Path, tmp_path: Path
) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConversionError) as caught:
        vocabularies.find(281, folder=tmp_path)
    assert message in str(caught.value)


def test_a_vocabulary_of_the_wrong_size_is_refused(bpe: HuggingFaceTokenizer, folder: Path) -> None:
    size = bpe.vocab_size
    assert vocabularies.find(size, folder=folder).tokenizer.vocab_size == size
    assert vocabularies.find(size + 64, folder=folder).tokenizer.vocab_size == size  # filled up
    for wrong in (size - 1, 5 * size, 10**9):
        with pytest.raises(ConversionError, match=f"has {size} tokens, the checkpoint {wrong:,}"):
            vocabularies.find(wrong, folder=folder)
