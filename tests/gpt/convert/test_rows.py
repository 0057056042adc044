"""Rows and tokens: a model keeps a row for each token, and has no token without a row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, GPT2Config, GPT2LMHeadModel

import gpt
from gpt.__main__ import main
from gpt.convert import recognize
from gpt.convert.vocabulary.byte_level import single_bytes
from gpt.errors import ConversionError
from tests.gpt.convert.owners import drawn

IDS = torch.tensor([[72, 105, 33, 255, 0]])


def added(id: int, content: str) -> dict[str, Any]:
    plain = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": id, "content": content, **plain, "special": True}


def folder_of(rows: int, path: Path, *tokens: dict[str, Any], **settings: Any) -> Any:
    """A GPT-2 with so many rows and a tokenizer of the 256 bytes and of these tokens."""
    sizes = dict(n_positions=32, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0)
    model = GPT2LMHeadModel(GPT2Config(vocab_size=rows, **sizes, **settings))
    drawn(model, seed=5)
    model.save_pretrained(path)
    spec = {**single_bytes(), "added_tokens": list(tokens)}
    (path / "tokenizer.json").write_text(json.dumps(spec))
    return model


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("rows", [257, 320, 384, 1024])
@torch.no_grad()
def test_rows_that_no_token_has_are_left_out(rows: int, tied: bool, tmp_path: Path) -> None:
    theirs = folder_of(rows, tmp_path / "theirs", tie_word_embeddings=tied)
    ours = gpt.convert.gpt2(tmp_path / "theirs")
    assert (ours.config.vocab_size, ours.tokenizer.vocab_size) == (256, 256)
    logits = theirs(IDS).logits[..., :256]
    torch.testing.assert_close(ours.model(IDS), logits, atol=1e-4, rtol=0)
    assert (ours.model.lm_head.weight is ours.model.wte.weight) == tied
    (note,) = ours.info["imported"]["notes"]
    assert f"its {rows:,} rows are more than its 256 tokens: the {rows - 256:,}" in note


def test_saved_and_generated_from_no_token_is_unused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder_of(1024, tmp_path / "theirs")
    run = gpt.convert.save(gpt.convert.gpt2(tmp_path / "theirs"), tmp_path / "run")
    loaded = gpt.load(run.path)
    ids = [step.id for step in gpt.generate(loaded.model, [72], max_new_tokens=60, seed=1)]
    assert max(ids) < 256 and len(set(ids)) > 10
    assert not [piece for piece in loaded.tokenizer.pieces(range(256)) if "unused" in piece]
    assert main(["generate", str(run.path), "--prompt", "Hi", "--tokens", "40"]) == 0
    assert "unused" not in capsys.readouterr().out


def test_an_encoders_rows_too(tmp_path: Path) -> None:
    sizes = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    config = BertConfig(vocab_size=64, max_position_embeddings=20, **sizes)
    theirs = drawn(BertForMaskedLM(config), seed=2)
    theirs.save_pretrained(tmp_path / "theirs")  # type: ignore[operator]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijk"]
    (tmp_path / "theirs" / "vocab.txt").write_text("\n".join(words) + "\n")
    ours = gpt.convert.bert(tmp_path / "theirs")
    ids = torch.tensor([[2, 7, 9, 3]])
    with torch.no_grad():
        expected = theirs(ids).logits[..., :16]
        torch.testing.assert_close(ours.model(ids), expected, atol=1e-4, rtol=0)
    assert ours.model.lm_head.bias.shape == (16,)


def test_an_added_token_without_a_row_is_left_out_and_named(tmp_path: Path) -> None:
    folder_of(256, tmp_path / "theirs", added(256, "[PAD]"))
    ours = gpt.convert.gpt2(tmp_path / "theirs")
    assert ours.tokenizer.vocab_size == 256
    (note,) = ours.info["imported"]["notes"]
    assert "no row for '[PAD]' (256), which the tokenizer added: left out" in note
    assert ours.tokenizer.encode("a[PAD]") == list(b"a[PAD]")
    ours.model(torch.tensor([ours.tokenizer.encode("[PAD] [PAD]")]))


def test_of_several_added_tokens_those_with_a_row_stay(tmp_path: Path) -> None:
    tokens = [added(256, "<a>"), added(257, "<b>"), added(258, "<c>")]
    folder_of(258, tmp_path / "theirs", *tokens)
    ours = gpt.convert.gpt2(tmp_path / "theirs")
    assert ours.tokenizer.encode("<a><b>") == [256, 257]
    assert ours.tokenizer.encode("<c>") == list(b"<c>")


def test_what_text_can_reach_needs_its_row(tmp_path: Path) -> None:
    folder_of(255, tmp_path / "bytes")  # "ÿ" in UTF-16 never occurs in UTF-8, but the byte is one
    with pytest.raises(ConversionError, match="has 256 tokens, the checkpoint 255"):
        gpt.convert.gpt2(tmp_path / "bytes")
    folder_of(256, tmp_path / "framed", added(256, "[CLS]"))
    path = tmp_path / "framed" / "tokenizer.json"
    template = {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
        ],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [256], "tokens": ["[CLS]"]}},
    }
    path.write_text(json.dumps({**json.loads(path.read_text()), "post_processor": template}))
    with pytest.raises(ConversionError, match="has 257 tokens, the checkpoint 256"):
        gpt.convert.gpt2(tmp_path / "framed")


def test_a_tokenizer_of_something_else_is_refused(tmp_path: Path) -> None:
    folder_of(1300, tmp_path / "theirs")
    with pytest.raises(ConversionError, match="has 256 tokens, the checkpoint 1,300"):
        gpt.convert.gpt2(tmp_path / "theirs")


def test_ids_between_others_that_no_token_has_are_said(tmp_path: Path) -> None:
    folder_of(260, tmp_path / "theirs")
    path = tmp_path / "theirs" / "tokenizer.json"
    spec = json.loads(path.read_text())
    spec["model"]["vocab"]["far"] = 259
    path.write_text(json.dumps(spec))
    ours = recognize(tmp_path / "theirs").fitting_tokenizer()
    assert ours.tokenizer.vocab_size == 260
    assert "3 ids below 259 are no token's" in ours.notes[0]
