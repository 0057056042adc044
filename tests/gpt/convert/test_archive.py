"""A zip of an export: opened by its owner, and never made of what cannot be written."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GPT2LMHeadModel

import gpt
from gpt.convert.exports import archive as archives
from gpt.convert.exports.archive import archive, has_tokenizer, too_large, why_not
from gpt.convert.result import checkpoint
from gpt.text.tokenizer import CharacterTokenizer
from tests.gpt.convert.owners import CHARACTERS
from tests.gpt.tiny import V, config, random_ids, random_model


def ours(**changes: Any) -> gpt.Checkpoint:
    tokenizer = CharacterTokenizer(CHARACTERS[:V])
    return checkpoint("test", Path("mine"), random_model(config(**changes)), tokenizer)


def unpacked(data: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        file.extractall(folder)
    return folder / "mine"


@torch.no_grad()
def test_transformers_opens_the_zip(tmp_path: Path) -> None:
    mine = ours(tie_weights=True)
    folder = unpacked(archive(mine, "gpt2", "mine"), tmp_path)
    ids = torch.tensor([random_ids()])
    theirs = GPT2LMHeadModel.from_pretrained(folder).eval()(ids).logits
    torch.testing.assert_close(theirs, mine.model(ids), atol=1e-4, rtol=0)
    assert {path.name for path in folder.iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"),
    }


def test_nanogpts_zip_comes_back_the_same(tmp_path: Path) -> None:
    mine = ours(tie_weights=True, mlp_ratio=4)
    folder = unpacked(archive(mine, "nanogpt", "mine"), tmp_path)
    back = gpt.convert.nanogpt(folder / "ckpt.pt", vocabulary=folder / "vocabulary.json")
    held = mine.model.state_dict()
    assert all(torch.equal(t, held[name]) for name, t in back.model.state_dict().items())
    assert back.tokenizer.encode("abc") == mine.tokenizer.encode("abc")


def test_reasons_are_told_before_anything_is_made() -> None:
    assert why_not(config(), "gpt2") is None
    rotary = config(position="rotary", n_embd=30)
    assert "positions are rotary, not learned" in str(why_not(rotary, "gpt2"))
    assert "its output embedding is not its token embedding" in str(why_not(config(), "nanogpt"))
    assert has_tokenizer(ours())


def test_a_model_too_large_for_a_browser_names_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert too_large(ours(), "gpt2") is None
    monkeypatch.setattr(archives, "LARGEST", 1000)
    assert "python -m gpt export checkpoints/mine gpt2" in str(too_large(ours(), "gpt2"))
