"""Marian's tokenizers in: ids and texts are those of MarianTokenizer, for source and target."""

from __future__ import annotations

import io
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import torch
import transformers as tr
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

import gpt
from gpt.convert import recognize
from gpt.convert.vocabulary import marian_files
from gpt.errors import ConversionError, TokenizerError, UnknownCharacterError
from gpt.text.streaming import streamed
from gpt.text.tokenizer import from_json
from gpt.text.tokenizers.marian import MarianTokenizer
from tests.gpt.convert.test_encoder_decoders import change_config, check_parity, written

FRENCH = ["les réseaux de neurones sont géniaux", "le chat dort sur la chaise", "où est la gare ?"]
ENGLISH = ["neural networks are awesome", "the cat sleeps on the chair", "where is the station?"]
ODD = [
    "",
    " ",
    "  a  b ",
    "le chat</s> dort",
    "<unk>",
    "<pad>le",
    ">>fra<< le chat",
    ">>xx<<le",
    "▁le",
]
TEXTS = [
    *FRENCH,
    *ENGLISH,
    *ODD,
    ">><<",
    ">>fra",
    "日本",
    "ﬁ ½ É\u0301",
    "a\tb\nc\u00a0d",
    "\u200b",
    "le>>fra<<",
]


MANY = json.dumps({"</s>": 0, "<unk>": 1} | {f"token {n}": n for n in range(2, 99)}).encode()


@cache
def model(language: str) -> bytes:
    """A small SentencePiece model of a language."""
    written_model = io.BytesIO()
    sentences = (FRENCH if language == "fr" else ENGLISH) * 5
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=written_model,
        vocab_size=40,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return written_model.getvalue()


def words(*languages: str) -> dict[str, int]:
    """Tokens with their ids as Marian keeps them: the end first, the padding last."""
    special = ["</s>", "<unk>", ">>fra<<"]
    readers = [sentencepiece.SentencePieceProcessor(model_proto=model(name)) for name in languages]
    pieces = [reader.id_to_piece(i) for reader in readers for i in range(reader.get_piece_size())]
    names = dict.fromkeys([*special, *pieces])
    names.pop("<s>")
    names.pop("é", None)  # a piece that the list lacks
    return {name: id for id, name in enumerate([*names, "<pad>"])}


def tokenizer_files(folder: Path, is_separate: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "source.spm").write_bytes(model("fr"))
    (folder / "target.spm").write_bytes(model("en"))
    of_source = words("fr") if is_separate else words("fr", "en")
    (folder / "vocab.json").write_text(json.dumps(of_source))
    config = {"source_lang": "fr", "target_lang": "en", "tokenizer_class": "MarianTokenizer"}
    if is_separate:
        (folder / "target_vocab.json").write_text(json.dumps(words("en")))
        config |= {"separate_vocabs": True}  # type: ignore[dict-item]
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


@cache
def both(is_separate: bool) -> tuple[marian_files.Pair, Any]:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "marian"
        tokenizer_files(folder, is_separate)
        pair = marian_files.tokenizers_of(folder)
        assert pair is not None
        return pair, tr.MarianTokenizer.from_pretrained(folder)


def check_ids(text: str, is_separate: bool) -> None:
    ours, theirs = both(is_separate)
    assert ours.source.encode(text) == theirs(text)["input_ids"]
    if is_separate and "<pad>" in text:
        return  # theirs takes the id that it has in the other list
    assert ours.target.encode(text) == theirs(text_target=text)["input_ids"]


@pytest.mark.parametrize("is_separate", [False, True], ids=["one list", "two lists"])
@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_theirs_and_come_back_as_their_text(text: str, is_separate: bool) -> None:
    check_ids(text, is_separate)
    ours, theirs = both(is_separate)
    ids = ours.target.encode(text)
    told = theirs.decode(ids[:-1], use_source_tokenizer=False)
    assert ours.target.decode(ids) == told
    assert streamed(ours.target.stream(), ids) == told


PARTS = st.sampled_from([*"leschatdoiu ▁é><\t\n", "</s>", "<pad>", ">>fra<<", "<unk>", ">>", "<<"])


@pytest.mark.parametrize("is_separate", [False, True], ids=["one list", "two lists"])
@settings(max_examples=500, deadline=None)
@given(text=st.lists(PARTS | st.characters(exclude_categories=["Cs"]), max_size=30).map("".join))
def test_ids_of_odd_texts_are_theirs(text: str, is_separate: bool) -> None:
    check_ids(text, is_separate)


def test_a_run_keeps_them_whole(tmp_path: Path) -> None:
    ours, _ = both(False)
    again = from_json(json.loads(json.dumps(ours.source.to_json())))
    assert [again.encode(text) for text in TEXTS] == [ours.source.encode(text) for text in TEXTS]
    assert again.vocab_size == ours.target.vocab_size == max(words("fr", "en").values()) + 1


def test_pieces_frames_and_what_is_no_text() -> None:
    ours, _ = both(False)
    ids = ours.target.encode("the cat")
    assert "".join(ours.target.pieces(ids)) == " the cat</s>"
    assert ours.target.encode_start("the cat") == ours.target.encode_part("the cat") == ids[:-1]
    with pytest.raises(UnknownCharacterError, match="position 1"):
        ours.target.encode("a\ud800")
    with pytest.raises(TokenizerError):
        ours.target.decode([10_000])


@pytest.mark.parametrize("name", ["source.spm", "target.spm", "vocab.json"])
def test_a_folder_that_lacks_one_of_its_files_names_it(name: str, tmp_path: Path) -> None:
    folder = translator(tmp_path / "peer")
    (folder / name).unlink()
    with pytest.raises(ConversionError, match=f"peer has no {name}: a Marian has one for each"):
        recognize(folder).checkpoint()
    zipped = Path(shutil.make_archive(str(tmp_path / "peer"), "zip", tmp_path, "peer"))
    with pytest.raises(ConversionError, match=f"peer has no {name}"):
        recognize(zipped).checkpoint()


def translator(folder: Path, is_separate: bool = False) -> Path:
    """A small Marian with its tokenizers."""
    of_source, of_target = (words("fr"), words("en")) if is_separate else (words("fr", "en"),) * 2
    settings_of: dict[str, Any] = dict(
        vocab_size=len(of_source),
        pad_token_id=len(of_target) - 1,
        decoder_start_token_id=len(of_target) - 1,
        share_encoder_decoder_embeddings=not is_separate,
        decoder_vocab_size=len(of_target),
        max_position_embeddings=40,
    )
    written(tr.MarianMTModel, settings_of, folder)
    (folder / "vocabulary.json").unlink()
    tokenizer_files(folder, is_separate)
    return folder


@pytest.mark.parametrize("is_separate", [False, True], ids=["one list", "two lists"])
@torch.no_grad()
def test_a_run_of_it_translates_with_both_tokenizers(is_separate: bool, tmp_path: Path) -> None:
    folder = translator(tmp_path / "peer", is_separate)
    zipped = Path(shutil.make_archive(str(tmp_path / "peer"), "zip", tmp_path, "peer"))
    run = gpt.convert.save(recognize(zipped).checkpoint(), tmp_path / "runs" / "mine")
    ours = gpt.load(run.path)
    theirs = tr.MarianMTModel.from_pretrained(folder, attn_implementation="eager").eval()
    check_parity(theirs, ours.model)
    words_of = tr.MarianTokenizer.from_pretrained(folder)
    assert ours.source_ids(FRENCH[1]) == words_of(FRENCH[1])["input_ids"]
    assert ours.tokenizer.encode(ENGLISH[1]) == words_of(text_target=ENGLISH[1])["input_ids"]
    told = theirs.generate(**words_of(FRENCH[1], return_tensors="pt"), num_beams=1, max_length=40)
    expected = words_of.decode(told[0, 1:-1], use_source_tokenizer=False)  # no start, no end
    assert gpt.translate(ours, FRENCH[1])[: len(expected)] == expected
    copied = shutil.copytree(run.path, tmp_path / "copied")
    again = recognize(copied).checkpoint()
    assert again.source_tokenizer.encode(FRENCH[0]) == ours.source_tokenizer.encode(FRENCH[0])
    assert again.labels == [] and again.target_start == ours.target_start


def test_by_name_all_of_its_files_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Published translators have a .bin and no safetensors, so it is asked for at last."""
    folder, asked = translator(tmp_path / "opus"), []
    state = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    torch.save(state, folder / "pytorch_model.bin")

    def snapshot(name: str, allow_patterns: list[str]) -> str:
        asked.append(set(allow_patterns))
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    assert gpt.convert.marian("someone/opus-mt-fr-en").kind == "encoder-decoder"
    assert all({path.name for path in folder.iterdir()} - {"pytorch_model.bin"} <= a for a in asked)
    assert ["pytorch_model.bin" in files for files in asked] == [False, True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sp_model_kwargs": {"enable_sampling": True}}, "sp_model_kwargs is"),
        ({"split_special_tokens": True}, "split_special_tokens is true"),
        ({"pad_token": {"content": "<pad>", "lstrip": True}}, "'<pad>' takes blanks"),
        ({"eos_token": "</none>"}, "the vocabulary of Marian has no </none>"),
        ({"separate_vocabs": True}, "has no target_vocab.json"),
    ],
)
def test_settings_that_are_not_followed_are_refused(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    folder = translator(tmp_path / "peer")
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ConversionError) as caught:
        recognize(folder).checkpoint()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("source.spm", b"no model", "source.spm: this is not a SentencePiece model"),
        ("vocab.json", b"[1]", "should hold tokens with their ids"),
        ("vocab.json", b'{"</s>": 0, "<unk>": 0}', "each once"),
        ("vocab.json", b'{"</s>": 0, "<unk>": -1}', "from 0 to"),
        ("vocab.json", MANY, "(target) has 99 tokens, the checkpoint"),
    ],
)
def test_damaged_files_are_named(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    folder = translator(tmp_path / "peer")
    (folder / name).write_bytes(content)
    with pytest.raises(ConversionError) as caught:
        recognize(folder).checkpoint()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "no base 64!"},
        {"special": "</s>"},
        {"unknown": None},
        {"ids": None},
        {"end": "none"},
    ],
)
def test_a_damaged_tokenizer_of_a_run_is_refused(change: dict[str, Any]) -> None:
    ours, _ = both(False)
    with pytest.raises(TokenizerError):
        MarianTokenizer.from_json({**ours.source.to_json(), **change})


def test_rows_that_are_no_tokens_are_cut_off_on_both_sides(tmp_path: Path) -> None:
    """Two lists, each shorter than its rows."""
    folder = translator(tmp_path / "peer", is_separate=True)
    for name, language in (("vocab.json", "fr"), ("target_vocab.json", "en")):
        fewer = {token: id for token, id in words(language).items() if id < 25}
        (folder / name).write_text(json.dumps({**fewer, "<pad>": 25}))
    change_config(folder, decoder_start_token_id=25, pad_token_id=25)
    (folder / "generation_config.json").unlink()
    ours = recognize(folder).checkpoint()
    assert (ours.config.vocab_size, ours.config.source_vocab_size) == (26, 26)
    assert ours.model.encoder.wte.weight.shape == (26, 21)  # type: ignore[union-attr]
    assert ours.model.lm_head.bias.shape == (26,)
