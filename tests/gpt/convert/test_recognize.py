"""Recognising: each kind is told from what is in it, before its numbers are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel

import gpt
from gpt.convert import recognize
from gpt.convert.recognize import from_hub
from gpt.convert.room import check_room
from gpt.errors import ConversionError, FetchError
from gpt.shape_only import count_parameters
from gpt.silence import why_silent
from tests.gpt.convert.owners import (
    LectureBigram,
    LectureGPT,
    NanoGPT,
    contents,
    drawn,
    save_nanogpt,
    vocabulary,
)

GPT2 = GPT2Config(vocab_size=17, n_positions=13, n_embd=21, n_layer=2, n_head=3)
BERT = BertConfig(
    vocab_size=17,
    hidden_size=21,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=37,
    max_position_embeddings=13,
)
SIZES = dict(block_size=13, vocab_size=17, n_layer=2, n_head=3, n_embd=21)


def written(kind: str, folder: Path, vocab_size: int = 17) -> Path:
    """A small random checkpoint of a kind; the path that a person would name."""
    if kind in ("gpt2", "bert"):
        changed = {**(GPT2 if kind == "gpt2" else BERT).to_dict(), "vocab_size": vocab_size}
        model = (
            GPT2LMHeadModel(GPT2Config.from_dict(changed))
            if kind == "gpt2"
            else BertForMaskedLM(BertConfig.from_dict(changed))
        )
        drawn(model, seed=3).save_pretrained(folder)  # type: ignore[operator]
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "nanogpt":
        return save_nanogpt(drawn(NanoGPT(**SIZES), 4), folder / "ckpt.pt")  # type: ignore[arg-type]
    torch.save(drawn(LectureGPT(17, 21, 3, 2, 13), 5).state_dict(), folder / "gpt.pt")
    return folder / "gpt.pt"


@pytest.mark.parametrize("kind", ["gpt2", "bert", "nanogpt", "lecture"])
def test_it_is_what_the_reader_of_its_kind_reads(kind: str, tmp_path: Path) -> None:
    path = written(kind, tmp_path / "theirs")
    foreign = recognize(path)
    assert (foreign.kind, foreign.step) == (kind, 250 if kind == "nanogpt" else 0)
    sizes = {name: getattr(foreign.config, name) for name in SIZES}
    assert sizes == SIZES
    words = vocabulary(tmp_path, 17)
    read = foreign.checkpoint(vocabulary=words)
    assert read.model.n_parameters == count_parameters(foreign.config)
    expected = getattr(gpt.convert, kind)(path, vocabulary=words)
    assert read.config == expected.config
    held = expected.model.state_dict()
    assert all(torch.equal(t, held[name]) for name, t in read.model.state_dict().items())


def test_a_folder_may_be_named_by_one_of_its_files(tmp_path: Path) -> None:
    folder = written("gpt2", tmp_path / "theirs")
    assert recognize(folder / "model.safetensors").kind == "gpt2"
    assert recognize(folder / "config.json").source == folder
    assert recognize(written("nanogpt", tmp_path / "out").parent).kind == "nanogpt"


def test_a_bigram_and_a_scale(tmp_path: Path) -> None:
    torch.save(LectureBigram(17).state_dict(), tmp_path / "bigram.pt")
    foreign = recognize(tmp_path / "bigram.pt")
    assert "a bigram: each token's row" in foreign.notes[0]
    assert (foreign.config.n_layer, foreign.config.n_embd, foreign.config.vocab_size) == (0, 17, 17)
    path = written("lecture", tmp_path / "theirs")
    assert recognize(path, "n_embd").config.scale == "n_embd"


def test_what_is_nothing_of_these_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({"model_type": "llama"}))
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_text(json.dumps({"format": 1, "model": {}}))
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "model.safetensors").write_bytes(b"")
    (tmp_path / "evil.pt").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    before = contents(tmp_path)
    for path, message in (
        (tmp_path / "nowhere", "there is no file or folder"),
        (nothing, "one file of weights is needed (.pt, .pth, .ckpt, .bin, .safetensors; none"),
        (tmp_path, "evil.pt is not a file of torch.save"),
        (
            other,
            "of a model of type 'llama'; those of type 'gpt2', 'bert', 'distilbert', 'roberta', 'm",
        ),
        (run, "config.json: "),
        (alone / "model.safetensors", "config.json should be beside it"),
        (tmp_path / "evil.pt", "is not a file of torch.save"),
    ):
        with pytest.raises(ConversionError) as caught:
            recognize(path)
        assert message in str(caught.value)
    assert contents(tmp_path) == before


def test_without_a_network_a_name_says_what_would_work() -> None:
    with pytest.raises(FetchError, match="copy its files into a folder and give that"):
        from_hub("distilgpt2")


def test_what_would_not_fit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    foreign = recognize(written("nanogpt", tmp_path / "theirs"))
    size = 4 * count_parameters(foreign.config)
    check_room(foreign, tmp_path / "runs", memory=2 * size, disk=size)
    with pytest.raises(ConversionError, match=r"of memory, and .* are available here"):
        check_room(foreign, tmp_path / "runs", memory=size, disk=size)
    with pytest.raises(ConversionError, match="are free where it would be"):
        check_room(foreign, tmp_path / "runs", memory=None, disk=size - 1)


def test_an_encoder_is_silent_and_says_why() -> None:
    assert "fill in masked tokens" in str(why_silent({"imported": {"kind": "bert"}}))
    assert "fill in masked tokens" in str(why_silent({"imported": {"kind": "roberta"}}))
    assert "which of its labels" in str(why_silent({"model": {"n_class": 3}}))
    assert why_silent({"imported": {"kind": "gpt2"}, "model": {"n_class": 0}}) is None
    assert why_silent({}) is None
